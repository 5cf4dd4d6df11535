//! A reader's position in the log: it moves on as frames are handed over. It neither reads nor waits, but
//! says what it needs.

mod pages;

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use tokio::time::{Duration, Instant};

use super::{
    now::Now,
    selection::{CHUNK, Selection},
};
use crate::{
    budget::Reservation,
    cursor::Cursor,
    event::Event,
    frame::Frame,
    hub::Place,
    log::Page,
    tail::{Entry, Taken},
};

/// How many events are read from the log at once.
pub(super) const PAGE: usize = 500;

/// Between two attempts to read a log that is not available.
const READ_AGAIN: Duration = Duration::from_millis(500);

/// Bytes for a reader, and the number of events in them.
pub(super) type Handed = (Bytes, u64);

/// What a position needs before it moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// News of its topics.
    News,
    /// The log's events after a sequence, so many at most.
    Page {
        /// The sequence.
        after: u64,
        /// How many.
        limit: usize,
    },
    /// Room for so many bytes.
    Room(usize),
    /// That the log can be read again, for which there is nothing to do before this instant.
    Pause(Instant),
}

/// A reader's position in the log.
pub(super) struct Position {
    selection: Selection,
    place: Place,
    /// Events after this sequence came while the reader was here: what they took is measured.
    came_at: u64,
    /// All events up to this position were handed over.
    after: Cursor,
    /// The last id that the reader was told, and when.
    announced: (u64, Instant),
    /// The reader knows of the loss of events up to this sequence.
    told_lost: u64,
    /// Room for several events of the tail in one piece.
    room: Option<Reservation>,
    /// The newest event of each topic, for those who asked: what comes before all that follows.
    newest: VecDeque<u64>,
    /// The log could not be read, and is not asked before this instant.
    again_at: Option<Instant>,
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Position")
            .field("selection", &self.selection)
            .field("after", &self.after.sequence)
            .finish_non_exhaustive()
    }
}

