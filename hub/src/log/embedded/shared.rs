//! What the thread that writes the log and those who read it have in common.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use redb::Database;
use tracing::error;

use super::{readiness::Readiness, row::Seal};
use crate::{counters::Histogram, log::Held, spans::Spans};

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

    pub(super) fn failed(&self) -> MutexGuard<'_, Option<String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
