//! Drives a subscription: what is to be sent next, and what to wait for.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, pending, ready},
};
use tokio::{
    select,
    time::{Duration, Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::coming::{Came, Coming, come, coming};
use crate::{
    clock::Clock,
    counters::Ending,
    frame::Frame,
    hub::Hub,
    routes::Routes,
    subscription::{CHUNK, FirstPage, Follows, Next, Now, States, Subscription, Wanted},
};

/// The earliest that a reader comes back after the shutdown.
const BACK_AFTER: Duration = Duration::from_secs(1);

/// When a reader comes back that is sent to a successor.
const TO_SUCCESSOR_AFTER: Duration = Duration::from_millis(100);

/// The successor gets its readers one by one: at this distance from each other,
const BETWEEN_READERS: Duration = Duration::from_millis(1);
/// all of them in this time.
const ALL_SENT_WITHIN: Duration = Duration::from_secs(4);

/// How long a stream lasts at most. A program that limits it puts one into the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamAge(pub Duration);

/// Drives a subscription.
pub(in crate::http) struct Driver {
    subscription: Subscription,
    states: States,
    hub: Hub,
    clock: Clock,
    /// What the subscription wants, on its way. Kept, so that a tick in between does not begin it again.
    coming: Option<Coming>,
    /// Returns once the reader's rights are taken back.
    revoked: BoxFuture<'static, ()>,
    shutdown: CancellationToken,
    /// Over how long readers come back after the shutdown.
    drain: Duration,
    /// When it has lasted long enough.
    until: Option<Instant>,
    relieved: CancellationToken,
    /// When its reader is sent to the successor, once there is one.
    sent_on_at: Option<Instant>,
    ended: bool,
}

/// What a driver gives to who sends it.
#[derive(Debug)]
pub(super) enum Given {
    /// These bytes.
    Bytes(Bytes),
    /// Nothing: it has all there is, and a writer can go on.
    All,
    /// Nothing any more.
    End,
}

impl Driver {
    /// Drives a subscription, to which the first page of the log comes first.
    pub(in crate::http) fn new(
        (subscription, states, first): (Subscription, States, FirstPage),
        routes: &Routes,
        revoked: BoxFuture<'static, ()>,
    ) -> Self {
        let Routes { hub, relieved, shutdown, drain, .. } = routes.clone();
        Self {
            subscription,
            states,
            clock: hub.clock(),
            hub,
            coming: first.map(|page| Coming::Page(ready(Ok(page)).boxed())),
            revoked,
            sent_on_at: relieved.is_cancelled().then(Instant::now),
            relieved,
            shutdown,
            drain,
            until: None,
            ended: false,
        }
    }

    /// The same, which ends at an instant, if there is one.
    pub(in crate::http) fn until(self, until: Option<Instant>) -> Self {
        Self { until, ..self }
    }

    /// The next bytes to send; `None` when the reader was told when to come back, because the server shuts
    /// down, or that its rights have ended or were taken back; and at its age.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.given(false).await {
                Given::Bytes(bytes) => return Some(bytes),
                Given::All => {}
                Given::End => return None,
            }
        }
    }

    /// The same, or that it has all there is, where that `is_told`. Whoever asks has sent what it was given
    /// before.
    pub(super) async fn given(&mut self, is_told: bool) -> Given {
        if let Some(greeting) = self.subscription.greeting() {
            return Given::Bytes(greeting);
        }
        self.has_sent(Instant::now());
        loop {
            match poll_fn(|context| Poll::Ready(self.step(context))).await {
                Next::Bytes(bytes) => return Given::Bytes(bytes),
                Next::End => return Given::End,
                Next::Wait { wanted, .. } if is_told && self.has_all(wanted) => return Given::All,
                Next::Wait { until, wanted } => {
                    if let Some(bytes) = self.wait(until, wanted).await {
                        return Given::Bytes(bytes);
                    }
                }
            }
        }
    }

    /// Whether nothing but news is wanted.
    fn has_all(&self, wanted: Option<Wanted>) -> bool {
        self.coming.is_none() && matches!(wanted, None | Some(Wanted::News))
    }

    /// What is to be done next, for who does its own waiting: woken are those who wait for state topics, or for
    /// the reader's rights to be taken back.
    pub(super) fn step(&mut self, context: &mut Context<'_>) -> Next {
        if self.ended {
            return Next::End;
        }
        if self.shutdown.is_cancelled() {
            return Next::Bytes(self.dismiss());
        }
        if self.revoked.poll_unpin(context).is_ready() {
            self.revoke();
        }
        let now = Now::by(self.clock);
        if self.is_sent_on(now.instant) {
            return Next::Bytes(self.dismiss());
        }
        if self.until.is_some_and(|until| until <= now.instant) {
            self.ended = true;
            self.subscription.ends(Ending::Age);
            return Next::End;
        }
        let state = || match self.states.poll(context) {
            Poll::Ready(state) => Some(state),
            Poll::Pending => None,
        };
        match self.subscription.next(now, CHUNK, state) {
            Next::Wait { until, wanted } => {
                Next::Wait { until: earliest(until, [self.until, self.sent_on_at]), wanted }
            }
            next => {
                self.ended = next == Next::End;
                next
            }
        }
    }

    /// Waits, and returns what the subscription makes at once of what comes.
    async fn wait(&mut self, until: Instant, wanted: Option<Wanted>) -> Option<Bytes> {
        if self.coming.is_none() {
            self.coming = coming(&self.subscription, wanted);
        }
        let came = select! {
            biased;
            () = self.shutdown.cancelled() => return None,
            () = &mut self.revoked => {
                self.revoke();
                return None;
            }
            () = self.relieved.cancelled(), if self.sent_on_at.is_none() => return None,
            () = sleep_until(until) => return None,
            state = self.states.next() => return Some(self.subscription.state(state)),
            came = come(&mut self.coming, &self.subscription, wanted) => came,
        };
        match came {
            Came::Page(Ok((page, room))) => {
                return self.subscription.page(&page, room, Instant::now());
            }
            Came::Page(Err(why)) => {
                debug!(%why, "reader is waiting for the log");
                self.subscription.is_unavailable(Instant::now());
            }
            Came::Room(room) => self.subscription.room(room),
            Came::Something => {}
        }
        None
    }

    /// Notes that all that was given is sent.
    pub(super) fn has_sent(&mut self, now: Instant) {
        self.subscription.has_taken(now);
    }

    /// What decides which bytes its reader gets of the tail and of state topics.
    pub(super) fn follows(&self) -> Follows {
        let states = self.states.names().clone();
        match self.subscription.selection() {
            Some(selection) => {
                let topics = selection.follower().shared_topics().clone();
                Follows { topics, states, format: selection.format() }
            }
            None => Follows { topics: [].into(), states, format: self.states.format() },
        }
    }

    pub(super) fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Whether its reader is to follow the successor from now on.
    fn is_sent_on(&mut self, now: Instant) -> bool {
        if self.sent_on_at.is_none() && self.relieved.is_cancelled() {
            let within = (BETWEEN_READERS * self.hub.reading()).min(ALL_SENT_WITHIN);
            self.sent_on_at = Some(now + within.mul_f64(fastrand::f64()));
        }
        self.sent_on_at.is_some_and(|at| at <= now)
    }

    /// The server shuts down, or is relieved: the last bytes say when to come back. Each reader is told another
    /// time, so that not all connect at once to a server that has just started, unless a successor serves already.
    fn dismiss(&mut self) -> Bytes {
        self.ended = true;
        self.subscription.ends(Ending::Shutdown);
        if self.relieved.is_cancelled() {
            return Frame::retry(TO_SUCCESSOR_AFTER).into_bytes();
        }
        let most = self.drain.max(BACK_AFTER);
        Frame::retry(BACK_AFTER + (most - BACK_AFTER).mul_f64(fastrand::f64())).into_bytes()
    }

    /// The reader's rights were taken back: it is told so, and nothing else.
    fn revoke(&mut self) {
        self.subscription.revoke(self.clock.now());
        self.revoked = pending().boxed();
    }
}

fn earliest(first: Instant, others: [Option<Instant>; 2]) -> Instant {
    others.into_iter().flatten().fold(first, Instant::min)
}
