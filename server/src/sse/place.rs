//! A reader's place in the log: it begins at a cursor, and moves on as frames are handed over.

use std::{collections::VecDeque, fmt, sync::Arc};

use app::event::{GAP, Gap, GapReason};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use tokio::{
    select,
    time::{Duration, Instant, sleep, sleep_until},
};
use tracing::debug;

use super::{
    Request,
    selection::{CHUNK, Selection},
    subscription::SILENCE,
};
use crate::{
    budget::{Account, Reservation},
    cursor::{Cursor, Standing},
    frame::Frame,
    grant::Grant,
    hub::Hub,
    log::{Page, Unavailable},
    reading::Reading,
    tail::{Entry, Taken},
};

/// How many events are read from the log at once.
const PAGE: usize = 500;

/// Between two attempts to read a log that is not available.
const READ_AGAIN: Duration = Duration::from_millis(500);

/// As far as events to be replayed are counted.
const COUNTED: usize = 10_000;

/// How much is repeated of a cursor that nobody can read, in characters.
const REPEATED: usize = 100;

/// A reader's place in the log.
pub(super) struct Place {
    selection: Selection,
    /// Events after this sequence came while the reader was here: what they took is measured.
    came_at: u64,
    /// All events up to this position were handed over.
    after: Cursor,
    /// The last id that the reader was told, and when.
    announced: (u64, Instant),
    /// The reader knows of the loss of events up to this sequence.
    told_lost: u64,
    /// A page on its way from the log. Kept, so that a tick in between does not begin it anew.
    reading: Option<Reading>,
    /// Room on its way for several events of the tail in one piece, and what is there of it.
    waiting: Option<BoxFuture<'static, Reservation>>,
    room: Option<Reservation>,
    /// The newest event of each topic, for those who asked: what comes before all that follows.
    newest: VecDeque<u64>,
}

/// Where a reader begins.
pub(super) struct Beginning {
    pub(super) place: Place,
    /// What says that events are missing.
    pub(super) gap: Option<Frame>,
    resumes: bool,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("selection", &self.selection)
            .field("after", &self.after.sequence)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// Finds the place to begin at; `None` for a reader of state topics alone.
    pub(super) async fn begin(
        hub: &Hub,
        account: &Account,
        request: &Request,
        grant: &Grant,
    ) -> Result<Option<Beginning>, Unavailable> {
        if request.topics.is_empty() {
            return Ok(None);
        }
        let selection = Selection::new(hub, account, request, grant);
        let after = hub.log().tail().position();
        let announced = (after.sequence, Instant::now());
        let place = Self {
            selection,
            came_at: after.sequence,
            after,
            announced,
            told_lost: 0,
            reading: None,
            waiting: None,
            room: None,
            newest: VecDeque::new(),
        };
        let resumes = request.cursor.is_some();
        let mut beginning = Beginning { place, gap: None, resumes };
        match &request.cursor {
            Some(cursor) => beginning.gap = beginning.place.resume(cursor).await?,
            None if request.last => {
                beginning.place.newest = beginning.place.selection.newest(after.sequence).await?;
            }
            None => {}
        }
        Ok(Some(beginning))
    }

    /// Goes to a cursor, or as near to it as the log reaches. Returns what says that it does not.
    async fn resume(&mut self, text: &str) -> Result<Option<Frame>, Unavailable> {
        let cursor = Cursor::parse(text);
        // The log is asked, and not the tail: that may hold what retention has dropped. No event is read
        // for it: it may be large.
        let sequence = cursor.map_or(0, |cursor| cursor.sequence);
        let page = self.selection.read(sequence, 0).await?;
        let spans = self.selection.hub().log().spans();
        let (reason, from) = match cursor.map(|cursor| (cursor, spans.standing(cursor, page.last)))
        {
            Some((cursor, Standing::Known)) => {
                self.after = cursor;
                let Some(lost) = Lost::of(&page).filter(|lost| lost.through > sequence) else {
                    self.announced.0 = sequence;
                    return Ok(None);
                };
                (lost.reason, cursor)
            }
            Some((_, Standing::Parted(from))) => (GapReason::Epoch, from),
            Some((_, Standing::Unknown)) => (GapReason::Epoch, spans.position(0)),
            Some((_, Standing::Beyond)) | None => (GapReason::Unknown, spans.position(0)),
        };
        self.after = from;
        let page = self.selection.read(from.sequence, 1).await?;
        Ok(Some(self.skip(Gap { reason, after: text.chars().take(REPEATED).collect() }, &page)))
    }

