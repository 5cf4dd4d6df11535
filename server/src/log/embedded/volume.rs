//! Where the log's file lies: it is made whole or not at all, and opened for us alone.

use std::{
    fmt,
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use redb::{Builder, Database};
use rustix::fs::{Advice, fadvise, statvfs};

use super::{
    migration::migrate,
    opening::{OpenError, guarded},
    store,
};

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

    /// The log's file.
    pub(super) fn file(&self) -> PathBuf {
        self.path.join(FILE)
    }

    /// Makes a log under another name and gives it its own when it is whole: a cut in between leaves
    /// nothing that looks like a log, or the one that was there.
    pub(super) fn make_log(
        &self,
        fill: impl FnOnce(&Database) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        let (unfinished, file) = (self.path.join(UNFINISHED), self.file());
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let database = builder().create(&unfinished)?;
        fill(&database)?;
        database.close()?;
        File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, &file)?;
        Ok(sync(&self.path)?)
    }

    /// Whether there is a log in it.
    pub(super) fn has_log(&self) -> bool {
        self.file().symlink_metadata().is_ok()
    }
}

impl Volume for Folder {
    fn open(&self) -> Result<Database, OpenError> {
        let file = self.file();
        if !file.try_exists()? {
            self.make_log(store::make)?;
        }
        // Each time: whoever gave the file its name may have ended before it was on the disk.
        sync(&self.path)?;
        self.forget_unsynced();
        // Looked at before it is opened for writing: a newer one stays as it is.
        if let Ok(database) = redb::ReadOnlyDatabase::open(&file) {
            store::check_format(&database)?;
        }
        let open = || {
            guarded(|| Ok(builder().open(&file)?)).map_err(|error| match error {
                OpenError::Engine(engine) if is_in_use(&engine) => {
                    OpenError::InUse(self.path.clone())
                }
                other => other,
            })
        };
        let database = open()?;
        if guarded(|| store::check_format(&database))? == store::FORMAT {
            return Ok(database);
        }
        guarded(|| self.make_log(|new| migrate(&database, new)))?;
        drop(database);
        sync(&self.path)?;
        open()
    }

    fn forget_unsynced(&self) {
        // What cannot be opened here is told of by the opening that follows.
        if let Ok(file) = File::open(self.file()) {
            let _ = fadvise(&file, 0, None, Advice::DontNeed);
        }
    }

    fn room(&self) -> io::Result<u64> {
        let volume = statvfs(&self.path)?;
        Ok(volume.f_bavail.saturating_mul(volume.f_frsize))
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

fn is_in_use(error: &redb::Error) -> bool {
    matches!(error, redb::Error::DatabaseAlreadyOpen)
}

/// Makes a folder that is ours alone, and sees to it that it outlives a power cut.
fn make(path: &Path) -> Result<(), OpenError> {
    let missing = path.ancestors().take_while(|one| !one.as_os_str().is_empty() && !one.exists());
    let missing: Vec<&Path> = missing.collect();
    if missing.is_empty() && path.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| missing.iter().filter_map(|one| one.parent()).try_for_each(sync))
        .map_err(|error| OpenError::File(path.into(), error))
}

/// Sees to it that the names in a folder are on the disk.
fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}
