//! The names and shapes on the wire, written once: what `server` sends and readers listen for.

use serde::{Deserialize, Serialize};

use crate::{
    chat::{HERE_PREFIX, Unsent},
    read::read_fields,
};

/// Where the stream is. A page written for the tutorial opens `new EventSource('/sse')`.
pub const STREAM_PATH: &str = "/sse";

/// Where the clock probe asks, see [`ProbeReply`].
pub const PROBE_PATH: &str = "/api/time";

/// Where the server's health in the last minutes is read, see [`Trend`](crate::status::Trend).
pub const STATUS_PATH: &str = "/api/status";

/// Where a page that is navigated to without a reload asks for what it is born with, see
/// [`Newborn`](crate::feed::Newborn); `address` in the query is the page's path and query.
pub const BORN_PATH: &str = "/api/born";

/// Where topics are published to and read back: `/topics/{topic}`.
pub const TOPICS_PATH: &str = "/topics";

/// Where a token becomes a cookie.
pub const LOGIN_PATH: &str = "/login";

/// Where a form without a script has the cookie removed.
pub const LOGOUT_PATH: &str = "/logout";

/// The state topic of the server's time.
pub const TIME: &str = "time";

/// The state topic, and event type, of the number of readers. `onmessage` does not see it.
pub const READERS: &str = "readers";

/// The state topic of the server's health.
pub const STATUS: &str = "status";

/// Whether only the server publishes to a topic of this name: its state topics, and who is in a room.
#[must_use]
pub fn is_servers_own(topic: &str) -> bool {
    [TIME, STATUS, READERS].contains(&topic) || topic.starts_with(HERE_PREFIX)
}

/// The event type of what comes before all else, where it is asked for.
pub const SESSION: &str = "session";

/// The event type that says that events are missing here, see [`Gap`].
pub const GAP: &str = "gap";

/// The event type that says that the reader's token has run out; the stream ends with it.
pub const EXPIRED: &str = "expired";

/// The event type that says that events of the topic were removed. It stands in the log, so that it
/// reaches readers who come back later, too. Without data it is about all events before it, with
/// [`Removed`] about one.
pub const PURGED: &str = "purged";

/// The type of an event that was published without one, and that `onmessage` sees.
pub const MESSAGE: &str = "message";

/// What `GET /api/time` answers. Both instants are microseconds since the Unix epoch on the
/// server's clock, so that a browser can take the server's own time out of the round trip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReply {
    /// When the request was received.
    pub received: i64,
    /// When the answer was written; never before `received`.
    pub sent: i64,
    /// Whether the kernel holds the server's clock to be synchronised; `None` where it cannot tell.
    pub synchronised: Option<bool>,
    /// Who asks, see [`Identity::mark`](crate::Identity::mark).
    pub identity: String,
}

/// An event as JSON: in the history, and as the data of a stream with `format=json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The cursor of the event. `None` for a state topic's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The event's type; [`MESSAGE`] where it was published without one.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Every topic that it was published to.
    pub topics: Vec<String>,
    /// What was published, unchanged.
    pub data: String,
    /// When it was published, as RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Only readers whose token grants one of the topics get it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

read_fields!(ProbeReply { received, sent, synchronised, identity });
read_fields!(Envelope { id, event_type = "type", topics, data, at, private });
read_fields!(Span { epoch, after });
read_fields!(Begin { identity, cursor, spans });
read_fields!(History { events, next, gap, at, spans });

/// The data of a [`PURGED`] event that is about one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The cursor of the event that was removed.
    pub id: String,
}

/// What a [`PURGED`] event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purge<'a> {
    /// All events of its topics before it were removed.
    Earlier,
    /// The event of this cursor was.
    One(&'a str),
}

impl Envelope {
    /// Whether who follows this hears of the event: a topic, or the beginning of topics' names up to a
    /// slash, and `*`.
    #[must_use]
    pub fn is_of(&self, followed: &str) -> bool {
        match followed.strip_suffix('*').filter(|prefix| prefix.ends_with('/')) {
            Some(prefix) => self.topics.iter().any(|topic| topic.starts_with(prefix)),
            None => self.topics.iter().any(|topic| topic == followed),
        }
    }

