//! A subscription at rest: its reader has all there is, and others send what comes in its stead. What they know
//! anyway, such as the topics, is not in it: there may be very many of them.

use std::time::Duration;

use tokio::time::Instant;
use wire::limits::HEARTBEAT;

use super::{now::Now, position::Standing};
use crate::{budget::Account, cursor::Cursor, frame::Frame, hub::Reader};

/// The longest that the end of somebody's rights is slept for: clocks are set in between.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);

/// What every subscription has, whatever it follows.
#[derive(Debug)]
pub(super) struct Basics {
    pub(super) reader: Reader,
    /// When the reader's rights end.
    pub(super) expires: Option<i64>,
    /// When the reader had taken all that it was given.
    pub(super) taken_at: Instant,
}

impl Basics {
    /// What is sent so that nobody takes the reader for dead, or its position grows too old. `standing` is told
    /// only of a reader that has caught up.
    pub(super) fn heartbeat(&self, now: Instant, standing: Option<&mut Standing>) -> Option<Frame> {
        if let Some(standing) = standing
            && now >= standing.announced_at() + HEARTBEAT
            && let Some(place) = standing.announce(now)
        {
            return Some(Frame::concat(&[Frame::COMMENT, place]));
        }
        (now >= self.taken_at + HEARTBEAT).then_some(Frame::COMMENT)
    }

    /// Until when there is nothing to do but to wait.
    pub(super) fn until(&self, now: Now, standing: Option<&Standing>) -> Instant {
        let mut until = self.taken_at + HEARTBEAT;
        if let Some(standing) = standing {
            until = until.min(standing.announced_at() + HEARTBEAT);
        }
        if let Some(expires) = self.expires {
            let left = u64::try_from(expires.saturating_sub(now.wall)).unwrap_or(0);
            until = until.min(now.instant + Duration::from_micros(left).min(LOOK_AT_CLOCK));
        }
        until
    }
}

/// A subscription at rest. Dropping it is leaving.
#[derive(Debug)]
pub(crate) struct Resting {
    pub(super) basics: Basics,
    /// `None` where no topics of the log are followed.
    pub(super) place: Option<Place>,
}

/// Where it stands in the log.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) standing: Standing,
    pub(super) account: Account,
}

impl Resting {
    /// The last event before what is to come of the log; `None` where no topics of the log are followed.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.place.as_ref().map(|place| place.standing.after)
    }

    /// Its account with the budget, where it follows topics of the log.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.place.as_ref().map(|place| &place.account)
    }

    /// Whether its reader's rights have ended.
    pub(crate) fn has_expired(&self, now: Now) -> bool {
        self.basics.expires.is_some_and(|until| until <= now.wall)
    }

    /// Notes that events with these sequences and stamps were sent, so that it stands at `through`. Returns those of
    /// which the caller counts how long they took: not those that were there before its reader.
    pub(crate) fn is_carried<'a>(
        &mut self,
        events: &'a [(u64, i64)],
        through: Cursor,
        now: Instant,
    ) -> &'a [(u64, i64)] {
        self.basics.reader.got_uncounted(events.len() as u64);
        let place = self.place.as_mut();
        place.map(|place| place.standing.is_carried(events, through, now)).unwrap_or_default()
    }

    /// Notes that so many values of state topics were sent.
    pub(crate) fn got_states(&mut self, values: u64) {
        self.basics.reader.got_uncounted(values);
    }

    /// Notes that the reader has taken all that it was given: silence counts from now on.
    pub(crate) fn has_taken(&mut self, now: Instant) {
        self.basics.taken_at = now;
    }

    /// What is sent now so that nobody takes the reader for dead, or its position grows too old.
    pub(crate) fn heartbeat(&mut self, now: Instant) -> Option<Frame> {
        let standing = self.place.as_mut().map(|place| &mut place.standing);
        self.basics.heartbeat(now, standing)
    }

    /// Until when there is nothing to do for it, unless there is news.
    pub(crate) fn until(&self, now: Now) -> Instant {
        self.basics.until(now, self.place.as_ref().map(|place| &place.standing))
    }
}
