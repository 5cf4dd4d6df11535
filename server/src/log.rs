//! The log: drafts go in, events come out in order, as often as anyone asks, until retention.

pub mod embedded;
mod memory;
mod retention;
mod wall;

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};

use crate::{
    cursor::{Cursor, Spans},
    event::{Draft, Event, Pattern, Topic},
    selector::Selected,
    tail::Tail,
};

pub use embedded::{Contents, Embedded};
pub use memory::Memory;
pub use retention::{Bounds, Retention};

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
    /// Where the event is not in the log, or where nobody can say whether it is
    /// ([`AppendError::Unavailable`]).
    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>>;

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

    /// The topics that a listing shows, by name. With each comes how many events there are. What it
    /// costs depends on how many topics it returns, and not on how many there are.
    ///
    /// # Errors
    /// Where the log cannot be read for now.
    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>>;

    /// Removes every event of a topic that has a lower sequence than `before` and is there by now, from
    /// its other topics too. Returns how many there were, without what [stood](Draft::is_notice) in
    /// the place of others.
    ///
    /// # Errors
    /// Where the log cannot be written for now. Some may be gone then, the oldest.
    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>>;

    /// Removes one event from all its topics, if it is of `topic`. Returns it, or `None` where there is no
    /// such event.
    ///
    /// # Errors
    /// Where the log cannot be written for now.
    fn remove(&self, topic: Topic, id: Cursor)
    -> BoxFuture<'_, Result<Option<Event>, AppendError>>;

    /// Writes a backup of all that is durable now, while it goes on.
    ///
    /// # Errors
    /// Where it cannot be read or written, and where the log is in memory.
    fn back_up(&self, to: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>>;

    /// How much it holds. It is known, and not counted.
    fn held(&self) -> Held;

    /// Whether a publish could be durable now. Says it at once, whatever the storage does.
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
    /// So many idempotency keys.
    pub keys: u64,
    /// So many times since the start something was found damaged that it holds.
    pub damaged: u64,
}

/// Tells a publish that was sent again from a new one. Kept for 24 hours, and on until the clock can be
/// believed, but no more of them than the events that may be held (and at least 1,000): the oldest are
/// forgotten first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose key it is: two publishers may use the same words. It holds no NUL.
    pub scope: String,
    /// The `Idempotency-Key`.
    pub name: String,
}

/// How long a [`Key`] is kept, in microseconds.
pub const KEY_KEPT_FOR: i64 = 24 * 3600 * 1_000_000;

/// So many keys are kept in any case, unless they are too old.
const LEAST_KEYS: u64 = 1_000;

/// How many keys are kept at most.
fn most_keys(retention: &Retention) -> u64 {
    retention.total.events.clamp(LEAST_KEYS, u64::MAX)
}

/// Which topics to list.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// The key was used for another event in the last 24 hours.
    KeyUsed,
    /// There is no room. The event is not in the log.
    Full,
    /// The log has not answered in so much time. The event may be there all the same, or may yet come.
    Late(Duration),
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
            Self::Late(bound) => write!(
                f,
                "the disk has not answered within {}, and the event may be stored all the same: send it \
                 again with the same Idempotency-Key, and it is stored once. Without a key it may come \
                 to be there twice",
                humantime::format_duration(*bound)
            ),
            Self::Unavailable(why) => why.fmt(f),
        }
    }
}

impl Error for AppendError {}
