//! What is left of a stream's driver while others send in its stead, what is around all of them, and when they end.

use std::{task::Context, time::Duration};

use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    hub::Hub,
    subscription::{Now, Resting},
};

/// The successor gets its readers one by one: at this distance from each other,
const BETWEEN_READERS: Duration = Duration::from_millis(1);
/// all of them in this time.
const ALL_SENT_WITHIN: Duration = Duration::from_secs(4);

/// What is the same for all streams of a hub.
#[derive(Clone)]
pub(super) struct Around {
    pub(super) hub: Hub,
    pub(super) shutdown: CancellationToken,
    pub(super) relieved: CancellationToken,
    /// Over how long readers come back after the shutdown.
    pub(super) drain: Duration,
}

/// When a stream ends, whatever its reader's rights are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// When it has lasted long enough.
    pub(super) until: Option<Instant>,
    /// When its reader is sent to the successor, once there is one.
    pub(super) sent_on_at: Option<Instant>,
}

/// What is left of a driver whose reader has all there is, while others send in its stead.
pub(super) struct Rested {
    pub(super) subscription: Resting,
    pub(super) revoked: BoxFuture<'static, ()>,
    pub(super) ends: Ends,
}

impl Around {
    /// The time, by the hub's clock too.
    pub(super) fn now(&self) -> Now {
        Now::by(self.hub.clock())
    }
}

impl Ends {
    /// Whether its reader is to follow the successor from now on.
    pub(super) fn is_sent_on(&mut self, around: &Around, now: Instant) -> bool {
        if self.sent_on_at.is_none() && around.relieved.is_cancelled() {
            let within = (BETWEEN_READERS * around.hub.reading()).min(ALL_SENT_WITHIN);
            self.sent_on_at = Some(now + within.mul_f64(fastrand::f64()));
        }
        self.sent_on_at.is_some_and(|at| at <= now)
    }

    /// Whether it has lasted long enough.
    pub(super) fn is_old(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    pub(super) fn or_earlier(&self, at: Instant) -> Instant {
        [self.until, self.sent_on_at].into_iter().flatten().fold(at, Instant::min)
    }
}

impl Rested {
    /// Whether its stream is to end, which is for a driver to do.
    pub(super) fn ends(&mut self, around: &Around, now: Now) -> bool {
        around.shutdown.is_cancelled()
            || self.ends.is_sent_on(around, now.instant)
            || self.ends.is_old(now.instant)
            || self.subscription.has_expired(now)
    }

    /// Whether the reader's rights were taken back, which is for a driver to tell. If not, the caller is woken once
    /// they are.
    pub(super) fn is_revoked(&mut self, context: &mut Context<'_>) -> bool {
        let is_revoked = self.revoked.poll_unpin(context).is_ready();
        if is_revoked {
            self.revoked = ready(()).boxed();
        }
        is_revoked
    }

    /// Until when there is nothing to do, unless there is news.
    pub(super) fn until(&self, now: Now) -> Instant {
        self.ends.or_earlier(self.subscription.until(now))
    }
}