    /// What the event says was removed; `None` of any other event, and of one whose data only a newer
    /// version knows.
    #[must_use]
    pub fn purge(&self) -> Option<Purge<'_>> {
        if self.event_type != PURGED {
            return None;
        }
        if self.data.is_empty() {
            return Some(Purge::Earlier);
        }
        // See `Removed`. A cursor holds no quotes, so that no parser is needed.
        let mut parts = self.data.split('"');
        let name = parts.nth(1);
        parts.nth(1).filter(|_| name == Some("id")).map(Purge::One)
    }
}

/// An epoch of the log, and where its events begin.
///
/// Each opening of the log begins a new epoch; sequences go on. A list of spans is in order: each ends
/// where the next begins, the last is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The epoch, as it stands in a cursor.
    pub epoch: String,
    /// The sequence after which its events begin.
    pub after: u64,
}

/// What `POST /topics/{topic}` answers: the event is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The cursor of the event.
    pub id: String,
    /// Its place in the log.
    pub sequence: u64,
    /// How many subscriptions there were to one of its topics at that moment; not how many have read it.
    pub readers: usize,
}

/// What `GET /topics/{topic}` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The events: forwards from `after`, oldest first; backwards from `before`, newest first.
    pub events: Vec<Envelope>,
    /// What to ask for as `after` (forwards) or `before` (backwards) to read on. `None` where
    /// nothing is left in that direction.
    pub next: Option<String>,
    /// Events after `after` are gone, or it is no cursor of this log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
    /// Where there is a gap: the position that replaces the reader's own. Reading goes on after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The log's epochs, from that of the reader's cursor on: the newest 32 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

/// What `GET /topics` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicList {
    /// The topics, by name.
    pub topics: Vec<TopicSummary>,
    /// What to ask for as `after` to read on; `None` where nothing is left.
    pub next: Option<String>,
}

/// A topic and what the log holds of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSummary {
    /// Its name.
    pub topic: String,
    /// How many events of it the log holds, of those that the reader may see.
    pub events: u64,
}

/// The data of a [`GAP`] event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why what followed the cursor is not all there.
    pub reason: GapReason,
    /// The cursor that the reader came with.
    pub after: String,
}

/// Why events are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GapReason {
    /// The log dropped an event of one of the reader's topics after the cursor.
    Expired,
    /// The cursor is of another log, or lies beyond the place where its epoch ends in this one, as
    /// after a restore.
    Epoch,
    /// The cursor is none, or lies beyond the last event.
    Unknown,
    /// Stored events could not be read.
    Damaged,
}

/// The data of a [`SESSION`] event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who the reader is, see [`Identity::mark`](crate::Identity::mark).
    #[serde(default)]
    pub identity: String,
    /// Whom the token names; `None` for a reader without one.
    pub subject: Option<String>,
    /// The topics of which the reader gets every event; [`STATUS`] where it is shown to it.
    pub granted: Vec<String>,
    /// The topics of which it gets the public events only; [`STATUS`] where it gets none.
    pub refused: Vec<String>,
    /// When the token ends, and the stream with it, as RFC 3339; `None` without a token.
    pub until: Option<String>,
    /// Where reading begins.
    pub cursor: String,
    /// How many events come before the live ones; 10,000 stands for that many or more.
    pub replayed: u64,
    /// Events between the reader's cursor and this one are missing; a [`GAP`] event says why.
    pub lost: bool,
    /// The log's epochs, from that of the reader's cursor on: the newest 32 at most.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// The version of HTTP that the stream came by.
    pub http: String,
}

/// What a page reads of a [`Session`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// See [`Session::identity`].
    pub identity: String,
    /// See [`Session::cursor`].
    pub cursor: String,
    /// See [`Session::spans`].
    pub spans: Vec<Span>,
}

/// A problem as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) writes it, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemDocument {
    /// What went wrong, the same for every problem of its kind.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What went wrong here.
    pub detail: String,
    /// The field of the request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why a message of the chat was not taken; of other problems `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Unsent>,
}

#[cfg(test)]
mod tests;