    /// Goes to the oldest event that there is after this place, and says so.
    fn skip(&mut self, gap: Gap, page: &Page) -> Frame {
        self.told_lost = page.dropped.max(page.damaged);
        let to = page.events.first().map_or(page.last, |one| one.sequence - 1);
        if to > self.after.sequence {
            self.after = self.selection.hub().log().cursor(to);
        }
        self.announced = (self.after.sequence, Instant::now());
        Frame::own(GAP, &gap, Some(self.after))
    }

    /// The place as an event that dispatches nothing.
    pub(super) fn bare(&self) -> Frame {
        Frame::place(self.cursor())
    }

    /// The last event before this place.
    pub(super) fn cursor(&self) -> Cursor {
        self.after
    }

    /// Waits for the next bytes, and returns them with the number of events in them.
    pub(super) async fn next(&mut self) -> (Bytes, u64) {
        loop {
            if let Some(reading) = &mut self.reading {
                let page = reading.await;
                self.reading = None;
                match page {
                    Ok((page, room)) => {
                        self.selection.expect(&room);
                        let begins = !self.newest.is_empty();
                        let frames =
                            if begins { self.begin_with(&page) } else { self.replay(&page) };
                        if let Some((bytes, events)) = frames {
                            return (room.cover(bytes), events);
                        }
                    }
                    Err(why) => {
                        debug!(%why, "a reader waits for the log");
                        sleep(READ_AGAIN).await;
                    }
                }
                continue;
            }
            if let Some(waiting) = &mut self.waiting {
                self.room = Some(waiting.await);
                self.waiting = None;
            }
            if let Some(sequence) = self.newest.front() {
                self.reading = Some(self.selection.read_to_send(sequence - 1, 1));
                continue;
            }
            match self.selection.take(self.after) {
                Taken::Behind => {
                    self.room = None;
                    self.reading = Some(self.selection.read_to_send(self.after.sequence, PAGE));
                }
                Taken::Events { entries, through } => {
                    let caught_up = entries.is_empty();
                    let seen = |entry: &Arc<Entry>| {
                        self.selection.frame_of(entry).map(|frame| (entry.event.sequence, frame))
                    };
                    let (sequences, frames): (Vec<_>, Vec<_>) =
                        entries.iter().filter_map(seen).unzip();
                    let Some(room) = self.room_for(&frames) else { continue };
                    self.after = through;
                    if let Some(last) = sequences.last() {
                        self.measure(&entries);
                        self.announced = (*last, Instant::now());
                        let bytes = Frame::concat(&frames).into_bytes();
                        let bytes = match frames.len() {
                            1 => self.selection.account().lend(bytes),
                            _ => room.cover(bytes),
                        };
                        return (bytes, frames.len() as u64);
                    }
                    drop(room);
                    if caught_up && let Some(moved) = self.wait().await {
                        return (moved.into_bytes(), 0);
                    }
                }
            }
        }
    }

    /// Room for frames of the tail in one piece; one alone is the tail's own. Where there is none yet,
    /// they are let go until it is there: the tail may move on.
    fn room_for(&mut self, frames: &[Frame]) -> Option<Reservation> {
        let bytes = if frames.len() > 1 { frames.iter().map(Frame::len).sum() } else { 0 };
        let account = self.selection.account();
        let mut room = self.room.take().unwrap_or_else(|| account.nothing());
        if room.try_grow(bytes) {
            return Some(room);
        }
        drop(room);
        self.waiting = Some(account.clone().reserve(bytes.max(CHUNK)).boxed());
        None
    }

    /// Counts how long ago the oldest of what is handed over was published, unless it had been before
    /// the reader came. What a reader catches up with from the log is not measured at all: the wait is
    /// then its own.
    fn measure(&self, entries: &[Arc<Entry>]) {
        let hub = self.selection.hub();
        if let Some(oldest) = entries.iter().find(|entry| entry.event.sequence > self.came_at) {
            hub.counters().took(hub.clock().now().saturating_sub(oldest.event.at));
        }
    }

