//! The log's file for the engine, with an undo record of what opening it changes: a file that cannot be
//! opened stays as it was.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use redb::StorageBackend;

/// What is kept at once, in bytes.
const BLOCK: u64 = 4096;

/// A file, shared with the engine.
#[derive(Clone, Debug)]
pub(super) struct Undoable(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: File,
    recording: AtomicBool,
    before: Mutex<Before>,
}

impl Drop for Shared {
    /// Gives the file back at once: a child that is just being started has it open too until it runs its
    /// own program.
    fn drop(&mut self) {
        // Where that fails it is released with the file.
        let _ = self.file.unlock();
    }
}

/// A file as it was.
#[derive(Debug, Default)]
struct Before {
    length: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Undoable {
    /// Opens a file for us alone; `None` where another process has it.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = File::options().read(true).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        let before = Before { length: file.metadata()?.len(), ..Before::default() };
        let (recording, before) = (AtomicBool::new(true), Mutex::new(before));
        Ok(Some(Self(Arc::new(Shared { file, recording, before }))))
    }

    /// Keeps the changes, and records no more of them.
    pub(super) fn keep(&self) {
        self.0.recording.store(false, Ordering::Release);
        *self.before() = Before::default();
    }

    /// Undoes all changes.
    pub(super) fn undo(&self) -> io::Result<()> {
        if !self.0.recording.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let before = std::mem::take(&mut *self.before());
        let file = &self.0.file;
        if before.blocks.is_empty() && file.metadata()?.len() == before.length {
            return Ok(());
        }
        file.set_len(before.length)?;
        for (number, block) in before.blocks {
            file.write_all_at(&block, number * BLOCK)?;
        }
        file.sync_all()
    }

    fn before(&self) -> MutexGuard<'_, Before> {
        self.0.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what lies between two offsets, before it is changed.
    fn record(&self, begin: u64, end: u64) -> io::Result<()> {
        if !self.0.recording.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut before = self.before();
        for number in begin / BLOCK..end.min(before.length).div_ceil(BLOCK) {
            let length = before.length;
            if let std::collections::btree_map::Entry::Vacant(vacant) = before.blocks.entry(number)
            {
                let length = BLOCK.min(length - number * BLOCK);
                let mut block = vec![0; usize::try_from(length).expect("no more than a block")];
                self.0.file.read_exact_at(&mut block, number * BLOCK)?;
                vacant.insert(block);
            }
        }
        Ok(())
    }
}

impl StorageBackend for Undoable {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.file.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.file.read_exact_at(out, offset)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.record(length, u64::MAX)?;
        self.0.file.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.record(offset, offset + data.len() as u64)?;
        self.0.file.write_all_at(data, offset)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_was_changed_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let was: Vec<u8> = (0..20_000_u32).map(|number| number as u8).collect();
        for kept in [false, true] {
            fs::write(&path, &was).unwrap();
            let file = Undoable::open(&path).unwrap().unwrap();
            assert!(Undoable::open(&path).unwrap().is_none(), "it is ours");
            file.write(4000, &[7; 5000]).unwrap();
            file.set_len(9_000).unwrap();
            file.set_len(30_000).unwrap();
            file.write(19_990, &[9; 5000]).unwrap();
            file.write(4000, &[8; 5000]).unwrap();
            if kept {
                file.keep();
                file.undo().unwrap();
                assert_eq!(fs::read(&path).unwrap()[4000], 8);
                assert_eq!(fs::read(&path).unwrap().len(), 30_000);
            } else {
                file.undo().unwrap();
                assert!(fs::read(&path).unwrap() == was);
            }
        }
    }
}
