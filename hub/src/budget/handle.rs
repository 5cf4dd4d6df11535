//! A budget of bytes behind its lock, with those who are to be told when they have what they wait for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::oneshot, time::Instant};

use super::{Progress, ledger::Ledger};

/// Pieces of so many bytes are not counted: a connection takes about as much in any case, and who reads
/// along with small events never waits for those who do not read at all.
pub(crate) const FREE: usize = 16 * 1024;

/// A budget of bytes. A cheap handle.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Mutex<Held>>);

#[derive(Debug)]
pub(super) struct Held {
    pub(super) ledger: Ledger<Progress>,
    /// Whom to tell that its ticket has what it waited for.
    pub(super) granted: HashMap<u64, oneshot::Sender<()>>,
}

/// The budgets of a server. Cheap handles.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// What is encoded and not sent yet.
    pub send: Budget,
    /// The bodies of requests.
    pub receive: Budget,
}

impl Default for Budgets {
    /// 256 MiB to be sent, and 64 MiB of requests.
    fn default() -> Self {
        Self::new(256 << 20, 64 << 20)
    }
}

impl Budgets {
    /// Budgets of so many bytes.
    #[must_use]
    pub fn new(send: usize, receive: usize) -> Self {
        Self { send: Budget::new(send), receive: Budget::new(receive) }
    }
}

impl Budget {
    /// One of so many bytes, of which a sixteenth is for one client.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let ledger = Ledger::new(bytes);
        Self(Arc::new(Mutex::new(Held { ledger, granted: HashMap::new() })))
    }

    /// How many bytes are reserved.
    #[must_use]
    pub fn used(&self) -> usize {
        self.held().ledger.used()
    }

    /// How many bytes there are.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.held().ledger.limit()
    }

    /// Whether somebody waits for some.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        self.held().ledger.is_waited_for()
    }

    /// Counts bytes that nobody reserved. Where that is too much, who has held such bytes for the longest
    /// is cut.
    pub(super) fn overdraw(&self, bytes: usize) -> Overdraft {
        let cut = self.held().ledger.overdraw(bytes, Instant::now());
        cut.iter().for_each(Progress::cut);
        Overdraft { budget: self.clone(), bytes }
    }

    fn repay(&self, bytes: usize) {
        let mut held = self.held();
        held.ledger.repay(bytes);
        held.grant();
    }

    pub(super) fn lends(&self, progress: &Progress, frame: usize) {
        self.held().ledger.lend(progress, frame);
    }

    pub(super) fn lends_no_more(&self, id: u64, frame: usize) {
        self.held().ledger.take_back(id, frame);
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has those cut for whom others have waited for too long.
    pub(super) fn press(&self) {
        let cut = self.held().ledger.press(Instant::now());
        cut.iter().for_each(Progress::cut);
    }
}

impl Held {
    pub(super) fn grant(&mut self) {
        for ticket in self.ledger.grant() {
            if let Some(granted) = self.granted.remove(&ticket) {
                // Whoever has left in the meantime gives it back.
                let _ = granted.send(());
            }
        }
    }
}

/// Bytes that count without having been reserved, until this is dropped.
#[derive(Debug)]
pub(super) struct Overdraft {
    budget: Budget,
    bytes: usize,
}

impl Drop for Overdraft {
    fn drop(&mut self) {
        self.budget.repay(self.bytes);
    }
}
