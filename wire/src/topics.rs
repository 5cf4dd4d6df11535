//! The names of the server's own topics, and the answers of `/topics`.

use serde::{Deserialize, Serialize};

use crate::{cursor::Span, event::Envelope, read::read_fields};

/// The state topic of the server's time.
pub const TIME: &str = "time";

/// The state topic, and event type, of the number of readers. `onmessage` does not see it.
pub const READERS: &str = "readers";

/// The state topic of the server's health.
pub const STATUS: &str = "status";

/// What the topic of a room begins with: `chat/{room}`.
pub const ROOM_PREFIX: &str = "chat/";

/// What the state topic of who is in a room begins with: `here/{room}`, see
/// [`RoomPresence`](crate::chat::RoomPresence).
pub const PRESENCE_PREFIX: &str = "here/";

/// Whether a topic is the server's own: a state topic, which is not in the log, and to which only the server
/// publishes.
#[must_use]
pub fn is_servers_own(topic: &str) -> bool {
    [TIME, STATUS, READERS].contains(&topic) || topic.starts_with(PRESENCE_PREFIX)
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
    /// Events after `after` are gone, or it is not a cursor of this log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap: bool,
    /// Where there is a gap: the position that replaces the reader's own. Reading goes on after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The log's epochs, from that of the reader's cursor on: the newest 32 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

read_fields!(History { events, next, gap, at, spans });

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
