//! Where the log's file lives: it is created whole or not at all, and only we and our owner may open it.

use std::{
    fmt,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use redb::{Builder, Database};
use rustix::{
    fs::{Advice, fadvise, fstatvfs},
    process::{Resource, getrlimit},
};

use super::{
    data_dir::{DataDir, make_for_the_owner_alone},
    migration::migrate,
    opening::{OpenError, guarded},
    store,
    undo::Undoable,
};
use crate::log::Unavailable;

const FILE: &str = "log.redb";
const UNFINISHED: &str = "log.redb.new";

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

    /// Whether the file is still where a later start will look for it.
    ///
    /// # Errors
    /// Why not.
    fn is_in_place(&self) -> Result<(), Unavailable> {
        Ok(())
    }

    /// Lets another process have it. The file is closed.
    fn let_go(&self) {}

    /// Takes it again.
    ///
    /// # Errors
    /// If another process has it.
    fn take_back(&self) -> Result<(), OpenError> {
        Ok(())
    }
}

/// A folder on the disk, held by this process alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    data_dir: DataDir,
}

impl Folder {
    /// Locks a folder, and creates it (mode 0700) if it does not exist.
    ///
    /// # Errors
    /// If another process has it, or if it cannot be created.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        make(path)?;
        Ok(Self { path: path.into(), data_dir: DataDir::take(path)? })
    }

    /// The log's file.
    pub(super) fn file(&self) -> PathBuf {
        self.path.join(FILE)
    }

    /// Creates a log under another name and renames it once it is complete: a crash in between leaves
    /// nothing that looks like a log, or the previous one.
    pub(super) fn make_log(
        &self,
        fill: impl FnOnce(&Database) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        let (unfinished, file) = (self.path.join(UNFINISHED), self.file());
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        make_for_the_owner_alone(&unfinished)?;
        let database = builder().create(&unfinished)?;
        fill(&database)?;
        database.close()?;
        File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, &file)?;
        Ok(sync(&self.path)?)
    }

    /// Puts a log of today's format in the place of one of an earlier format.
    fn migrate(&self) -> Result<(), OpenError> {
        let (database, _) = self.open_whole(&self.file())?;
        guarded(|| self.make_log(|new| migrate(&database, new)))
    }

    /// Opens a file that can be read, and leaves any other as it is: what opening a damaged or a newer
    /// one has changed is undone.
    fn open_whole(&self, file: &Path) -> Result<(Database, u64), OpenError> {
        let undoable = Undoable::open(file)?.ok_or_else(|| OpenError::InUse(self.path.clone()))?;
        let opened = guarded(|| {
            let database = builder().create_with_backend(undoable.clone())?;
            let format = store::check_format(&database)?;
            if format == store::FORMAT {
                store::opened(&database, store::seal(&database)?)?;
            }
            Ok((database, format))
        });
        match &opened {
            Ok(_) => undoable.keep(),
            Err(_) => undoable.undo()?,
        }
        opened
    }

    /// Whether there is a log in it.
    pub(super) fn has_log(&self) -> bool {
        self.file().symlink_metadata().is_ok()
    }
}

impl Volume for Folder {
    fn open(&self) -> Result<Database, OpenError> {
        let file = self.file();
        // One that was there before is not made again: it may come back.
        if !self.data_dir.was_opened() && !file.try_exists()? {
            self.make_log(store::make)?;
        }
        // Each time: whoever gave the file its name may have ended before it was on the disk.
        sync(&self.path)?;
        self.forget_unsynced();
        let open = || match self.open_whole(&file)? {
            (database, store::FORMAT) => Ok(database),
            (_, format) => Err(OpenError::Older(format)),
        };
        match self.data_dir.hold(FILE, open) {
            Err(OpenError::Older(_)) if !self.data_dir.was_opened() => {
                self.migrate()?;
                self.data_dir.hold(FILE, open)
            }
            opened => opened,
        }
    }

    fn forget_unsynced(&self) {
        // What cannot be opened here is reported by the opening that follows.
        if let Ok(file) = File::open(self.file()) {
            let _ = fadvise(&file, 0, None, Advice::DontNeed);
        }
    }

    fn room(&self) -> io::Result<u64> {
        let volume = fstatvfs(self.data_dir.folder())?;
        let room = volume.f_bavail.saturating_mul(volume.f_frsize);
        Ok(match getrlimit(Resource::Fsize).current {
            Some(most) => room.min(most.saturating_sub(fs::metadata(self.file())?.len())),
            None => room,
        })
    }

    fn is_in_place(&self) -> Result<(), Unavailable> {
        self.data_dir.check()
    }

    fn let_go(&self) {
        self.data_dir.let_go();
    }

    fn take_back(&self) -> Result<(), OpenError> {
        self.data_dir.take_back()
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

/// Creates a folder that only we may open, and makes it survive a power cut.
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

/// Syncs a folder, so that its names are on disk.
fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}
