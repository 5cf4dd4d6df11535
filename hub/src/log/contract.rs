//! What every log promises, and what it takes and gives for it.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use serde::{Deserialize, Serialize};

use super::retention::Retention;
use crate::{
    counters::Distribution,
    cursor::Cursor,
    event::{Draft, Event, Pattern, Topic},
    selector::Selected,
    spans::Spans,
    tail::Tail,
};

/// The durable, ordered record of events.
pub trait Log: fmt::Debug + Send + Sync {
    /// The epochs that it has had, as of now.
    fn spans(&self) -> Arc<Spans>;

    /// The position after the event of this sequence.
    fn cursor(&self, sequence: u64) -> Cursor {
        self.spans().position(sequence)
    }

    /// The newest events, in the order of their sequence, each there as soon as it is durable and
    /// before its [`append`](Self::append) returns.
    fn tail(&self) -> &Tail;

    /// Appends an event and returns its id once it is durable.
    ///
    /// # Errors
    /// If the event is not in the log, or if that is unknown ([`AppendError::Unavailable`]).
    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>>;

    /// Reads durable events. The cost depends on how many it returns, not on how many there are.
    ///
    /// # Errors
    /// If the log cannot be read at the moment.
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>>;

    /// Reads events, unless the first of them is known to take more than `most` bytes: then returns its
    /// approximate size.
    ///
    /// # Errors
    /// If the log cannot be read at the moment.
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
    /// If the log cannot be read at the moment.
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// The topics of a listing, by name, each with its number of events. The cost depends on how many
    /// topics it returns, not on how many there are.
    ///
    /// # Errors
    /// If the log cannot be read at the moment.
    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>>;

    /// Removes every event of a topic that has a lower sequence than `before` and is there by now, from
    /// its other topics too. Returns how many there were, without what [stood](Draft::is_notice) in
    /// the place of others.
    ///
    /// # Errors
    /// If the log cannot be written at the moment. Some events, the oldest, may have been removed.
    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>>;

    /// Removes one event from all its topics, if it is of `topic`. Returns it, or `None` where there is no
    /// such event.
    ///
    /// # Errors
    /// If the log cannot be written at the moment.
    fn remove(&self, topic: Topic, id: Cursor)
    -> BoxFuture<'_, Result<Option<Event>, AppendError>>;

    /// Writes a backup of everything durable at this moment, while the log stays in use.
    ///
    /// # Errors
    /// Where it cannot be read or written, and where the log is in memory.
    fn back_up(&self, to: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>>;

    /// How much it holds. This is cheap: nothing is counted.
    fn held(&self) -> Held;

    /// How long its commits took since the start, the sync included; `None` where nothing is synced.
    fn commit_times(&self) -> Option<Distribution> {
        None
    }

    /// Whether a publish could be durable now. Answers at once, whatever the storage does.
    ///
    /// # Errors
    /// Why not.
    fn ready(&self) -> Result<(), Unavailable>;
}

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// So many events.
    pub events: u64,
    /// The number of rows that could not be read and are missing.
    pub damaged: u64,
}

/// How much a log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// So many events.
    pub events: u64,
    /// So many bytes of data and names, as retention counts them.
    pub bytes: u64,
    /// So many idempotency keys.
    pub keys: u64,
    /// How often damage was found since the start.
    pub damaged: u64,
}

/// Distinguishes a repeated publish from a new one. Kept for 24 hours, or longer until the clock can be
/// trusted, but never more keys than events that may be kept (at least 1,000); the oldest are forgotten
/// first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Whose key it is: two publishers may choose the same name. It contains no NUL.
    pub scope: String,
    /// The `Idempotency-Key`.
    pub name: String,
}

/// How long a [`Key`] is kept, in microseconds.
pub const KEY_KEPT_FOR: i64 = 24 * 3600 * 1_000_000;

/// At least this many keys are kept, unless they are too old.
const LEAST_KEYS: u64 = 1_000;

/// How many keys are kept at most.
pub(super) fn most_keys(retention: &Retention) -> u64 {
    retention.total.events.clamp(LEAST_KEYS, u64::MAX)
}

/// Which topics to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Topics whose name begins with this.
    pub prefix: String,
    /// Topics whose name comes after this.
    pub after: Option<Topic>,
    /// At most so many.
    pub limit: usize,
    /// Topics with public events, and those of these patterns that have private ones.
    pub private: Vec<Pattern>,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Query {
    /// Events of any of these that it shows, each event once.
    pub topics: Vec<Selected>,
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
}

impl Query {
    /// All events of some topics after a sequence.
    #[must_use]
    pub fn after(topics: Vec<Selected>, after: u64) -> Self {
        let order = Order::Forwards;
        Self { topics, after, before: u64::MAX, order, limit: usize::MAX, bytes: usize::MAX }
    }
}

/// From which end to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Order {
    /// The oldest first.
    Forwards,
    /// The newest first.
    Backwards,
}

/// What was read, all at one moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// There are others that the query asks for.
    pub more: bool,
    /// The highest sequence of an event that was asked for and that the log no longer has; 0 where
    /// nothing was dropped.
    pub dropped: u64,
    /// Forwards: of what was asked for some is damaged, all of it before the first of the events and
    /// up to this sequence; backwards, some of what lies between them is. 0 where nothing is.
    pub damaged: u64,
    /// The sequence of the last event of all; 0 in an empty log.
    pub last: u64,
}

/// A topic, and how many events there are of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicCount {
    /// The topic.
    pub topic: Topic,
    /// Its events.
    pub events: u64,
    /// Those of them that are private.
    pub private: u64,
    /// The sequence of the last of those that the listing shows, which may have been removed since.
    pub last: u64,
}

/// Why an event was not appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppendError {
    /// The key was used for another event in the last 24 hours.
    KeyUsed,
    /// There is no room. The event is not in the log.
    Full,
    /// The log did not answer within this time. The event may be stored nevertheless, now or later.
    Late(Duration),
    /// The log could not confirm that the event is durable. It may be stored nevertheless.
    Unavailable(Unavailable),
}

/// The log cannot be used at the moment, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log is unavailable: {}", self.0)
    }
}

impl Error for Unavailable {}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyUsed => f.write_str("Idempotency-Key was already used for a different event"),
            Self::Full => f.write_str("the disk has no room for the event"),
            Self::Late(bound) => write!(
                f,
                "the disk did not respond within {}; the event may still have been stored. Send it again \
                 with the same Idempotency-Key, and it is stored exactly once; without a key, it may be \
                 stored twice",
                humantime::format_duration(*bound)
            ),
            Self::Unavailable(why) => why.fmt(f),
        }
    }
}

impl Error for AppendError {}
