//! Where the log's file lies: it is made whole or not at all, and opened for us and our owner alone.

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
    migration::migrate,
    opening::{OpenError, guarded},
    place::{Place, make_for_the_owner_alone},
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

    /// Whether what is written is where who starts later looks for it.
    ///
    /// # Errors
    /// Why not.
    fn is_in_place(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// A folder on the disk, held by this process alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    place: Place,
}

impl Folder {
    /// Takes a folder, and makes it (mode 0700) where there is none.
    ///
    /// # Errors
    /// Where another process has it, or it cannot be made.
    pub fn take(path: &Path) -> Result<Self, OpenError> {
        make(path)?;
        Ok(Self { path: path.into(), place: Place::take(path)? })
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

    /// Opens a file that can be read, and leaves any other as it is.
    fn open_whole(&self, file: &Path) -> Result<(Database, u64), OpenError> {
        // Looked at before it is opened for writing: a newer one stays as it is.
        if let Ok(database) = redb::ReadOnlyDatabase::open(file) {
            store::check_format(&database)?;
        }
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
        // One that was there before is not made anew: it may come back.
        if !self.place.was_opened() && !file.try_exists()? {
            self.make_log(store::make)?;
        }
        // Each time: whoever gave the file its name may have ended before it was on the disk.
        sync(&self.path)?;
        self.forget_unsynced();
        let open = || match self.open_whole(&file)? {
            (database, store::FORMAT) => Ok(database),
            (_, format) => Err(OpenError::Older(format)),
        };
        match self.place.hold(FILE, open) {
            Err(OpenError::Older(_)) if !self.place.was_opened() => {
                self.migrate()?;
                self.place.hold(FILE, open)
            }
            opened => opened,
        }
    }

    fn forget_unsynced(&self) {
        // What cannot be opened here is told of by the opening that follows.
        if let Ok(file) = File::open(self.file()) {
            let _ = fadvise(&file, 0, None, Advice::DontNeed);
        }
    }

    fn room(&self) -> io::Result<u64> {
        let volume = fstatvfs(self.place.folder())?;
        let room = volume.f_bavail.saturating_mul(volume.f_frsize);
        Ok(match getrlimit(Resource::Fsize).current {
            Some(most) => room.min(most.saturating_sub(fs::metadata(self.file())?.len())),
            None => room,
        })
    }

    fn is_in_place(&self) -> Result<(), Unavailable> {
        self.place.check()
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
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
