//! An event on the wire, and the types of the server's own events.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::read::read_fields;

/// The event type of what comes before all else, where it is asked for.
pub const SESSION: &str = "session";

/// The event type that announces missing events, see [`Gap`].
pub const GAP: &str = "gap";

/// The event type that announces that the reader's token has expired; the stream ends with it.
pub const EXPIRED: &str = "expired";

/// The event type that says that events of the topic were removed. It stands in the log, so that it
/// reaches readers who come back later, too. Without data it is about all events before it, with
/// [`Removed`] about one.
pub const PURGED: &str = "purged";

/// The type of an event that was published without one, and that `onmessage` sees.
pub const MESSAGE: &str = "message";

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

read_fields!(Envelope { id, event_type = "type", topics, data, at, private });

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
    /// Whether whoever follows this hears of the event: a topic, or the beginning of topics' names up to a
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
    /// The cursor is not one, or lies beyond the last event.
    Unknown,
    /// Stored events could not be read.
    Damaged,
}

impl fmt::Display for GapReason {
    /// The same word as in the JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "expired",
            Self::Epoch => "epoch",
            Self::Unknown => "unknown",
            Self::Damaged => "damaged",
        })
    }
}

#[cfg(test)]
mod tests;
