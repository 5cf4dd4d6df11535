//! The file of revocations in a data directory, to which several processes append: a server, and
//! `belfry revoke`. Whoever appends holds its lock.

use std::{
    collections::HashSet,
    error::Error,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
};

use rustix::process::geteuid;
use tracing::warn;

use super::{entry::Entry, known::Known};

/// Its name in a data directory.
const NAME: &str = "revoked";

/// A file of revocations that cannot be used, and why.
#[derive(Debug)]
pub struct FileError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Io(io::Error),
    /// By its number.
    Line(usize),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use the list of revocations {}: ", self.path.display())?;
        match &self.why {
            Why::Io(error) => error.fmt(f),
            Why::Line(number) => write!(
                f,
                "line {number} is damaged; restore the file from a copy, or delete the line: what \
                 it revoked is then valid again"
            ),
        }
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.why {
            Why::Io(error) => Some(error),
            Why::Line(_) => None,
        }
    }
}

/// The file, and how far it was read.
#[derive(Debug)]
pub(super) struct RevocationsFile {
    path: PathBuf,
    /// What was read. It stays open, or a file that takes its place could have the same number.
    held: Option<File>,
    /// The bytes that were read.
    read_to: u64,
    /// The lines in these.
    lines: usize,
    /// Whether everything that is known is in it, as far as this process has to see to that.
    complete: bool,
}

