//! How what a connection says becomes its bytes on the wire, and back.

use std::io;

use crate::tls::Session;

pub(super) trait Sealing {
    /// Appends to `said` what the bytes that came say.
    fn open(&mut self, came: &[u8], said: &mut Vec<u8>) -> io::Result<()>;

    /// The bytes that say this; of nothing, those that are owed all the same.
    fn seal<'a>(&'a mut self, said: &'a [u8]) -> io::Result<&'a [u8]>;
}

/// Every reader is sent the same bytes.
pub(super) struct Plain;

impl Sealing for Plain {
    fn open(&mut self, came: &[u8], said: &mut Vec<u8>) -> io::Result<()> {
        said.extend(came);
        Ok(())
    }

    fn seal<'a>(&'a mut self, said: &'a [u8]) -> io::Result<&'a [u8]> {
        Ok(said)
    }
}

impl Sealing for Session {
    fn open(&mut self, came: &[u8], said: &mut Vec<u8>) -> io::Result<()> {
        Self::open(self, came, said)
    }

    fn seal<'a>(&'a mut self, said: &'a [u8]) -> io::Result<&'a [u8]> {
        Self::seal(self, said)
    }
}
