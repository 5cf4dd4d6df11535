//! The log: drafts go in, events come out in order, as often as anyone asks, until retention.

pub mod embedded;
mod memory;
mod retention;

use std::{error::Error, fmt};

use futures::{FutureExt, future::BoxFuture};

use crate::{
    cursor::{Cursor, Epoch},
    event::{Draft, Event, Topic},
    grant::Grant,
    tail::Tail,
};

pub use embedded::Embedded;
pub use memory::Memory;
pub use retention::{Bounds, Retention};

/// The durable, ordered record of events.
pub trait Log: fmt::Debug + Send + Sync {
    /// The name of this log.
    fn epoch(&self) -> Epoch;

    /// The place after the event of this sequence.
    fn cursor(&self, sequence: u64) -> Cursor {
        Cursor { epoch: self.epoch(), sequence }
    }

    /// The newest events, in the order of their sequence, each there as soon as it is durable and
    /// before its [`append`](Self::append) returns.
    fn tail(&self) -> &Tail;

    /// Appends an event and returns its sequence once it is durable.
    ///
    /// # Errors
    /// Where the event is not in the log, or where nobody can say whether it is
    /// ([`AppendError::Unavailable`]).
    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<u64, AppendError>>;

    /// Reads events that are durable. What it costs depends on how many it returns, and not on how
    /// many there are.
    ///
    /// # Errors
    /// Where the log cannot be read for now.
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>>;

    /// Reads events, unless it is known that the first of them takes more than `most` bytes: then says how
    /// many about.
    ///
    /// # Errors
    /// Where the log cannot be read for now.
    fn read_small(
        &self,
        query: Query,
        _most: usize,
    ) -> BoxFuture<'_, Result<Result<Page, usize>, Unavailable>> {
        self.read(query).map(|page| page.map(Ok)).boxed()
    }

    /// How many events a query finds, at most its limit; none is read for it.
    ///
    /// # Errors
    /// Where the log cannot be read for now.
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// The topics of which there are events and whose name begins with `prefix`, by name, from the
    /// one after `after`; at most `limit`. With each comes how many events there are.
    ///
    /// # Errors
    /// Where the log cannot be read for now.
    fn topics(
        &self,
        prefix: String,
        after: Option<Topic>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>>;

    /// Removes every event of a topic that has a lower sequence than `before` and is there by now, from
    /// its other topics too. Returns how many there were, without what [stood](Draft::is_notice) in
    /// the place of others.
    ///
    /// # Errors
    /// Where the log cannot be written for now. Some may be gone then, the oldest.
    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>>;

    /// How much it holds. It is known, and not counted.
    fn held(&self) -> Held;

    /// Whether a publish could be durable now.
    ///
    /// # Errors
    /// Why not.
    fn ready(&self) -> Result<(), Unavailable>;
}

/// How much a log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// So many events.
    pub events: u64,
    /// So many bytes of data and names, as retention counts them.
    pub bytes: u64,
}

/// Tells a publish that was sent again from a new one. Kept for 24 hours; in memory only the newest
/// 100,000 are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose key it is: two publishers may use the same words. A token's holds no control character,
    /// and nobody's holds a NUL.
    pub subject: Option<String>,
    /// The `Idempotency-Key`.
    pub name: String,
}

/// How long a [`Key`] is kept, in microseconds.
pub const KEY_KEPT_FOR: i64 = 24 * 3600 * 1_000_000;

/// What to read.
#[derive(Clone, Debug)]
pub struct Query {
    /// Events of any of these, each event once.
    pub topics: Vec<Topic>,
    /// Only events of a higher sequence.
    pub after: u64,
    /// Only events of a lower sequence; [`u64::MAX`] for all.
    pub before: u64,
    /// From which end.
    pub order: Order,
    /// At most so many events.
    pub limit: usize,
    /// No event is added once the data of those that were read takes so many bytes, encoded.
    pub bytes: usize,
    /// For whom: private events that it does not show are passed over.
    pub grant: Grant,
}

/// From which end to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    Forwards,
    /// The newest first.
    Backwards,
}

/// What was read, all at one moment.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// There are others that the query asks for.
    pub more: bool,
    /// The highest sequence of an event of one of the topics that the log no longer has; 0 where
    /// nothing was dropped. Private events count only for who may read some.
    pub dropped: u64,
    /// The sequence of the last event of all; 0 in an empty log.
    pub last: u64,
}

/// A topic, and how many events there are of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicCount {
    /// The topic.
    pub topic: Topic,
    /// Its events.
    pub events: u64,
    /// Those of them that are private.
    pub private: u64,
}

/// Why an event was not appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The key was used for another event in the last 24 hours.
    KeyUsed,
    /// There is no room. The event is not in the log.
    Full,
    /// The log could not say that the event is durable. It may be there all the same.
    Unavailable(Unavailable),
}

/// The log cannot be used for now; it says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log is not available: {}", self.0)
    }
}

impl Error for Unavailable {}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyUsed => f.write_str("the idempotency key was used for another event"),
            Self::Full => f.write_str("there is no room for another event"),
            Self::Unavailable(why) => why.fmt(f),
        }
    }
}

impl Error for AppendError {}
