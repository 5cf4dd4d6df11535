//! What the stream says, on its whole way from the source to the feed and to the pages.

use wire::{
    cursor::{Cursor, Span},
    event::Envelope,
};

use crate::link::Link;

/// Something that the stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Every event of some topics after a position comes from here on.
    Start(Start),
    /// An event of a topic.
    Event {
        /// The event.
        envelope: Envelope,
        /// The stream has said everything up to here, by this event or an earlier one.
        reached: Option<Cursor>,
    },
    /// Events are missing here.
    Gap {
        /// The stream goes on after this position.
        reached: Option<Cursor>,
    },
    /// The state of the connection, whichever tab has it.
    Connection {
        /// The state.
        link: Link,
        /// How many tabs share the connection; `None` where it is not shared.
        tabs: Option<u32>,
    },
}

impl From<Envelope> for StreamEvent {
    fn from(envelope: Envelope) -> Self {
        Self::Event { envelope, reached: None }
    }
}

/// What comes from here on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Whose events, see [`Identity::mark`](wire::identity::Identity::mark).
    pub identity: String,
    /// The topics. A source leaves them to whoever opened it.
    pub topics: Vec<String>,
    /// The position; `None` where none is known.
    pub after: Option<Cursor>,
    /// The epochs of the log, as far as they are known.
    pub spans: Vec<Span>,
}
