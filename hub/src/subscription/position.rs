//! A reader's position in the log: it moves on as frames are handed over. It neither reads nor waits, but
//! says what it needs.

mod pages;
mod standing;

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use tokio::time::{Duration, Instant};

use super::{
    resting,
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
pub(super) use standing::Standing;

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
    standing: Standing,
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
            .field("after", &self.standing.after.sequence)
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
        Self::at(selection, Standing::new(after, now), newest)
    }

    /// The position of a reader that has rested there. It counts as behind what there is, which it may have been
    /// handed and not taken, until it comes for more.
    pub(super) fn again(selection: Selection, standing: Standing) -> Self {
        let position = Self::at(selection, standing, VecDeque::new());
        position.place.is_at(position.standing.after.sequence);
        position
    }

    fn at(selection: Selection, standing: Standing, newest: VecDeque<u64>) -> Self {
        let place = selection.hub().place();
        Self { selection, place, standing, room: None, newest, again_at: None }
    }

    /// What is left of one that waits for nothing but news. Does something else at the instant from which on it is
    /// not told of news.
    pub(super) fn rest(self, at_once: impl FnOnce()) -> resting::Place {
        let Self { selection, standing, .. } = self;
        resting::Place { standing, account: selection.rest(at_once) }
    }

    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(super) fn standing_mut(&mut self) -> &mut Standing {
        &mut self.standing
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// How many of the newest events come first.
    pub(super) fn newest(&self) -> usize {
        self.newest.len()
    }

    /// The last event before this position.
    pub(super) fn cursor(&self) -> Cursor {
        self.standing.after
    }

    /// The position as an event that dispatches nothing.
    pub(super) fn bare(&self) -> Frame {
        Frame::place(self.cursor())
    }

    /// Whether nothing but the position is to be said at first.
    pub(super) fn begins_here(&self) -> bool {
        self.newest.is_empty()
    }

    /// Goes to a cursor, which the reader knows.
    pub(super) fn resume_at(&mut self, cursor: Cursor) {
        self.standing.after = cursor;
        self.standing.announced.0 = cursor.sequence;
    }

    /// Goes to the oldest event that there is after a position, and returns where that is.
    pub(super) fn skip_from(&mut self, from: Cursor, page: &Page, now: Instant) -> Cursor {
        self.standing.after = from;
        self.standing.told_lost = page.dropped.max(page.damaged);
        let to = page.events.first().map_or(page.last, |one| one.sequence - 1);
        if to > self.standing.after.sequence {
            self.standing.after = self.selection.hub().log().cursor(to);
        }
        self.standing.announced = (self.standing.after.sequence, now);
        self.standing.after
    }

    /// The next bytes, of the tail, of about `limit` at most; or what is needed first.
    pub(super) fn next(&mut self, now: Instant, limit: usize) -> Result<Handed, Wanted> {
        let next = self.go_on(now, limit);
        match next {
            Err(Wanted::News) => self.place.has_caught_up(),
            _ => self.place.is_at(self.standing.after.sequence),
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
            let (entries, through) = match self.selection.take(self.standing.after, limit) {
                Taken::Events { entries, through } => (entries, through),
                Taken::Behind => {
                    self.room = None;
                    return Err(Wanted::Page { after: self.standing.after.sequence, limit: PAGE });
                }
            };
            let seen = |entry: &Arc<Entry>| {
                let Event { sequence, at, .. } = entry.event;
                self.selection.frame_of(entry).map(|frame| ((sequence, at), frame))
            };
            let (events, frames): (Vec<_>, Vec<_>) = entries.iter().filter_map(seen).unzip();
            let room = self.room_for(&frames)?;
            self.standing.after = through;
            if let Some((last, _)) = events.last() {
                let hub = self.selection.hub();
                self.standing.measure(&events, hub.clock().now(), hub.counters());
                self.standing.announced = (*last, now);
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

    /// Where the reader knows of a loss and not yet of where it is since: else one that comes back from
    /// here would be told about the same loss again.
    fn tell_loss(&mut self, now: Instant) -> Option<Handed> {
        let untold = self.standing.announced.0 < self.standing.told_lost
            && self.standing.told_lost <= self.standing.after.sequence;
        untold.then(|| {
            self.standing.announced = (self.standing.after.sequence, now);
            (self.bare().into_bytes(), 0)
        })
    }

    /// The log could not be read.
    pub(super) fn is_unavailable(&mut self, now: Instant) {
        self.again_at = Some(now + READ_AGAIN);
    }
}
