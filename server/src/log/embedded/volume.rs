//! Where the log's file lies: it is made whole or not at all, and opened for us alone.

use std::{
    any::Any,
    fmt,
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use redb::{Builder, Database};
use rustix::fs::{Advice, fadvise, statvfs};

use super::store;

const FILE: &str = "log.redb";
const UNFINISHED: &str = "log.redb.new";
const LOCK: &str = "lock";

/// redb's own default is 1 GiB.
const CACHE: usize = 64 << 20;

/// Something that a log can be opened on: a folder, or what a test puts in its place.
pub trait Volume: fmt::Debug + Send + Sync {
    /// Opens what is there, or makes a new one.
    ///
    /// # Errors
    /// Why not.
    fn open(&self) -> Result<Database, OpenError>;

    /// Forgets what was written and may not have reached the disk. After a failed sync the kernel goes
    /// on showing pages that it never wrote.
    fn forget_unsynced(&self);

    /// How many bytes there is room for.
    ///
    /// # Errors
    /// Where nobody can say.
    fn room(&self) -> io::Result<u64>;
}

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it.
    InUse(PathBuf),
    /// It was written by a newer version, in this format.
    Newer(u64),
    /// It is no log, or it is damaged.
    Damaged(String),
    /// A file or a folder cannot be made or read.
    File(PathBuf, io::Error),
    /// The engine says no.
    Engine(Box<redb::Error>),
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
            Self::Damaged(what) => write!(f, "the log is damaged: {what}"),
            Self::File(path, error) => write!(f, "cannot use {}: {error}", path.display()),
            Self::Engine(error) => write!(f, "cannot open the log: {error}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl<E: Into<redb::Error>> From<E> for OpenError {
    fn from(error: E) -> Self {
        Self::Engine(Box::new(error.into()))
    }
}

/// A folder on the disk, held by this process alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    // Released with the process, whatever becomes of it.
    _lock: File,
}

impl Folder {
    /// Takes a folder, and makes it (mode 0700) where there is none.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be made.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        make(path)?;
        let lock = path.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&lock);
        let file = file.map_err(|error| OpenError::File(lock.clone(), error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.into(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.into())),
            Err(TryLockError::Error(error)) => Err(OpenError::File(lock, error)),
        }
    }

    /// Makes a log under another name and gives it its own when it is whole: a cut in between leaves
    /// nothing that looks like a log.
    fn make_log(&self) -> Result<(), OpenError> {
        let (unfinished, file) = (self.path.join(UNFINISHED), self.path.join(FILE));
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let database = builder().create(&unfinished)?;
        store::make(&database)?;
        database.close()?;
        File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, &file)?;
        Ok(sync(&self.path)?)
    }
}

impl Volume for Folder {
    fn open(&self) -> Result<Database, OpenError> {
        let file = self.path.join(FILE);
        if !file.exists() {
            self.make_log()?;
        }
        self.forget_unsynced();
        // Looked at before it is opened for writing: a newer one stays as it is.
        if let Ok(database) = redb::ReadOnlyDatabase::open(&file) {
            store::check_format(&database)?;
        }
        guarded(|| Ok(builder().open(&file)?)).map_err(|error| match error {
            OpenError::Engine(engine) if is_in_use(&engine) => OpenError::InUse(self.path.clone()),
            other => other,
        })
    }

    fn forget_unsynced(&self) {
        // What cannot be opened here is told of by the opening that follows.
        if let Ok(file) = File::open(self.path.join(FILE)) {
            let _ = fadvise(&file, 0, None, Advice::DontNeed);
        }
    }

    fn room(&self) -> io::Result<u64> {
        let volume = statvfs(&self.path)?;
        Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
    }
}

/// How a database is opened, wherever it lies.
#[must_use]
pub fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

/// Opens with care: a damaged file can make the engine panic.
///
/// # Errors
/// Those of `open`, and [`OpenError::Damaged`] where it panicked.
pub fn guarded<T: Send>(
    open: impl FnOnce() -> Result<T, OpenError> + Send,
) -> Result<T, OpenError> {
    std::thread::scope(|scope| scope.spawn(open).join())
        .unwrap_or_else(|panic| Err(OpenError::Damaged(words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it cannot be read").to_owned()
}

fn is_in_use(error: &redb::Error) -> bool {
    matches!(error, redb::Error::DatabaseAlreadyOpen)
}

/// Makes a folder that is ours alone, and sees to it that it outlives a power cut.
fn make(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| path.parent().map_or(Ok(()), |parent| sync(parent)))
        .map_err(|error| OpenError::File(path.into(), error))
}

/// Sees to it that the names in a folder are on the disk.
fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}
