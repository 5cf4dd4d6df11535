//! Which events a reader gets, and in which format.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::Arc,
};

use futures::{FutureExt, future::BoxFuture};

use super::Request;
use crate::{
    budget::{Account, Reservation},
    cursor::Cursor,
    event::Event,
    frame::{Format, Frame},
    grant::Grant,
    hub::Hub,
    log::{Order, Page, Query, Unavailable},
    reading::{Reader, Reading},
    selector::Selected,
    tail::{Entry, Follower, Taken},
};

/// How many bytes of events are handed over at once; a larger event comes alone.
pub(crate) const CHUNK: usize = 64 * 1024;

/// The events of some topics that a reader may see.
pub(crate) struct Selection {
    reader: Reader,
    follower: Follower,
    format: Format,
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.follower.fmt(f)
    }
}

impl Selection {
    /// Follows the request's topics: what comes from now on is not missed.
    pub(crate) fn new(hub: &Hub, account: &Account, request: &Request, grant: &Grant) -> Self {
        let topics = request.topics.iter().cloned().map(|topic| grant.select(topic)).collect();
        let follower = hub.log().tail().follow(topics);
        Self::of(hub, account, follower, request.format)
    }

    /// What a follower of topics gets.
    pub(super) fn of(hub: &Hub, account: &Account, follower: Follower, format: Format) -> Self {
        Self { reader: Reader::new(hub, account), follower, format }
    }

    /// Follows no more, and leaves its account. Does something else at the same instant.
    pub(super) fn rest(self, at_once: impl FnOnce()) -> Account {
        self.follower.leave(at_once);
        self.reader.into_account()
    }

    pub(crate) fn hub(&self) -> &Hub {
        self.reader.hub()
    }

    pub(crate) fn account(&self) -> &Account {
        self.reader.account()
    }

    pub(crate) fn follower(&self) -> &Follower {
        &self.follower
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// What the tail has after a position, of about `limit` bytes at most.
    pub(crate) fn take(&self, after: Cursor, limit: usize) -> Taken {
        self.follower.take(after, self.format, limit)
    }

    /// Whether what comes after a place has to be read from the log.
    pub(crate) fn is_behind(&self, after: Cursor) -> bool {
        matches!(self.follower.take(after, self.format, 0), Taken::Behind)
    }

    /// What the log has after a place.
    pub(crate) fn read(
        &self,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'static, Result<Page, Unavailable>> {
        let (hub, query) = (self.hub().clone(), Query { limit, ..self.all_after(after) });
        async move { hub.log().read(query).await }.boxed()
    }

    /// The same, with what its frames take reserved first.
    pub(crate) fn read_to_send(&self, after: u64, limit: usize) -> Reading {
        self.reader.read(Query { limit, ..self.all_after(after) })
    }

    /// The same at once, or a page without events where there is no room for them.
    pub(crate) async fn begin(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<(Page, Option<Reservation>), Unavailable> {
        self.reader.begin(Query { limit, ..self.all_after(after) }).await
    }

    /// Remembers what the last page took: the next one is expected to be like it.
    pub(crate) fn expect(&mut self, room: &Reservation) {
        self.reader.expect(room);
    }

    /// How many events the log has after a place, counted up to `most`.
    pub(crate) async fn count(&self, after: u64, most: usize) -> Result<u64, Unavailable> {
        self.hub().log().count(Query { limit: most, ..self.all_after(after) }).await
    }

    /// The sequences of the newest event of each topic up to a place, in order.
    pub(crate) async fn newest(&self, through: u64) -> Result<VecDeque<u64>, Unavailable> {
        let mut sequences = BTreeSet::new();
        for topic in self.follower.topics() {
            let page = self.hub().log().read(Query {
                topics: vec![topic.clone()],
                before: through.saturating_add(1),
                order: Order::Backwards,
                limit: 1,
                ..self.all_after(0)
            });
            sequences.extend(page.await?.events.iter().map(|event| event.sequence));
        }
        Ok(sequences.into_iter().collect())
    }

    fn all_after(&self, after: u64) -> Query {
        Query { bytes: CHUNK, ..Query::after(self.follower.topics().to_vec(), after) }
    }

    pub(crate) fn frame(&self, event: &Event) -> Frame {
        Frame::event(event, self.format)
    }

    /// The frame of an event of the tail; `None` where the reader may not see it.
    pub(crate) fn frame_of(&self, entry: &Entry) -> Option<Frame> {
        frame_of(entry, self.follower.topics(), self.format)
    }
}

/// What decides which bytes of the tail and of state topics a reader gets: its rights are in it too, as far as
/// they matter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Follows {
    /// The topics of the log, with whether their private events may be read.
    pub(crate) topics: Arc<[Selected]>,
    /// The state topics that may be followed.
    pub(crate) states: Arc<[String]>,
    pub(crate) format: Format,
}

impl Follows {
    /// The frame of an event of the tail; `None` where these readers may not see it.
    pub(crate) fn frame_of(&self, entry: &Entry) -> Option<Frame> {
        frame_of(entry, &self.topics, self.format)
    }
}

fn frame_of(entry: &Entry, topics: &[Selected], format: Format) -> Option<Frame> {
    let shows = || topics.iter().any(|selected| selected.shows(&entry.event));
    (!entry.event.draft.private || shows()).then(|| entry.frame(format))
}
