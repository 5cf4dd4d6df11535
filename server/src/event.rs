//! What is published: names and bytes from outside go in, an event that harms no reader comes out.

mod topic;

use std::{borrow::Cow, fmt, sync::Arc};

use app::event::{EXPIRED, GAP, PURGED, READERS, Removed, SESSION};

use crate::cursor::{Cursor, Epoch};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

pub(crate) use topic::normal;
pub use topic::{Pattern, Topic};

/// The longest name of a topic, an event type or an idempotency key, in bytes of UTF-8.
pub const LONGEST_NAME: usize = 255;

/// The largest data of an event, in bytes.
pub const LARGEST_DATA: usize = 1024 * 1024;

/// The most topics that one event is published to.
pub const MOST_TOPICS: usize = 16;

/// Event types that only the server sends. `open` and `error` are what a browser calls its own.
const RESERVED_TYPES: [&str; 7] = [SESSION, GAP, READERS, EXPIRED, PURGED, "open", "error"];

/// A field of a request that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field: `topic`, `type`, `data`, …
    pub field: &'static str,
    /// Why it is of no use.
    pub reason: Cow<'static, str>,
}

impl Invalid {
    /// A field and why it is of no use.
    pub fn new(field: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field, reason: reason.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} {}", self.field, self.reason)
    }
}

impl std::error::Error for Invalid {}

/// Refuses a name that could break a line, hide a part of itself, or is too long: one of the
/// Unicode categories control, format, line separator and paragraph separator.
///
/// # Errors
/// Where the name is empty, over [`LONGEST_NAME`] or holds such a character.
pub fn check_name(field: &'static str, name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(Invalid::new(field, "is empty"));
    }
    if name.len() > LONGEST_NAME {
        return Err(Invalid::new(
            field,
            format!("has {} bytes; {LONGEST_NAME} are allowed", name.len()),
        ));
    }
    let unprintable = name.chars().find(|character| {
        matches!(
            character.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
    });
    unprintable.map_or(Ok(()), |character| {
        let code = u32::from(character);
        Err(Invalid::new(
            field,
            format!("holds U+{code:04X}, a control or format character or a line end"),
        ))
    })
}

/// What kind of event a publisher says that it is; a browser hears it with
/// `addEventListener(type, …)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType(Arc<str>);

impl EventType {
    /// Reads a type; `message` is the same as none.
    ///
    /// # Errors
    /// Where it is no name, or one that only the server uses.
    pub fn new(name: &str) -> Result<Option<Self>, Invalid> {
        check_name("type", name)?;
        if RESERVED_TYPES.contains(&name) {
            return Err(Invalid::new("type", format!("is {name:?}, which only the server uses")));
        }
        Ok((name != app::event::MESSAGE).then(|| Self(name.into())))
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

/// What a publisher hands in: an event without its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// At least one, at most [`MOST_TOPICS`], each once.
    pub topics: Vec<Topic>,
    /// `None` is a plain message.
    pub event_type: Option<EventType>,
    /// Any UTF-8 of up to [`LARGEST_DATA`] bytes; may be empty.
    pub data: String,
    /// Only readers whose token grants one of the topics get it.
    pub private: bool,
}

impl Draft {
    /// What stands in a topic in the place of events that were removed.
    pub(crate) fn notice(topic: Topic, private: bool) -> Self {
        let event_type = Some(EventType::purged());
        Self { topics: vec![topic], event_type, data: String::new(), private }
    }

    /// What says in an event's topics that it alone was removed.
    pub(crate) fn notice_of(event: &Event) -> Self {
        let removed = Removed { id: event.id().to_string() };
        let data = serde_json::to_string(&removed).expect("an id is a string");
        let Draft { topics, private, .. } = event.draft.clone();
        Self { topics, event_type: Some(EventType::purged()), data, private }
    }

    /// Whether it is one.
    pub(crate) fn is_notice(&self) -> bool {
        self.event_type.as_ref().is_some_and(|of| of.as_str() == PURGED)
    }

    /// The event that it says to have been removed alone, if it does.
    pub(crate) fn removed(&self) -> Option<Cursor> {
        let removed = self.is_notice().then(|| serde_json::from_str(&self.data).ok())?;
        removed.and_then(|Removed { id }| Cursor::parse(&id))
    }

    /// Whether it says that all events before it were removed from its topic.
    pub(crate) fn is_notice_of_all(&self) -> bool {
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

/// An event that the log holds. It does not change any more.
#[derive(Clone, Debug, PartialEq, Eq)]
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
