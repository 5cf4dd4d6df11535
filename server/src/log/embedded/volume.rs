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
    opening::{OpenError, guarded},
    place::{Place, make_for_the_owner_alone},
    store,
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
    /// nothing that looks like a log.
    fn make_log(&self) -> Result<(), OpenError> {
        let (unfinished, file) = (self.path.join(UNFINISHED), self.file());
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        make_for_the_owner_alone(&unfinished)?;
        let database = builder().create(&unfinished)?;
        store::make(&database)?;
        database.close()?;
        File::open(&unfinished)?.sync_all()?;
        Ok(fs::rename(&unfinished, &file)?)
    }
}

impl Volume for Folder {
    fn open(&self) -> Result<Database, OpenError> {
        let file = self.file();
        // One that was there before is not made anew: it may come back.
        if !self.place.was_opened() && !file.try_exists()? {
            self.make_log()?;
        }
        // Each time: whoever gave the file its name may have ended before it was on the disk.
        sync(&self.path)?;
        self.forget_unsynced();
        let opened = self.place.hold(FILE, || {
            // Looked at before it is opened for writing: a newer one stays as it is.
            if let Ok(database) = redb::ReadOnlyDatabase::open(&file) {
                store::check_format(&database)?;
            }
            guarded(|| Ok(builder().open(&file)?))
        });
        opened.map_err(|error| match error {
            OpenError::Engine(engine) if is_in_use(&engine) => OpenError::InUse(self.path.clone()),
            other => other,
        })
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
