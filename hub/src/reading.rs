//! Reads pages of the log within a budget: what a page's encoding takes is reserved with it.

use std::fmt;

use futures::{FutureExt, future::BoxFuture};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    budget::{Account, FREE, Reservation},
    event::{Event, EventType, Topic, encoded_size},
    hub::Hub,
    log::{Page, Query, Unavailable},
};

/// What an encoded event takes at most besides its data and names, in bytes.
const AROUND: usize = 192;

/// How much larger an event is expected to be on the wire than in the log, in bytes.
const MORE: usize = 4 * 1024;

/// An event of this many bytes is read without knowing whether there is room for it.
const SMALL: usize = FREE - MORE;

/// A page on its way, and what is reserved for its encoding.
pub type Reading = BoxFuture<'static, Result<(Page, Reservation), Unavailable>>;

/// A reader that reads page by page, and expects the next page to be as large as the last.
pub struct Reader {
    hub: Hub,
    account: Account,
    /// How many bytes that took; 0 before the first.
    expected: usize,
    /// How often each event is written.
    times: usize,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.account.fmt(f)
    }
}

impl Reader {
    /// A reader that has read nothing yet.
    pub fn new(hub: &Hub, account: &Account) -> Self {
        Self { hub: hub.clone(), account: account.clone(), expected: 0, times: 1 }
    }

    /// The same, of a reader that writes each event `times` times.
    pub fn writing(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) fn into_account(self) -> Account {
        self.account
    }

    /// Reads a page once there is room to encode it. Where it turns out to be too large for what is
    /// reserved, it is let go while its reader waits for more, and read again.
    pub fn read(&self, query: Query) -> Reading {
        let (hub, account) = (self.hub.clone(), self.account.clone());
        let (expected, times) = (self.expected, self.times);
        // In a task of its own: what a connection that is stuck does not ask for counts all the same.
        let reading = AbortOnDropHandle::new(tokio::spawn(async move {
            let mut bytes = expected;
            loop {
                let mut room = account.clone().reserve(bytes).await;
                let read = match room.bytes() {
                    0 => hub.log().read_small(query.clone(), SMALL / times).await?,
                    _ => Ok(hub.log().read(query.clone()).await?),
                };
                let page = match read {
                    Ok(page) => page,
                    Err(size) => {
                        bytes = times * (size + MORE);
                        continue;
                    }
                };
                bytes = times * encoded(&page.events);
                if room.try_grow(bytes) {
                    return Ok((page, room));
                }
            }
        }));
        let lost = |_| Err(Unavailable("the reading has ended".into()));
        reading.map(move |read| read.unwrap_or_else(lost)).boxed()
    }

    /// Reads a page at once, or, where that takes more room than there is, what a page without events says
    /// of the place.
    pub async fn begin(&self, query: Query) -> Result<(Page, Option<Reservation>), Unavailable> {
        let (log, mut room) = (self.hub.log(), self.account.nothing());
        if let Ok(page) = log.read_small(query.clone(), SMALL / self.times).await?
            && room.try_grow(self.times * encoded(&page.events))
        {
            return Ok((page, Some(room)));
        }
        Ok((log.read(Query { limit: 0, ..query }).await?, None))
    }

    /// Remembers what the last page took.
    pub fn expect(&mut self, room: &Reservation) {
        self.expected = room.bytes();
    }
}

/// How many bytes events take at most, as lines or as JSON.
fn encoded(events: &[Event]) -> usize {
    let of = |event: &Event| {
        let draft = &event.draft;
        let event_type = draft.event_type.as_ref().map_or("", EventType::as_str);
        let names = draft.topics.iter().map(Topic::as_str).chain([event_type]);
        // Quoted, after a comma, and each quote in it escaped.
        let names: usize = names.map(|name| 2 * name.len() + 3).sum();
        AROUND + names + encoded_size(&draft.data)
    };
    events.iter().map(of).sum()
}
