//! Runs the streams of an HTTP/2 connection, each as a task, and resets one whose answer does not move.
//!
//! The write deadline of the socket does not see such a stream: the socket takes what others send, while the
//! client keeps this one's window closed. Its answer would wait for ever.

use std::{future::Future, time::Duration};

use belfry_hub::{
    budget::{Party, Progress},
    counters::Counters,
};
use hyper::rt::Executor;
use tokio::{
    select,
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tracing::{debug, info};

use super::sending::Moving;

tokio::task_local! {
    /// The answer of the stream that a task runs.
    static ANSWER: Moving;
}

/// The answer of the stream on whose task this is called.
pub(super) fn answer() -> Option<Moving> {
    ANSWER.try_with(Clone::clone).ok()
}

/// What runs the streams of a connection. A cheap handle.
#[derive(Clone)]
pub(super) struct Streams {
    connection: Progress,
    patience: Duration,
    counters: Counters,
    open: watch::Sender<usize>,
}

impl Streams {
    /// For the streams of a connection, whose answers may stand still for `patience`.
    pub(super) fn new(connection: Progress, patience: Duration, counters: Counters) -> Self {
        Self { connection, patience, counters, open: watch::Sender::new(0) }
    }

    /// Returns once no stream has been open for this long.
    pub(super) async fn are_idle_for(&self, idle: Duration) {
        let mut open = self.open.subscribe();
        loop {
            // It fails only where there is no sender, and this is one.
            let _ = open.wait_for(|open| *open == 0).await;
            select! {
                _ = open.changed() => {}
                () = sleep(idle) => return,
            }
        }
    }

    /// Returns once another stream has been opened.
    pub(super) fn next_opened(&self) -> impl Future<Output = ()> + use<> {
        let mut open = self.open.subscribe();
        async move {
            let _ = open.changed().await;
        }
    }

    async fn run(self, answering: impl Future<Output = ()>) {
        let moving = Moving::new(Progress::new());
        select! {
            biased;
            () = ANSWER.scope(moving.clone(), answering) => {}
            () = self.stands_still(moving.progress()) => {
                self.counters.stalled();
                debug!("reset a stream whose window stayed closed");
            }
            () = moving.progress().is_cut() => {
                self.counters.cut();
                info!("reset a stream that stopped reading while others waited for memory");
            }
        }
    }

    /// Returns once the answer has stood still for too long while the socket takes what it is given; where
    /// it does not, its own deadline counts.
    async fn stands_still(&self, answer: &Progress) {
        loop {
            let since = answer.stalled_since();
            sleep_until(since.unwrap_or_else(Instant::now) + self.patience).await;
            let is_late = |since: Instant| since.elapsed() >= self.patience;
            if answer.stalled_since().is_some_and(is_late) {
                if self.connection.stalled_since().is_none() {
                    return;
                }
                sleep(self.patience).await;
            }
        }
    }
}

/// Counts an open stream.
struct Open(watch::Sender<usize>);

impl Open {
    fn new(open: &watch::Sender<usize>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, answering: F) {
        let (open, streams) = (Open::new(&self.open), self.clone());
        tokio::spawn(async move {
            streams.run(answering).await;
            drop(open);
        });
    }
}