    /// Hands over the next of the newest events, and after the last where reading goes on. One that
    /// was dropped meanwhile is passed over.
    fn begin_with(&mut self, page: &Page) -> Option<(Bytes, u64)> {
        let sequence = self.newest.pop_front();
        let event = page.events.iter().find(|event| Some(event.sequence) == sequence);
        let mut frames: Vec<_> =
            event.map(|event| self.selection.frame(event)).into_iter().collect();
        let events = frames.len() as u64;
        if self.newest.is_empty() {
            frames.push(self.bare());
        }
        (!frames.is_empty()).then(|| (Frame::concat(&frames).into_bytes(), events))
    }

    /// Whether nothing but the place is to be said at first.
    pub(super) fn begins_here(&self) -> bool {
        self.newest.is_empty()
    }

    /// Waits for news of the topics. Where there are none but the log has moved on, so does the
    /// reader: a quiet topic's readers do not age out.
    async fn wait(&mut self) -> Option<Frame> {
        let (announced, at) = self.announced;
        if announced < self.told_lost && self.told_lost <= self.after.sequence {
            // Else who comes back from here would be told of the same loss again.
            self.announced = (self.after.sequence, Instant::now());
            return Some(self.bare());
        }
        select! {
            biased;
            () = self.selection.follower().woken() => None,
            () = sleep_until(at + SILENCE) => {
                match self.selection.take(self.after) {
                    Taken::Events { entries, through } if entries.is_empty() => self.after = through,
                    _ => return None,
                }
                self.announced = (self.after.sequence, Instant::now());
                let id = Frame::place(self.cursor());
                (self.after.sequence > announced).then(|| Frame::concat(&[Frame::COMMENT, id]))
            }
        }
    }

    /// Takes a page of the log. `None` where it holds nothing that the reader may see.
    fn replay(&mut self, page: &Page) -> Option<(Bytes, u64)> {
        let (mut frames, after) = (Vec::new(), self.after);
        let spans = self.selection.hub().log().spans();
        let parted = match spans.standing(after, page.last) {
            Standing::Parted(from) => Some(from),
            // Nothing was written since, so that the epoch has not ended yet.
            Standing::Beyond => Some(spans.position(page.last)),
            Standing::Known | Standing::Unknown => None,
        };
        if let Some(from) = parted {
            // The log was opened again, and does not hold what this reader was handed: what comes after
            // the place where the histories part is read from there.
            self.after = from;
            let gap = Gap { reason: GapReason::Epoch, after: after.to_string() };
            return Some((Frame::own(GAP, &gap, Some(from)).into_bytes(), 1));
        }
        if let Some(Lost { reason, through }) = Lost::of(page)
            && through > after.sequence.max(self.told_lost)
        {
            frames.push(self.skip(Gap { reason, after: after.to_string() }, page));
        }
        for event in &page.events {
            frames.push(self.selection.frame(event));
            self.announced = (event.sequence, Instant::now());
        }
        match page.events.last() {
            Some(last) if page.more => self.after = last.id(),
            _ if page.more => {}
            _ if page.last > self.after.sequence => self.after = spans.position(page.last),
            _ => {}
        }
        let events = frames.len() as u64;
        (events > 0).then(|| (Frame::concat(&frames).into_bytes(), events))
    }
}

/// What a page says is missing, up to where.
struct Lost {
    reason: GapReason,
    through: u64,
}

impl Lost {
    fn of(page: &Page) -> Option<Self> {
        let Page { dropped, damaged, .. } = *page;
        let reason = if damaged > dropped { GapReason::Damaged } else { GapReason::Expired };
        let through = damaged.max(dropped);
        (through > 0).then_some(Self { reason, through })
    }
}

impl Beginning {
    /// How many events come before the live ones, counted up to [`COUNTED`].
    pub(super) async fn replayed(&mut self) -> Result<u64, Unavailable> {
        let Place { selection, after, newest, .. } = &self.place;
        if self.resumes {
            selection.count(after.sequence, COUNTED).await
        } else {
            Ok(newest.len() as u64)
        }
    }
}
