//! Builds a log from another file's events, for a migration or a salvage.

use redb::{Database, Durability};

use super::{
    opening::OpenError,
    row::Seal,
    store::{self, Change, Result, Totals},
};
use crate::cursor::Epoch;

/// A log in a database that was empty. It is not a log before it is complete.
pub(super) struct Building<'n> {
    new: &'n Database,
    pub(super) totals: Totals,
    epoch: Epoch,
    seal: Seal,
}

impl<'n> Building<'n> {
    /// Begins a log under a seal of its own, that continues in an epoch.
    pub(super) fn begin(new: &'n Database, epoch: Epoch) -> Self {
        Self { new, totals: Totals::empty(epoch), epoch, seal: Seal(Epoch::random().0) }
    }

    /// Changes it. Nothing has to be on disk before it is complete.
    pub(super) fn commit(
        &mut self,
        change: impl FnOnce(&mut Change<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut transaction = self.new.begin_write()?;
        transaction.set_durability(Durability::None)?;
        let mut all = Change::begin(&transaction, self.totals.clone(), (self.epoch, self.seal))?;
        change(&mut all)?;
        self.totals = all.finish()?.totals;
        Ok(transaction.commit()?)
    }

    /// Makes it a log, whose last sequence this is, on disk.
    ///
    /// # Errors
    /// Those of the storage.
    pub(super) fn complete(mut self, last: u64) -> std::result::Result<(), OpenError> {
        (self.totals.last, self.totals.epoch) = (last, self.epoch);
        self.commit(|_| Ok(()))?;
        let transaction = self.new.begin_write()?;
        store::complete(&transaction, self.seal)?;
        Ok(transaction.commit()?)
    }
}
