//! The disk as the engine uses it: reads, writes, changes of length, syncs.

use std::io;

use redb::StorageBackend;

use super::{Change, Disk, Kind};

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Kind::Read)?;
        state.reads += 1;
        let offset = usize::try_from(offset).unwrap();
        let bytes = state.seen.get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Kind::Length)?;
        state.change(Change::Length(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.1.pass(Kind::Sync);
        self.state().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let begun = state.begin(Kind::Write);
        let offset = usize::try_from(offset).unwrap();
        if begun.is_ok() {
            state.change(Change::Write(offset, data.into()));
        } else if state.power != Some(0) {
            // A write that fails may have been half done.
            state.change(Change::Write(offset, data[..data.len() / 2].into()));
        }
        begun
    }
}
