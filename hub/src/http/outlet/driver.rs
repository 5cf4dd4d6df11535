//! Drives a subscription: what is to be sent next, and what to wait for.

use std::{
    future::poll_fn,
    task::{Context, Poll, Waker},
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
use tracing::debug;

use super::{
    coming::{Came, Coming, come, coming},
    rested::{Around, Ends, Rested},
};
use crate::{
    counters::Ending,
    frame::Frame,
    routes::Routes,
    state_topics::State,
    subscription::{CHUNK, FirstPage, Follows, Next, States, Subscription, Wanted},
    tail::Follower,
};

/// The earliest that a reader comes back after the shutdown.
const BACK_AFTER: Duration = Duration::from_secs(1);

/// When a reader comes back that is sent to a successor.
const TO_SUCCESSOR_AFTER: Duration = Duration::from_millis(100);

/// How long a stream lasts at most. A program that limits it puts one into the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamAge(pub Duration);

/// Drives a subscription.
pub(in crate::http) struct Driver {
    subscription: Subscription,
    states: States,
    around: Around,
    /// What the subscription wants, on its way. Kept, so that a tick in between does not begin it again.
    coming: Option<Coming>,
    /// Returns once the reader's rights are taken back.
    revoked: BoxFuture<'static, ()>,
    ends: Ends,
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
        let sent_on_at = relieved.is_cancelled().then(Instant::now);
        Self {
            subscription,
            states,
            around: Around { hub, shutdown, relieved, drain },
            coming: first.map(|page| Coming::Page(ready(Ok(page)).boxed())),
            revoked,
            ends: Ends { until: None, sent_on_at },
            ended: false,
        }
    }

    /// One that has [rested](Self::rest), and follows again what it follows.
    pub(super) fn awake(
        rested: Rested,
        (follower, states): (Option<Follower>, States),
        around: Around,
    ) -> Self {
        let Rested { subscription, revoked, ends } = rested;
        let of = (&around.hub, states.format());
        let subscription = Subscription::awake(subscription, follower, of);
        Self { subscription, states, around, coming: None, revoked, ends, ended: false }
    }

    /// What is left of one that has just said in a [step](Self::step) that it waits for nothing but news. Does
    /// something else at the instant from which on it is not told of news of the log.
    pub(super) fn rest(self, at_once: impl FnOnce()) -> Rested {
        let Self { subscription, revoked, ends, .. } = self;
        Rested { subscription: subscription.rest(at_once), revoked, ends }
    }

    /// The same, which ends at an instant, if there is one.
    pub(in crate::http) fn until(mut self, until: Option<Instant>) -> Self {
        self.ends.until = until;
        self
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
            match poll_fn(|context| Poll::Ready(self.step(context.waker(), context.waker()))).await
            {
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
    pub(super) fn step(&mut self, states: &Waker, rights: &Waker) -> Next {
        if self.ended {
            return Next::End;
        }
        if self.around.shutdown.is_cancelled() {
            return Next::Bytes(self.dismiss());
        }
        self.look_at_rights(rights);
        let now = self.around.now();
        if self.ends.is_sent_on(&self.around, now.instant) {
            return Next::Bytes(self.dismiss());
        }
        if self.ends.is_old(now.instant) {
            self.ended = true;
            self.subscription.ends(Ending::Age);
            return Next::End;
        }
        let mut context = Context::from_waker(states);
        let state = || match self.states.poll(&mut context) {
            Poll::Ready(state) => Some(state),
            Poll::Pending => None,
        };
        let mut next = self.subscription.next(now, CHUNK, state);
        // Once more: what came after its reader's rights were taken back is not sent.
        if self.look_at_rights(rights) {
            next = self.subscription.next(self.around.now(), CHUNK, || None);
        }
        match next {
            Next::Wait { until, wanted } => {
                Next::Wait { until: self.ends.or_earlier(until), wanted }
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
            () = self.around.shutdown.cancelled() => return None,
            () = &mut self.revoked => {
                self.revoke();
                return None;
            }
            () = self.around.relieved.cancelled(), if self.ends.sent_on_at.is_none() => return None,
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

    /// What its reader knows of each state topic that it follows.
    pub(super) fn known(&self) -> &[Option<State>] {
        self.states.known()
    }

    pub(super) fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    pub(super) fn around(&self) -> &Around {
        &self.around
    }

    /// The server shuts down, or is relieved: the last bytes say when to come back. Each reader is told another
    /// time, so that not all connect at once to a server that has just started, unless a successor serves already.
    fn dismiss(&mut self) -> Bytes {
        self.ended = true;
        self.subscription.ends(Ending::Shutdown);
        if self.around.relieved.is_cancelled() {
            return Frame::retry(TO_SUCCESSOR_AFTER).into_bytes();
        }
        let most = self.around.drain.max(BACK_AFTER);
        Frame::retry(BACK_AFTER + (most - BACK_AFTER).mul_f64(fastrand::f64())).into_bytes()
    }

    /// Whether the reader's rights were taken back; if not, `rights` is woken once they are.
    fn look_at_rights(&mut self, rights: &Waker) -> bool {
        let is_revoked = self.revoked.poll_unpin(&mut Context::from_waker(rights)).is_ready();
        if is_revoked {
            self.revoke();
        }
        is_revoked
    }

    /// The reader's rights were taken back: it is told so, and nothing else.
    fn revoke(&mut self) {
        self.subscription.revoke(self.around.hub.clock().now());
        self.revoked = pending().boxed();
    }
}