impl Position {
    /// The position `after` an event, before which the `newest` ones are handed over.
    pub(super) fn new(
        selection: Selection,
        after: Cursor,
        newest: VecDeque<u64>,
        now: Instant,
    ) -> Self {
        let place = selection.hub().place();
        Self {
            selection,
            place,
            came_at: after.sequence,
            after,
            announced: (after.sequence, now),
            told_lost: 0,
            room: None,
            newest,
            again_at: None,
        }
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    pub(super) fn selection_mut(&mut self) -> &mut Selection {
        &mut self.selection
    }

    /// How many of the newest events come first.
    pub(super) fn newest(&self) -> usize {
        self.newest.len()
    }

    /// The last event before this position.
    pub(super) fn cursor(&self) -> Cursor {
        self.after
    }

    /// The position as an event that dispatches nothing.
    pub(super) fn bare(&self) -> Frame {
        Frame::place(self.cursor())
    }

    /// Whether nothing but the position is to be said at first.
    pub(super) fn begins_here(&self) -> bool {
        self.newest.is_empty()
    }

    /// When the reader was told last where it is.
    pub(super) fn announced_at(&self) -> Instant {
        self.announced.1
    }

    /// Goes to a cursor, which the reader knows.
    pub(super) fn resume_at(&mut self, cursor: Cursor) {
        self.after = cursor;
        self.announced.0 = cursor.sequence;
    }

    /// Goes to the oldest event that there is after a position, and returns where that is.
    pub(super) fn skip_from(&mut self, from: Cursor, page: &Page, now: Instant) -> Cursor {
        self.after = from;
        self.told_lost = page.dropped.max(page.damaged);
        let to = page.events.first().map_or(page.last, |one| one.sequence - 1);
        if to > self.after.sequence {
            self.after = self.selection.hub().log().cursor(to);
        }
        self.announced = (self.after.sequence, now);
        self.after
    }

    /// The next bytes, of the tail, of about `limit` at most; or what is needed first.
    pub(super) fn next(&mut self, now: Instant, limit: usize) -> Result<Handed, Wanted> {
        let next = self.go_on(now, limit);
        match next {
            Err(Wanted::News) => self.place.has_caught_up(),
            _ => self.place.is_at(self.after.sequence),
        }
        next
    }

    fn go_on(&mut self, now: Instant, limit: usize) -> Result<Handed, Wanted> {
        if let Some(at) = self.again_at {
            if now < at {
                return Err(Wanted::Pause(at));
            }
            self.again_at = None;
        }
        if let Some(sequence) = self.newest.front() {
            return Err(Wanted::Page { after: sequence - 1, limit: 1 });
        }
        loop {
            let (entries, through) = match self.selection.take(self.after, limit) {
                Taken::Events { entries, through } => (entries, through),
                Taken::Behind => {
                    self.room = None;
                    return Err(Wanted::Page { after: self.after.sequence, limit: PAGE });
                }
            };
            let seen = |entry: &Arc<Entry>| {
                let Event { sequence, at, .. } = entry.event;
                self.selection.frame_of(entry).map(|frame| ((sequence, at), frame))
            };
            let (events, frames): (Vec<_>, Vec<_>) = entries.iter().filter_map(seen).unzip();
            let room = self.room_for(&frames)?;
            self.after = through;
            if let Some((last, _)) = events.last() {
                self.measure(&events, self.selection.hub().clock().now());
                self.announced = (*last, now);
                let bytes = Frame::concat(&frames).into_bytes();
                let bytes = match frames.len() {
                    1 => self.selection.account().lend(bytes),
                    _ => room.cover(bytes),
                };
                return Ok((bytes, frames.len() as u64));
            }
            if entries.is_empty() {
                return self.tell_loss(now).ok_or(Wanted::News);
            }
        }
    }

    /// Room for frames of the tail in one piece; one alone is the tail's own. Where there is none yet,
    /// they are let go until it is there: the tail may move on.
    fn room_for(&mut self, frames: &[Frame]) -> Result<Reservation, Wanted> {
        let bytes = if frames.len() > 1 { frames.iter().map(Frame::len).sum() } else { 0 };
        let mut room = self.room.take().unwrap_or_else(|| self.selection.account().nothing());
        if room.try_grow(bytes) { Ok(room) } else { Err(Wanted::Room(bytes.max(CHUNK))) }
    }

    /// Takes the room that was wanted.
    pub(super) fn has_room(&mut self, room: Reservation) {
        self.room = Some(room);
    }

    /// Counts how long ago the events that are handed over were published, by their sequences and
    /// stamps, except those that had been before the reader came. What a reader catches up with from the
    /// log is not measured at all: the wait is then its own.
    fn measure(&self, events: &[(u64, i64)], now: i64) {
        let hub = self.selection.hub();
        for (_, at) in events.iter().filter(|(sequence, _)| *sequence > self.came_at) {
            hub.counters().took(now.saturating_sub(*at));
        }
    }

    /// Goes on to `through`: the events up to there, with these sequences and stamps, were sent from the tail in
    /// its stead. Whether those are `all` that there are is told too.
    pub(super) fn is_carried(
        &mut self,
        events: &[(u64, i64)],
        (through, all): (Cursor, bool),
        now: Now,
    ) {
        self.after = through;
        if let Some((last, _)) = events.last() {
            self.measure(events, now.wall);
            self.announced = (*last, now.instant);
        }
        if all {
            self.place.has_caught_up();
        } else {
            self.falls_behind();
        }
    }

    /// There is more than the reader takes.
    pub(super) fn falls_behind(&self) {
        self.place.is_at(self.after.sequence);
    }

    /// Where the reader knows of a loss and not yet of where it is since: else one that comes back from
    /// here would be told about the same loss again.
    fn tell_loss(&mut self, now: Instant) -> Option<Handed> {
        let untold = self.announced.0 < self.told_lost && self.told_lost <= self.after.sequence;
        untold.then(|| {
            self.announced = (self.after.sequence, now);
            (self.bare().into_bytes(), 0)
        })
    }

    /// Tells a reader that has caught up where it is, where the log has moved on since it was told last: a
    /// quiet topic's readers do not age out.
    pub(super) fn announce(&mut self, now: Instant) -> Option<Frame> {
        let announced = std::mem::replace(&mut self.announced, (self.after.sequence, now));
        (self.after.sequence > announced.0).then(|| self.bare())
    }

    /// The log could not be read.
    pub(super) fn is_unavailable(&mut self, now: Instant) {
        self.again_at = Some(now + READ_AGAIN);
    }
}
