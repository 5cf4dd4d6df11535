//! Whether what a connection has to send is moving, and whether the connection is to be cut.

use std::sync::{
    Arc,
    atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
};

use tokio::{
    sync::Notify,
    time::{Duration, Instant},
};

use super::Party;

/// Numbers what can be stalled.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Whether something moves. A cheap handle; to tell it costs one relaxed store.
#[derive(Clone, Debug)]
pub struct Progress(Arc<State>);

#[derive(Debug)]
struct State {
    id: u64,
    begun: Instant,
    /// One more than the milliseconds from `begun` until it stopped; 0 while it moves.
    stopped: AtomicU64,
    is_cut: AtomicBool,
    cut: Notify,
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Something that moves.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(State {
            id: NEXT.fetch_add(1, Relaxed),
            begun: Instant::now(),
            stopped: AtomicU64::new(0),
            is_cut: AtomicBool::new(false),
            cut: Notify::new(),
        }))
    }

    /// It has stopped now.
    pub fn stops(&self) {
        let since = u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.0.stopped.store(since + 1, Relaxed);
    }

    /// It moves, or has nothing to move.
    pub fn moves(&self) {
        self.0.stopped.store(0, Relaxed);
    }

    /// Has it cut: others need what it holds.
    pub fn cut(&self) {
        self.0.is_cut.store(true, SeqCst);
        self.0.cut.notify_waiters();
    }

    /// Returns once it is to be cut.
    pub async fn is_cut(&self) {
        let cut = self.0.cut.notified();
        // Asked once it will be told.
        if !self.0.is_cut.load(SeqCst) {
            cut.await;
        }
    }
}

impl Party for Progress {
    fn id(&self) -> u64 {
        self.0.id
    }

    fn stalled_since(&self) -> Option<Instant> {
        let millis = self.0.stopped.load(Relaxed).checked_sub(1)?;
        Some(self.0.begun + Duration::from_millis(millis))
    }
}
