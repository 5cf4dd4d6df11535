//! What a stream says about itself before its first event, where a reader asks for it.

use serde::{Deserialize, Serialize};

use crate::{cursor::Span, read::read_fields};

/// The data of a [`SESSION`](crate::event::SESSION) event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who the reader is, see [`Identity::mark`](crate::identity::Identity::mark).
    #[serde(default)]
    pub identity: String,
    /// Whom the token names; `None` for a reader without one.
    pub subject: Option<String>,
    /// The topics of which the reader gets every event; [`STATUS`](crate::topics::STATUS) where
    /// it is shown to it.
    pub granted: Vec<String>,
    /// The topics of which it gets the public events only; [`STATUS`](crate::topics::STATUS)
    /// where it gets none.
    pub refused: Vec<String>,
    /// When the token ends, and the stream with it, as RFC 3339; `None` without a token.
    pub until: Option<String>,
    /// Where reading begins.
    pub cursor: String,
    /// How many events come before the live ones; 10,000 stands for that many or more.
    pub replayed: u64,
    /// Events between the reader's cursor and this one are missing; a [`GAP`](crate::event::GAP)
    /// event says why.
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

read_fields!(Begin { identity, cursor, spans });
