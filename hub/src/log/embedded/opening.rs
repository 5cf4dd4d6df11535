//! Turns the errors and panics of the storage engine into errors of one line.

use std::{
    any::Any,
    cell::Cell,
    error::Error,
    fmt, io,
    panic::{self, AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Once,
    thread,
};

use super::store;

thread_local! {
    /// A panic on this thread becomes an error, and is reported as one.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it open.
    InUse(PathBuf),
    /// It was written by a newer version, in this format.
    Newer(u64),
    /// It was written by an older version, in this format; that is migrated at a start only.
    Older(u64),
    /// There is a log already.
    Exists(PathBuf),
    /// It is not a log, or it is damaged.
    Damaged(String),
    /// It was moved or replaced.
    Misplaced(String),
    /// A file or a folder cannot be made or read.
    File(PathBuf, io::Error),
    /// The storage engine failed.
    Engine(Box<redb::Error>),
    /// What is wrong with a file.
    Of(PathBuf, Box<Self>),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(folder) => {
                write!(f, "another process is using the data directory {}", folder.display())
            }
            Self::Newer(format) => write!(
                f,
                "the log has format {format}, but this version supports at most {}; it was left unchanged",
                store::FORMAT
            ),
            Self::Misplaced(what) => f.write_str(what),
            Self::Older(format) => write!(
                f,
                "the log has format {format}; start `belfry serve` once to convert it to format {}",
                store::FORMAT
            ),
            Self::Exists(file) => {
                write!(f, "{} already exists; move it away first", file.display())
            }
            Self::Damaged(what) => {
                write!(f, "the log is damaged: {what}; `belfry check --repair` may repair it")
            }
            Self::File(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            Self::Engine(error) => write!(f, "cannot open the log: {error}"),
            Self::Of(path, error) => write!(f, "{error} ({})", path.display()),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Engine(error) => Some(error),
            Self::Of(_, error) => error.source(),
            Self::InUse(_)
            | Self::Newer(_)
            | Self::Older(_)
            | Self::Exists(_)
            | Self::Damaged(_)
            | Self::Misplaced(_) => None,
        }
    }
}

impl OpenError {
    /// Whether it stays like that, whoever lets go of the log.
    #[must_use]
    pub fn stays(&self) -> bool {
        match self {
            Self::Newer(_)
            | Self::Older(_)
            | Self::Exists(_)
            | Self::Damaged(_)
            | Self::Misplaced(_) => true,
            Self::InUse(_) | Self::File(..) | Self::Engine(_) => false,
            Self::Of(_, error) => error.stays(),
        }
    }

    /// Names the file, where the error does not yet.
    pub(super) fn of(self, file: PathBuf) -> Self {
        match self {
            Self::Newer(_) | Self::Older(_) | Self::Damaged(_) | Self::Engine(_) => {
                Self::Of(file, Box::new(self))
            }
            named => named,
        }
    }
}

impl<E: Into<redb::Error>> From<E> for OpenError {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::Corrupted(what) => Self::Damaged(what),
            redb::Error::RepairAborted => Self::Damaged("automatic repair failed".into()),
            // The engine reads beyond what there is, or finds what it does not know.
            redb::Error::Io(error) if is_about_contents(&error) => Self::Damaged(error.to_string()),
            error @ (redb::Error::UpgradeRequired(_)
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }) => Self::Damaged(error.to_string()),
            error => Self::Engine(Box::new(error)),
        }
    }
}

fn is_about_contents(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
}

/// Opens a file, catching panics: a damaged file can make the engine panic.
///
/// # Errors
/// Those of `open`, and [`OpenError::Damaged`] where it panicked.
pub(super) fn guarded<T>(open: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    quietly(open).unwrap_or_else(|panic| Err(OpenError::Damaged(words(&*panic))))
}

/// Writes, catching panics: if the engine's own structure is damaged, it can panic while following it.
///
/// # Errors
/// Those of `write`, and [`redb::Error::Corrupted`] where it panicked.
pub(super) fn contained<T>(write: impl FnOnce() -> store::Result<T>) -> store::Result<T> {
    match quietly(write) {
        Ok(written) => written,
        Err(panic) => Err(redb::Error::Corrupted(words(&*panic))),
    }
}

/// Catches a panic, which the caller reports.
fn quietly<T>(work: impl FnOnce() -> T) -> thread::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() {
                usual(panic);
            }
        }));
    });
    let before = EXPECTED.replace(true);
    let worked = catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(before);
    worked
}

/// A panic's message, in one line.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it cannot be read");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
