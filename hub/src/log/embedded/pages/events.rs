//! The rows of the events, as they are read for a page.

use redb::ReadOnlyTable;

use super::super::{
    codec::Stored,
    row::Seal,
    store::{Result, stored},
};

/// The events of a log, to be read.
pub(super) struct Events {
    pub(super) table: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) seal: Seal,
    /// They are read, and not only counted.
    pub(super) verified: bool,
}

impl Events {
    /// What stands at a sequence; `None` where it cannot be read.
    pub(super) fn stored(&self, sequence: u64) -> Result<Option<Stored>> {
        stored(&self.table, sequence, self.seal)
    }
}
