//! How a page follows topics beyond those of its clock: what it wants goes in, what comes is called
//! back. The browser's half provides it; the server provides none, so that rendering opens nothing.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    cursor::Spans,
    event::{Envelope, Gap},
    feed::Newborn,
    read::read_names,
    status::Status,
    talk::Take,
};

/// What a page wants to hear.
#[derive(Clone, Debug)]
pub struct Following {
    /// The topic; a name that the server takes.
    pub topic: String,
    /// The cursor after which the page has nothing yet; `None` for a state topic, and for one that
    /// begins with what comes.
    pub after: Option<String>,
    /// Called with each event once, in order.
    pub hear: Callback<Heard>,
}

/// What a page hears of its topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event.
    Event(Envelope),
    /// Events are missing here, and why.
    Gap(Gap),
    /// The epochs of the log, by which the places of what follows are compared.
    Spans(Spans),
}

/// Follows a topic for as long as the current owner lives.
#[derive(Clone, Copy, Debug)]
pub struct Follow(pub fn(Following));

/// Asks for what a page is born with where it was not, after a navigation without a reload, and reads
/// what is pushed of it.
#[derive(Clone, Copy, Debug)]
pub struct Fetch {
    /// Asks for what the page at an address (a path and a query) is born with; `None` where the server
    /// does not answer.
    pub newborn: fn(&str, Take<Option<Newborn>>),
    /// Reads the data of a `status` event; `None` for that of another version of the server.
    pub status: fn(&str) -> Option<Status>,
}

read_names!(Refusal { Off, Refused, Failed });

/// Why there is none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// This server does not show it.
    Off,
    /// Who asks has no right to it.
    Refused,
    /// The server gave no answer.
    Failed,
}
