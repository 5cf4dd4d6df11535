//! A subscription as a machine: asked what comes next, it gives bytes, or says until when and for what to
//! wait. It does no I/O, has no timers and needs no runtime; who drives it does the waiting.

use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;
use wire::{event::EXPIRED, tick::Tick};

use super::{
    now::Now,
    position::{Handed, Position, Wanted},
    resting::{Basics, Place, Resting},
    selection::Selection,
};
use crate::{
    budget::Reservation,
    counters::Ending,
    frame::{Format, Frame},
    hub::{Hub, Reader},
    log::Page,
    tail::Follower,
};

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
    basics: Basics,
    /// What is sent before all else, and how many events are in it.
    greeting: Option<(Frame, u64)>,
    /// Where it stands in the log, for those who read topics of the log.
    position: Option<Position>,
    /// What was asked for, and did not come yet.
    wanted: Option<Wanted>,
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
        let basics = Basics { reader, expires, taken_at: now };
        Self { basics, greeting: Some(greeting), position, wanted: None, ended: false }
    }

    /// One that was [at rest](Self::rest), and follows topics of the log by itself again.
    pub(crate) fn awake(
        resting: Resting,
        follower: Option<Follower>,
        (hub, format): (&Hub, Format),
    ) -> Self {
        let Resting { basics, place } = resting;
        let position = place.zip(follower).map(|(place, follower)| {
            let Place { standing, account } = place;
            let selection = Selection::of(hub, &account, follower, format);
            Position::again(selection, standing)
        });
        Self { basics, greeting: None, position, wanted: None, ended: false }
    }

    /// What is left of one that has just said that it waits for nothing but news: others send it from now on. Does
    /// something else at the instant from which on it is not told of news.
    pub(crate) fn rest(self, at_once: impl FnOnce()) -> Resting {
        let place = self.position.map(|position| position.rest(at_once));
        Resting { basics: self.basics, place }
    }

    /// The same, where what comes next of the log is on its way already.
    pub(super) fn wanting(self, wanted: Option<Wanted>) -> Self {
        Self { wanted, ..self }
    }

    /// Hears that the reader's rights were taken back, at an instant of the hub's clock: they end there.
    pub(crate) fn revoke(&mut self, at: i64) {
        let expires = &mut self.basics.expires;
        *expires = Some(expires.map_or(at, |until| until.min(at)));
        self.basics.reader.ends(Ending::Revoked);
    }

    /// Notes that the reader has taken all that it was given: silence counts from now on.
    pub(crate) fn has_taken(&mut self, now: Instant) {
        self.basics.taken_at = now;
    }

    /// What comes before all else.
    pub(crate) fn greeting(&mut self) -> Option<Bytes> {
        let (greeting, events) = self.greeting.take()?;
        self.basics.reader.got(events);
        Some(greeting.into_bytes())
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
        if let Some(until) = self.basics.expires.filter(|until| *until <= now.wall) {
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
        let caught_up = self.position.as_mut().filter(|_| wanted == Some(Wanted::News));
        let standing = caught_up.map(Position::standing_mut);
        if let Some(frame) = self.basics.heartbeat(now.instant, standing) {
            return self.hand((frame.into_bytes(), 0));
        }
        let caught_up = self.position.as_ref().filter(|_| wanted == Some(Wanted::News));
        let until = self.basics.until(now, caught_up.map(Position::standing));
        self.wanted = wanted.filter(|one| matches!(one, Wanted::Page { .. } | Wanted::Room(_)));
        let until = if let Some(Wanted::Pause(at)) = wanted { until.min(at) } else { until };
        Next::Wait { until, wanted }
    }

    /// Nothing more comes.
    pub(crate) fn ends(&mut self, why: Ending) {
        self.ended = true;
        self.basics.reader.ends(why);
    }

    /// Hands over a newer value of a state topic.
    pub(crate) fn state(&mut self, state: Frame) -> Bytes {
        self.basics.reader.got(1);
        state.into_bytes()
    }

    /// Takes the page that was wanted.
    pub(crate) fn page(&mut self, page: &Page, room: Reservation, now: Instant) -> Option<Bytes> {
        self.wanted = None;
        let (bytes, events) = self.position.as_mut()?.read(page, room, now)?;
        self.basics.reader.got(events);
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

    /// Its reader.
    pub(crate) fn reader(&self) -> &Reader {
        &self.basics.reader
    }

    fn hand(&mut self, (bytes, events): Handed) -> Next {
        self.basics.reader.got(events);
        Next::Bytes(bytes)
    }
}
