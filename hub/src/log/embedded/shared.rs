//! What the thread that writes the log and those who read it have in common.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use redb::Database;
use tokio::{sync::watch, time::timeout};
use tracing::error;

use super::{
    answering::Answering,
    readiness::{PATIENCE, Readiness},
    row::Seal,
};
use crate::{
    counters::Histogram,
    log::{Held, Log, Unavailable},
    spans::Spans,
};

/// How long a read waits until it is known who has the file.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(5);

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
    /// How often it was changed, opened or closed.
    pub(super) changes: AtomicU64,
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

    /// What was read before may be out of date. Said before anybody is told of the change.
    pub(super) fn has_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    pub(super) fn spans(&self) -> Arc<Spans> {
        self.spans.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_spans(&self, spans: Spans) {
        *self.spans.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(spans);
    }

    /// The successor, if there is one; waits while that is not known, but not for long.
    pub(super) async fn successor(&self) -> Result<Option<Arc<dyn Log>>, Unavailable> {
        if self.answers_itself() {
            return Ok(None);
        }
        let mut answering = self.answering.subscribe();
        let known = answering.wait_for(|answering| !matches!(answering, Answering::Nobody { .. }));
        let known = timeout(HANDED_OVER_WITHIN, known).await.map_err(|_| being_opened())?;
        Ok(match known.as_deref() {
            Ok(Answering::Successor(successor)) => Some(successor.clone()),
            _ => None,
        })
    }

    /// Fails where nobody has answered for longer than a takeover should take.
    pub(super) fn is_answering(&self) -> Result<(), Unavailable> {
        match &*self.answering.borrow() {
            Answering::Nobody { since } if since.elapsed() >= PATIENCE => Err(being_opened()),
            _ => Ok(()),
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

fn being_opened() -> Unavailable {
    Unavailable("the server that takes over is still opening it".into())
}
