//! Which events a reader gets: topics and rights go in, its events come out as it wants them written.

use std::fmt;

use futures::{FutureExt, future::BoxFuture};

use super::Request;
use crate::{
    event::Event,
    frame::{Format, Frame},
    grant::Grant,
    hub::Hub,
    log::{Order, Page, Query, Unavailable},
    tail::{Entry, Follower, Taken},
};

/// How many bytes of events are handed over at once; a larger event comes alone.
pub(super) const CHUNK: usize = 64 * 1024;

/// How many private events are passed over in search of a topic's newest one.
const PASSED_OVER: usize = 256;

/// The events of some topics that a reader may see.
pub(super) struct Selection {
    hub: Hub,
    follower: Follower,
    format: Format,
    grant: Grant,
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.follower.fmt(f)
    }
}

impl Selection {
    /// Follows the request's topics: what comes from now on is not missed.
    pub(super) fn new(hub: &Hub, request: &Request, grant: &Grant) -> Self {
        Self {
            hub: hub.clone(),
            follower: hub.log().tail().follow(request.topics.clone()),
            format: request.format,
            grant: grant.clone(),
        }
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(super) fn follower(&self) -> &Follower {
        &self.follower
    }

    /// What the tail has after a place.
    pub(super) fn take(&self, after: u64) -> Taken {
        self.follower.take(after, self.format, CHUNK)
    }

    /// What the log has after a place.
    pub(super) fn read(
        &self,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'static, Result<Page, Unavailable>> {
        let query = Query {
            topics: self.follower.topics().to_vec(),
            after,
            before: u64::MAX,
            order: Order::Forwards,
            limit,
            bytes: CHUNK,
        };
        let hub = self.hub.clone();
        async move { hub.log().read(query).await }.boxed()
    }

    /// The newest event of each topic up to a place, in order.
    pub(super) async fn newest(&self, through: u64) -> Result<Vec<Frame>, Unavailable> {
        let mut events: Vec<Event> = Vec::new();
        for topic in self.follower.topics() {
            let page = self.hub.log().read(Query {
                topics: vec![topic.clone()],
                after: 0,
                before: through.saturating_add(1),
                order: Order::Backwards,
                limit: PASSED_OVER,
                bytes: CHUNK,
            });
            events.extend(page.await?.events.into_iter().find(|event| self.sees(event)));
        }
        events.sort_by_key(|event| event.sequence);
        events.dedup_by_key(|event| event.sequence);
        Ok(events.iter().map(|event| self.frame(event)).collect())
    }

    pub(super) fn sees(&self, event: &Event) -> bool {
        self.grant.sees(event.draft.private, &event.draft.topics)
    }

    pub(super) fn frame(&self, event: &Event) -> Frame {
        Frame::event(self.hub.log().cursor(event.sequence), event, self.format)
    }

    /// The frame of an event of the tail; `None` where the reader may not see it.
    pub(super) fn frame_of(&self, entry: &Entry) -> Option<Frame> {
        self.grant.sees(entry.private, &entry.topics).then(|| entry.frame(self.format))
    }
}
