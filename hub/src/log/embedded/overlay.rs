//! Opens a file as a log without changing it: what is written to it stays in memory.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use redb::StorageBackend;

/// What is written at once, in bytes.
const BLOCK: usize = 4096;

/// A file, and what was written over it.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    length: u64,
    /// Of the file so much can still be seen.
    below: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl Overlay {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let written = Written { length, below: length, blocks: BTreeMap::new() };
        Ok(Self { file, written: Mutex::new(written) })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block as it is now.
    fn block(&self, written: &Written, number: u64) -> io::Result<Box<[u8; BLOCK]>> {
        if let Some(block) = written.blocks.get(&number) {
            return Ok(block.clone());
        }
        let mut block = Box::new([0; BLOCK]);
        let begin = number * BLOCK as u64;
        let there = written.below.saturating_sub(begin).min(BLOCK as u64);
        let there = usize::try_from(there).expect("no more than a block");
        self.file.read_exact_at(&mut block[..there], begin)?;
        Ok(block)
    }

    /// Goes through some bytes block by block: the number of each, where in it they begin and end, and
    /// how many came before.
    fn each(
        offset: u64,
        length: usize,
        mut look: impl FnMut(u64, std::ops::Range<usize>, usize) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut done = 0;
        while done < length {
            let at = offset + done as u64;
            let begin = usize::try_from(at % BLOCK as u64).expect("within a block");
            let end = BLOCK.min(begin + length - done);
            look(at / BLOCK as u64, begin..end, done)?;
            done += end - begin;
        }
        Ok(())
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.written();
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > written.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Self::each(offset, out.len(), |number, range, done| {
            let block = self.block(&written, number)?;
            let length = range.len();
            out[done..done + length].copy_from_slice(&block[range]);
            Ok(())
        })
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut written = self.written();
        written.blocks.retain(|number, _| number * (BLOCK as u64) < length);
        (written.length, written.below) = (length, written.below.min(length));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        written.length = written.length.max(offset + data.len() as u64);
        Self::each(offset, data.len(), |number, range, done| {
            let mut block = self.block(&written, number)?;
            let length = range.len();
            block[range].copy_from_slice(&data[done..done + length]);
            written.blocks.insert(number, block);
            Ok(())
        })
    }
}
