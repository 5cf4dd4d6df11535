//! Validates what is published from outside, and makes it an event that harms no reader.

mod name;
mod topic;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use wire::{
    event::{EXPIRED, GAP, PURGED, Removed, SESSION},
    topics::READERS,
};

use crate::{
    cursor::{Cursor, Epoch},
    written::as_written,
};

pub use name::{Invalid, check_name};
pub(crate) use topic::normal;
pub use topic::{Pattern, Topic};

/// Event types that only the server sends. `open` and `error` are what a browser calls its own.
const RESERVED_TYPES: [&str; 7] = [SESSION, GAP, READERS, EXPIRED, PURGED, "open", "error"];

/// The type that a publisher gives an event; a browser listens for it with `addEventListener(type, …)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventType(Arc<str>);

as_written!(EventType, |name| EventType::held(name).ok_or("not an event type"));

impl EventType {
    /// Reads a type; `message` is the same as none.
    ///
    /// # Errors
    /// If it is not a valid name, or is reserved for the server.
    pub fn new(name: &str) -> Result<Option<Self>, Invalid> {
        check_name("type", name)?;
        if RESERVED_TYPES.contains(&name) {
            return Err(Invalid::new(
                "type",
                format!("must not be \"{name}\", which is reserved for the server"),
            ));
        }
        Ok((name != wire::event::MESSAGE).then(|| Self(name.into())))
    }

    /// The type of what the server itself puts in the place of events that it removes.
    pub(crate) fn purged() -> Self {
        Self(PURGED.into())
    }

    /// Reads a type that the log holds: the server's own too, and those that anyone could use once.
    pub(crate) fn held(name: &str) -> Option<Self> {
        check_name("type", name).is_ok().then(|| Self(name.into()))
    }

    /// The type's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a publisher hands in: an event without its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// At least one, at most [`MOST_TOPICS_OF_AN_EVENT`](wire::limits::MOST_TOPICS_OF_AN_EVENT), each once.
    pub topics: Vec<Topic>,
    /// `None` is a plain message.
    pub event_type: Option<EventType>,
    /// Any UTF-8 of up to [`LARGEST_DATA`](wire::limits::LARGEST_DATA) bytes; may be empty.
    pub data: String,
    /// Only readers who may read the private events of one of the topics get it.
    pub private: bool,
}

impl Draft {
    /// The notice that takes the place of removed events in a topic.
    pub fn notice(topic: Topic, private: bool) -> Self {
        let event_type = Some(EventType::purged());
        Self { topics: vec![topic], event_type, data: String::new(), private }
    }

    /// The notice, in an event's topics, that only this event was removed.
    pub fn notice_of(event: &Event) -> Self {
        let removed = Removed { id: event.id().to_string() };
        let data = serde_json::to_string(&removed).expect("an id is a string");
        let Draft { topics, private, .. } = event.draft.clone();
        Self { topics, event_type: Some(EventType::purged()), data, private }
    }

    /// Whether it is such a notice.
    pub fn is_notice(&self) -> bool {
        self.event_type.as_ref().is_some_and(|of| of.as_str() == PURGED)
    }

    /// The single event whose removal it announces, if any.
    pub fn removed(&self) -> Option<Cursor> {
        let removed = self.is_notice().then(|| serde_json::from_str(&self.data).ok())?;
        removed.and_then(|Removed { id }| Cursor::parse(&id))
    }

    /// Whether it announces that all events before it were removed from its topic.
    pub fn is_notice_of_all(&self) -> bool {
        self.is_notice() && self.data.is_empty()
    }
}

/// How many bytes data takes at most when it is encoded, as lines or as JSON: a control character may
/// take seven.
#[must_use]
pub fn encoded_size(data: &str) -> usize {
    let escaped = data.bytes().filter(|byte| *byte < b' ').count();
    let quoted = data.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    data.len() + 6 * escaped + quoted
}

/// An event in the log. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The epoch that it was written in.
    pub epoch: Epoch,
    /// Its place in the log, from 1.
    pub sequence: u64,
    /// When it was published, in microseconds since the Unix epoch.
    pub at: i64,
    /// What was published.
    pub draft: Draft,
}

impl Event {
    /// The position after it, which is its id. It keeps it for as long as the log holds it.
    #[must_use]
    pub fn id(&self) -> Cursor {
        Cursor { epoch: self.epoch, sequence: self.sequence }
    }
}

#[cfg(test)]
mod tests;
