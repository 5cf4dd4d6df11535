//! A subscription as a machine: asked what comes next, it gives bytes, or says until when and for what to
//! wait. It does no I/O, has no timers and needs no runtime; who drives it does the waiting.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;
use wire::{event::EXPIRED, limits::HEARTBEAT, tick::Tick};

use super::{
    now::Now,
    position::{Handed, Position, Wanted},
    selection::Selection,
};
use crate::{
    budget::Reservation, counters::Ending, cursor::Cursor, frame::Frame, hub::Reader, log::Page,
};

/// The longest that the end of somebody's rights is slept for: clocks are set in between.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// These bytes.
    Bytes(Bytes),
    /// Nothing before this instant, unless what is wanted is there.
    Wait {
        /// The instant.
        until: Instant,
        /// What is wanted; `None` where no topics of the log are followed.
        wanted: Option<Wanted>,
    },
    /// Nothing more.
    End,
}

/// One reader of some topics. Dropping it is leaving.
#[derive(Debug)]
pub(crate) struct Subscription {
    reader: Reader,
    /// What is sent before all else, and how many events are in it.
    greeting: Option<(Frame, u64)>,
    /// Where it stands in the log, for those who read topics of the log.
    position: Option<Position>,
    /// What was asked for, and did not come yet.
    wanted: Option<Wanted>,
    /// When the reader's rights end.
    expires: Option<i64>,
    /// When the reader had taken all that it was given.
    taken_at: Instant,
    ended: bool,
}

impl Subscription {
    /// The subscription of a reader, who is greeted first.
    pub(super) fn new(
        reader: Reader,
        greeting: (Frame, u64),
        position: Option<Position>,
        expires: Option<i64>,
        now: Instant,
    ) -> Self {
        let (greeting, wanted) = (Some(greeting), None);
        Self { reader, greeting, position, wanted, expires, taken_at: now, ended: false }
    }

    /// The same, where what comes next of the log is on its way already.
    pub(super) fn wanting(self, wanted: Option<Wanted>) -> Self {
        Self { wanted, ..self }
    }

    /// Hears that the reader's rights were taken back, at an instant of the hub's clock: they end there.
    pub(crate) fn revoke(&mut self, at: i64) {
        self.expires = Some(self.expires.map_or(at, |until| until.min(at)));
        self.reader.ends(Ending::Revoked);
    }

    /// Notes that the reader has taken all that it was given: silence counts from now on.
    pub(crate) fn has_taken(&mut self, now: Instant) {
        self.taken_at = now;
    }

    /// What comes before all else.
    pub(crate) fn greeting(&mut self) -> Option<Bytes> {
        let (greeting, events) = self.greeting.take()?;
        self.reader.got(events);
        Some(greeting.into_bytes())
    }

    /// Whether its reader's rights have ended, which [`next`](Self::next) says.
    pub(crate) fn has_expired(&self, now: Now) -> bool {
        self.expires.is_some_and(|until| until <= now.wall)
    }

    /// The next bytes, of about `limit` at most where they are of the tail; or what to wait for. `state` is
    /// asked for a newer value of a state topic.
    pub(crate) fn next(
        &mut self,
        now: Now,
        limit: usize,
        state: impl FnOnce() -> Option<Frame>,
    ) -> Next {
        if self.ended {
            return Next::End;
        }
        if let Some(until) = self.expires.filter(|until| *until <= now.wall) {
            self.ends(Ending::Expired);
            let until = Tick::from_micros(until).to_string();
            let expired = Frame::own(EXPIRED, &json!({ "until": until }), None);
            return self.hand((expired.into_bytes(), 1));
        }
        if let Some(state) = state() {
            return Next::Bytes(self.state(state));
        }
        let next = match (&mut self.position, self.wanted) {
            (Some(position), None) => position.next(now.instant, limit).map_err(Some),
            (_, wanted) => Err(wanted),
        };
        let wanted = match next {
            Ok(handed) => return self.hand(handed),
            Err(wanted) => wanted,
        };
        if let Some(frame) = self.heartbeat(now.instant, wanted) {
            return self.hand((frame.into_bytes(), 0));
        }
        self.wanted = wanted.filter(|one| matches!(one, Wanted::Page { .. } | Wanted::Room(_)));
        Next::Wait { until: self.until(now, wanted), wanted }
    }

