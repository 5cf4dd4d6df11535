//! Opening with care: what may fail or panic goes in, one line that says why comes out.

use std::{
    any::Any,
    cell::Cell,
    fmt, io,
    panic::{self, AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Once,
};

use super::store;

thread_local! {
    /// A panic on this thread becomes an error, and is told of as one.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it.
    InUse(PathBuf),
    /// It was written by a newer version, in this format.
    Newer(u64),
    /// It was written by an older version, in this format; that is migrated at a start only.
    Older(u64),
    /// There is a log already.
    Exists(PathBuf),
    /// It is no log, or it is damaged.
    Damaged(String),
    /// It is not where it was, or another is.
    Misplaced(String),
    /// A file or a folder cannot be made or read.
    File(PathBuf, io::Error),
    /// The engine says no.
    Engine(Box<redb::Error>),
    /// What is wrong with a file.
    Of(PathBuf, Box<Self>),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(folder) => {
                write!(f, "another process uses the data directory {}", folder.display())
            }
            Self::Newer(format) => write!(
                f,
                "the log is of format {format}, and this version knows none above {}; it was left as it is",
                store::FORMAT
            ),
            Self::Misplaced(what) => f.write_str(what),
            Self::Older(format) => write!(
                f,
                "the log is of format {format}; start belfry once, which copies it into format {}",
                store::FORMAT
            ),
            Self::Exists(file) => {
                write!(f, "there is a log already: {}; move it away first", file.display())
            }
            Self::Damaged(what) => {
                write!(f, "the log is damaged: {what}; see belfry check --repair")
            }
            Self::File(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            Self::Engine(error) => write!(f, "cannot open the log: {error}"),
            Self::Of(path, error) => write!(f, "{error} ({})", path.display()),
        }
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
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
            redb::Error::RepairAborted => Self::Damaged("it cannot be repaired by itself".into()),
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

/// Opens with care: a damaged file can make the engine panic.
///
/// # Errors
/// Those of `open`, and [`OpenError::Damaged`] where it panicked.
pub(super) fn guarded<T>(open: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
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
    let opened = catch_unwind(AssertUnwindSafe(open));
    EXPECTED.set(before);
    opened.unwrap_or_else(|panic| Err(OpenError::Damaged(words(&*panic))))
}

/// What a panic says, in one line.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it cannot be read");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
