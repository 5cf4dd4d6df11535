//! What is known to be revoked, for many who ask, and who hear of every change.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use belfry_hub::{Clock, grant::Grant};
use tokio::sync::watch;

use super::{entry::Entry, list::List};

/// The list, and those who wait for changes of it.
#[derive(Debug, Default)]
pub(super) struct Known {
    list: RwLock<List>,
    changed: watch::Sender<()>,
}

impl Known {
    /// Takes in entries, and wakes whoever waits if there are any.
    pub(super) fn add(&self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut list = self.write();
        entries.iter().for_each(|entry| list.add(entry));
        list.forget_expired_if_grown(now());
        drop(list);
        self.changed.send_replace(());
    }

    pub(super) fn revokes(&self, grant: &Grant) -> bool {
        self.read().revokes(grant)
    }

    /// Hears of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// How many entries there are, of which some may have expired.
    pub(super) fn len(&self) -> usize {
        self.read().len()
    }

    /// A copy of those that have not expired, so that nobody who asks for a right waits for the disk.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.write().forget_expired(now());
        self.read().entries().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, List> {
        self.list.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, List> {
        self.list.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In seconds since the Unix epoch.
pub(super) fn now() -> i64 {
    Clock::system().now() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_woken_once_for_each_change_and_not_for_nothing() {
        let known = Known::default();
        let mut changes = known.changes();
        known.add(&[]);
        assert!(!changes.has_changed().unwrap());
        known.add(&[Entry::Credential { number: 1, until: now() }]);
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        assert_eq!((known.entries().len(), known.len()), (1, 1));
        assert!(!changes.has_changed().unwrap());
    }
}