    /// What is sent so that nobody takes the reader for dead, or its position grows too old.
    fn heartbeat(&mut self, now: Instant, wanted: Option<Wanted>) -> Option<Frame> {
        if let Some(position) = self.position.as_mut().filter(|_| wanted == Some(Wanted::News))
            && now >= position.announced_at() + HEARTBEAT
            && let Some(place) = position.announce(now)
        {
            return Some(Frame::concat(&[Frame::COMMENT, place]));
        }
        (now >= self.taken_at + HEARTBEAT).then_some(Frame::COMMENT)
    }

    /// Until when there is nothing to do but to wait.
    fn until(&self, now: Now, wanted: Option<Wanted>) -> Instant {
        let mut until = self.taken_at + HEARTBEAT;
        if let Some(expires) = self.expires {
            let left = u64::try_from(expires.saturating_sub(now.wall)).unwrap_or(0);
            until = until.min(now.instant + Duration::from_micros(left).min(LOOK_AT_CLOCK));
        }
        match (wanted, &self.position) {
            (Some(Wanted::News), Some(position)) => until.min(position.announced_at() + HEARTBEAT),
            (Some(Wanted::Pause(at)), _) => until.min(at),
            _ => until,
        }
    }

    /// Nothing more comes.
    pub(crate) fn ends(&mut self, why: Ending) {
        self.ended = true;
        self.reader.ends(why);
    }

    /// Hands over a newer value of a state topic.
    pub(crate) fn state(&mut self, state: Frame) -> Bytes {
        self.reader.got(1);
        state.into_bytes()
    }

    /// Takes the page that was wanted.
    pub(crate) fn page(&mut self, page: &Page, room: Reservation, now: Instant) -> Option<Bytes> {
        self.wanted = None;
        let (bytes, events) = self.position.as_mut()?.read(page, room, now)?;
        self.reader.got(events);
        Some(bytes)
    }

    /// Hears that the page that was wanted cannot be read for now.
    pub(crate) fn is_unavailable(&mut self, now: Instant) {
        self.wanted = None;
        if let Some(position) = &mut self.position {
            position.is_unavailable(now);
        }
    }

    /// Takes the room that was wanted.
    pub(crate) fn room(&mut self, room: Reservation) {
        self.wanted = None;
        if let Some(position) = &mut self.position {
            position.has_room(room);
        }
    }

    /// What it follows of the log, and how that is read.
    pub(crate) fn selection(&self) -> Option<&Selection> {
        self.position.as_ref().map(Position::selection)
    }

    /// The same, to be put to sleep and woken.
    pub(crate) fn selection_mut(&mut self) -> Option<&mut Selection> {
        self.position.as_mut().map(Position::selection_mut)
    }

    /// The last event before what is to come of the log; `None` where no topics of the log are followed.
    pub(crate) fn cursor(&self) -> Option<Cursor> {
        self.position.as_ref().map(Position::cursor)
    }

    /// Notes that events with these sequences and stamps were sent from the tail in its stead, so that it stands
    /// at `through`, and whether those are all that there are.
    pub(crate) fn is_carried(&mut self, events: &[(u64, i64)], through: (Cursor, bool), now: Now) {
        self.reader.got(events.len() as u64);
        if let Some(position) = &mut self.position {
            position.is_carried(events, through, now);
        }
    }

    /// Notes that the log has more for the reader than it takes.
    pub(crate) fn falls_behind(&self) {
        if let Some(position) = &self.position {
            position.falls_behind();
        }
    }

    /// Its reader.
    pub(crate) fn reader(&mut self) -> &mut Reader {
        &mut self.reader
    }

    fn hand(&mut self, (bytes, events): Handed) -> Next {
        self.reader.got(events);
        Next::Bytes(bytes)
    }
}