impl RevocationsFile {
    /// The one of a data directory, of which nothing was read yet.
    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join(NAME), held: None, read_to: 0, lines: 0, complete: false }
    }

    /// Takes in what is new in it. A file that took the place of the one that was read is completed with
    /// what is known and missing there.
    ///
    /// # Errors
    /// If it cannot be read, completed, or is damaged.
    pub(super) fn read(&mut self, known: &Known) -> Result<(), FileError> {
        let file = match fs::metadata(&self.path) {
            Ok(there) if self.holds(&there) && there.len() == self.read_to => return Ok(()),
            Ok(_) => File::open(&self.path),
            Err(error) => Err(error),
        };
        let file = match file {
            Ok(file) => file,
            // The first revocation creates it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.io(error)),
        };
        let was_complete = self.complete;
        known.add(&self.catch_up(&file)?);
        if was_complete && !self.complete { self.append(&[], known) } else { Ok(()) }
    }

    /// Takes in what others have appended, and then appends entries, which are on disk when this returns,
    /// and what is known and missing in a file that is new, or to which appending has failed before.
    ///
    /// # Errors
    /// If it cannot be read or written, or is damaged.
    pub(super) fn append(&mut self, entries: &[Entry], known: &Known) -> Result<(), FileError> {
        let appended = self.try_append(entries, known);
        self.complete = appended.is_ok();
        appended
    }

    fn try_append(&mut self, entries: &[Entry], known: &Known) -> Result<(), FileError> {
        let file = self.lock().map_err(|error| self.io(error))?;
        if !self.complete {
            // What is missing is found by reading all of it.
            (self.held, self.read_to, self.lines) = (None, 0, 0);
        }
        let there = self.catch_up(&file.0)?;
        // Before anything can fail: it is not read again.
        known.add(&there);
        let mut lines = String::new();
        if !self.complete {
            let there: HashSet<_> = there.iter().chain(entries).collect();
            let missing = known.entries().into_iter().filter(|entry| !there.contains(entry));
            lines.extend(missing.map(|entry| entry.line()));
        }
        lines.extend(entries.iter().map(Entry::line));
        self.write(&file.0, &lines).map_err(|error| self.io(error))
    }

    /// Creates the file if there is none, removes half a line at its end, and rewrites it if there is
    /// more in it than is known. That may fail: a data directory can be read-only.
    pub(super) fn tidy(&mut self, known: &Known) {
        let tidied = self.append(&[], known).and_then(|()| {
            let live = known.entries().len();
            self.compact(live, known)
        });
        if let Err(error) = tidied {
            warn!("sign-outs and revocations cannot be stored: {error}");
        }
    }

    /// Rewrites the file with what is known if it has more than `most` lines, and takes in what others
    /// have appended before.
    ///
    /// # Errors
    /// If it cannot be read or written, or is damaged.
    pub(super) fn compact(&mut self, most: usize, known: &Known) -> Result<(), FileError> {
        if self.lines <= most {
            return Ok(());
        }
        let old = self.lock().map_err(|error| self.io(error))?;
        // Before anything can fail: it is not read again.
        known.add(&self.catch_up(&old.0)?);
        let lines: String = known.entries().iter().map(Entry::line).collect();
        self.replace(&lines).map_err(|error| self.io(error))?;
        self.complete = true;
        Ok(())
    }

    /// Reads what is new, as far as there are whole lines.
    fn catch_up(&mut self, file: &File) -> Result<Vec<Entry>, FileError> {
        let bytes = self.new_bytes(file).map_err(|error| self.io(error))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let mut entries = Vec::new();
        for line in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
            let entry = Entry::read(&line[..line.len() - 1]);
            let number = self.lines + entries.len() + 1;
            let error = || FileError { path: self.path.clone(), why: Why::Line(number) };
            entries.push(entry.ok_or_else(error)?);
        }
        self.read_to += whole as u64;
        self.lines += entries.len();
        Ok(entries)
    }

    fn new_bytes(&mut self, mut file: &File) -> io::Result<Vec<u8>> {
        let there = file.metadata()?;
        if !self.holds(&there) || there.len() < self.read_to {
            (self.held, self.read_to, self.lines) = (Some(file.try_clone()?), 0, 0);
            self.complete = false;
        }
        file.seek(SeekFrom::Start(self.read_to))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether a file is the one that was read.
    fn holds(&self, there: &fs::Metadata) -> bool {
        let held = self.held.as_ref().and_then(|held| held.metadata().ok());
        held.is_some_and(|held| (held.dev(), held.ino()) == (there.dev(), there.ino()))
    }

    /// The file, created if there is none, with its lock.
    fn lock(&self) -> io::Result<Locked> {
        loop {
            let mut options = OpenOptions::new();
            let file = options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&self.path)?;
            file.lock()?;
            // Another may have put a new one in its place while this one waited.
            let there = fs::metadata(&self.path);
            if there.is_ok_and(|there| file.metadata().is_ok_and(|own| own.ino() == there.ino())) {
                return Ok(Locked(file));
            }
        }
    }

    /// Writes lines after the last whole one. What is there already was never confirmed to anyone.
    fn write(&mut self, mut file: &File, lines: &str) -> io::Result<()> {
        if file.metadata()?.len() > self.read_to {
            warn!("removed an incomplete line from {}", self.path.display());
        }
        file.set_len(self.read_to)?;
        file.seek(SeekFrom::Start(self.read_to))?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        if self.read_to == 0 {
            give_to_owner_of_folder(&self.path, file)?;
            sync_folder_of(&self.path)?;
        }
        self.read_to += lines.len() as u64;
        self.lines += lines.matches('\n').count();
        Ok(())
    }

    fn replace(&mut self, lines: &str) -> io::Result<()> {
        let unfinished = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)?;
        sync_folder_of(&self.path)?;
        self.held = Some(file);
        self.read_to = lines.len() as u64;
        self.lines = lines.matches('\n').count();
        Ok(())
    }

    fn io(&self, error: io::Error) -> FileError {
        FileError { path: self.path.clone(), why: Why::Io(error) }
    }
}

/// The file while nobody else may append to it.
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // What is held of it shares the lock. Should this fail, the lock ends with the process.
        let _ = self.0.unlock();
    }
}

/// If the superuser revokes first, the server has to be able to read it. Anyone else may use a folder that
/// belongs to others, and can give nothing away; nor can a superuser everywhere, as over NFS.
fn give_to_owner_of_folder(path: &Path, file: &File) -> io::Result<()> {
    let folder = path.parent().map_or(Err(io::ErrorKind::NotFound.into()), fs::metadata)?;
    if !geteuid().is_root() || folder.uid() == file.metadata()?.uid() {
        return Ok(());
    }
    match fchown(file, Some(folder.uid()), Some(folder.gid())) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        given => given,
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
