//! What the thread that writes the log and those who read it have in common.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use redb::Database;
use tokio::sync::watch;
use tracing::error;

use super::{answering::Answering, readiness::Readiness, row::Seal};
use crate::{
    counters::Histogram,
    log::{Held, Log},
    spans::Spans,
};

/// What the writer and those who read have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// `None` while the log is closed after a failure.
    pub(super) database: RwLock<Option<Database>>,
    /// Why nothing can be written.
    pub(super) failed: Mutex<Option<String>>,
    /// A read failed, and the writer was asked to find out why.
    pub(super) doubted: AtomicBool,
    /// How long each commit took, its sync included.
    pub(super) commits: Histogram,
    /// As of the last commit.
    pub(super) held: Mutex<Held>,
    /// The epochs that the log has had, with this opening's once it is written.
    pub(super) spans: RwLock<Arc<Spans>>,
    /// What its rows are sealed with.
    pub(super) seal: Seal,
    /// How often something was found damaged.
    pub(super) damaged: AtomicU64,
    pub(super) readiness: Arc<Readiness>,
    /// Who answers what is asked.
    pub(super) answering: watch::Sender<Answering>,
    /// How many backups are being written.
    pub(super) backups: AtomicUsize,
}

impl Shared {
    /// Counts damage, and logs it.
    pub(super) fn found_damage(&self, what: &str) {
        self.damaged.fetch_add(1, Ordering::Relaxed);
        error!(what, "found damage in the log; readers are told what is missing");
    }

    pub(super) fn spans(&self) -> Arc<Spans> {
        self.spans.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_spans(&self, spans: Spans) {
        *self.spans.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(spans);
    }

    /// The successor, if there is one; waits while that is not known.
    pub(super) async fn successor(&self) -> Option<Arc<dyn Log>> {
        if self.answers_itself() {
            return None;
        }
        let mut answering = self.answering.subscribe();
        let known = answering.wait_for(|answering| !matches!(answering, Answering::Nobody)).await;
        match &*known.ok()? {
            Answering::Successor(successor) => Some(successor.clone()),
            _ => None,
        }
    }

    /// Whether there is nobody else.
    pub(super) fn answers_itself(&self) -> bool {
        matches!(*self.answering.borrow(), Answering::Itself)
    }

    pub(super) fn failed(&self) -> MutexGuard<'_, Option<String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
