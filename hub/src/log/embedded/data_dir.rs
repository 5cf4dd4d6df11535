//! Checks that the log is still where it was opened: holds a folder, its lock and the log's file open, and
//! compares what their paths lead to.
//!
//! What is held open can be deleted, moved away or replaced meanwhile, and can be written as ever; but
//! nobody who starts later finds it. Being held, none of them lends its inode to another file.

use std::{
    fs::{File, TryLockError},
    io,
    os::fd::AsFd,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rustix::{
    fs::{AtFlags, CWD, Stat, StatxFlags, fstat, makedev, statat, statx},
    io::Errno,
};
use tracing::warn;

use super::opening::OpenError;
use crate::log::Unavailable;

const LOCK: &str = "lock";

/// Read and written by its owner alone.
const OWNERS_ALONE: u32 = 0o600;

/// What tells a file from every other that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }

    /// What a path leads to, without its times: since 6.13 Linux gives a file whose times were asked for
    /// an exact one at its next write, and has that to write with each sync (ext4 without a journal: a
    /// quarter of a commit).
    fn at(folder: impl AsFd, path: &Path) -> rustix::io::Result<Self> {
        match statx(&folder, path, AtFlags::empty(), StatxFlags::INO) {
            Ok(found) => {
                let device = makedev(found.stx_dev_major, found.stx_dev_minor);
                Ok(Self { device, inode: found.stx_ino })
            }
            // An old kernel, or a sandbox that does not know the call.
            Err(Errno::NOSYS) => Ok(Self::of(&statat(folder, path, AtFlags::empty())?)),
            Err(why) => Err(why),
        }
    }
}

/// A file, or a folder, that is held open.
#[derive(Debug)]
struct Held {
    file: File,
    identity: Identity,
}

impl Held {
    fn hold(file: File) -> io::Result<Self> {
        let identity = Identity::of(&fstat(&file)?);
        Ok(Self { file, identity })
    }

    fn is_at(&self, folder: impl AsFd, path: &Path) -> bool {
        Identity::at(folder, path).is_ok_and(|found| found == self.identity)
    }

    /// What has become of what is not found at its path any more.
    fn fate(&self) -> &'static str {
        match fstat(&self.file) {
            Ok(stat) if stat.st_nlink == 0 => "was deleted",
            _ => "was moved away or replaced",
        }
    }
}

/// A data directory that this process has for itself.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    folder: Held,
    // Released with the process, whatever becomes of it.
    lock: Mutex<Held>,
    /// The log's file and its name, once it was opened.
    log: Mutex<Option<(Held, &'static str)>>,
}

impl DataDir {
    /// Takes a folder that is there.
    ///
    /// # Errors
    /// Where another process has it, or its lock cannot be made.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let folder = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let lock = Mutex::new(take_lock(path)?);
        let folder = File::open(folder).and_then(Held::hold);
        let folder = folder.map_err(|error| OpenError::File(path.into(), error))?;
        Ok(Self { path: path.into(), folder, lock, log: Mutex::new(None) })
    }

    /// The folder, whatever its path leads to by now.
    pub(super) fn folder(&self) -> &File {
        &self.folder.file
    }

    /// Whether the log's file was opened before.
    pub(super) fn was_opened(&self) -> bool {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Opens the log's file by `open`, which does it by its path, and sees to it that it is the one that
    /// is held from here on, and the same as ever.
    ///
    /// # Errors
    /// Those of `open`, and [`OpenError::Misplaced`].
    pub(super) fn hold<T>(
        &self,
        name: &'static str,
        open: impl FnOnce() -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        if self.was_opened() {
            self.check().map_err(|Unavailable(why)| OpenError::Misplaced(why))?;
            return open();
        }
        let path = self.path.join(name);
        let file = File::open(&path)?;
        for_the_owner_alone(&file, &path);
        let held = Held::hold(file)?;
        let opened = open()?;
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = Some((held, name));
        self.check().map_err(|Unavailable(why)| OpenError::Misplaced(why))?;
        Ok(opened)
    }

    /// Lets another process have the folder.
    pub(super) fn let_go(&self) {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = lock.file.unlock() {
            warn!(%error, "cannot release the lock of {}", self.path.display());
        }
    }

    /// Takes it again.
    ///
    /// # Errors
    /// If another process has it.
    pub(super) fn take_back(&self) -> Result<(), OpenError> {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = take_lock(&self.path)?;
        Ok(())
    }

    /// Whether the folder, its lock and the log's file are what their paths lead to: three system calls.
    ///
    /// # Errors
    /// What is not.
    pub(super) fn check(&self) -> Result<(), Unavailable> {
        let path = self.path.display();
        let folder = if self.path.as_os_str().is_empty() { Path::new(".") } else { &self.path };
        if !self.folder.is_at(CWD, folder) {
            let fate = self.folder.fate();
            return Err(Unavailable(format!("the data directory {path} {fate}")));
        }
        let is_in_it = |one: &Held, name: &str| one.is_at(&self.folder.file, Path::new(name));
        if let Some((log, name)) = &*self.log.lock().unwrap_or_else(PoisonError::into_inner)
            && !is_in_it(log, name)
        {
            return Err(Unavailable(format!("{path}/{name} {}", log.fate())));
        }
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_in_it(&lock, LOCK) {
            let fate = lock.fate();
            // Nobody has the log: its own lock is held by this process all the time.
            *lock = take_lock(&self.path).map_err(|error| {
                Unavailable(format!("{path}/{LOCK} {fate} and cannot be acquired again: {error}"))
            })?;
            warn!("{path}/{LOCK} {fate}; acquired it again");
        }
        Ok(())
    }
}

impl Drop for DataDir {
    /// Gives the folder back at once: a child that is just being started has the same file open until it
    /// runs its own program.
    fn drop(&mut self) {
        let lock = self.lock.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Where that fails it is released with the file.
        let _ = lock.file.unlock();
    }
}

/// Makes a folder's lock, where there is none, and takes it.
fn take_lock(folder: &Path) -> Result<Held, OpenError> {
    let path = folder.join(LOCK);
    let in_use = |error| OpenError::File(path.clone(), error);
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).mode(OWNERS_ALONE).open(&path);
    let file = file.map_err(in_use)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(folder.into())),
        Err(TryLockError::Error(error)) => return Err(in_use(error)),
    }
    for_the_owner_alone(&file, &path);
    Held::hold(file).map_err(in_use)
}

/// Makes a new file that its owner alone may read and write.
pub(super) fn make_for_the_owner_alone(path: &Path) -> io::Result<()> {
    File::options().create_new(true).write(true).mode(OWNERS_ALONE).open(path).map(drop)
}

/// Takes a file's rights away from others: earlier versions left that to the umask.
fn for_the_owner_alone(file: &File, path: &Path) {
    let closed = file.metadata().and_then(|metadata| {
        let mode = metadata.mode() & 0o7777;
        if mode & !OWNERS_ALONE == 0 {
            return Ok(());
        }
        let mut permissions = metadata.permissions();
        permissions.set_mode(mode & OWNERS_ALONE);
        file.set_permissions(permissions)
    });
    if let Err(error) = closed {
        warn!(%error, "{} may be readable by other users", path.display());
    }
}
