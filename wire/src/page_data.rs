//! A page's data: the server writes it into the document, or gives it to a page that goes there
//! without a reload.

use serde::{Deserialize, Serialize};

use crate::{
    chat::page_data::{NoRoom, Room, Rooms},
    event::Envelope,
    identity::Identity,
    language::Language,
    read::{FromJson, Source, read_fields, read_names},
    tick::Tick,
    trend::Trend,
};

/// The id of the element of the document that holds the [`Snapshot`] as JSON.
pub const SNAPSHOT_ID: &str = "snapshot";

/// What the page is rendered with: made by the server for one request, and written into the document so
/// that the first client render equals the server's HTML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The server's time when the page was rendered.
    pub now: Tick,
    /// Milliseconds between two pushes.
    pub interval_ms: u32,
    /// How many were reading the stream.
    pub readers: u32,
    /// The version that the page was asked for with, as in `HTTP/1.1`.
    pub http_version: String,
    /// Whether the server's own clock is synchronised; `None` where it cannot tell.
    pub synchronised: Option<bool>,
    /// The path under which everything stands, without a slash at its end; empty for the whole origin.
    pub base: String,
    /// The URL at which the visitor reached us, with the base and without a slash at its end, as far as
    /// the server can tell: behind a proxy that terminates TLS the browser knows better.
    pub url: String,
    /// The beginning of the command that makes a token on the server's machine; `None`
    /// where its key is not there.
    pub token_maker: Option<String>,
    /// The language of the page.
    pub language: Language,
    /// Who asked for the page.
    pub identity: Identity,
    /// Whether the server has rooms to talk in.
    pub chat: bool,
    /// What was asked for: the path, without the base, and the query.
    pub address: String,
    /// The end of the log when the page was rendered: what came later, the page does not have.
    pub cursor: String,
    /// What the page at this address alone is rendered with.
    pub page: PageData,
}

read_fields!(Snapshot {
    now,
    interval_ms,
    readers,
    http_version,
    synchronised,
    base,
    url,
    token_maker,
    language,
    identity,
    chat,
    address,
    cursor,
    page,
});

/// One page's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it is large where it matters")]
pub enum PageData {
    /// Nothing but the [`Snapshot`].
    Plain,
    /// The status page: the last minutes, or why they are not shown.
    Status(Result<Trend, Refusal>),
    /// The console: a topic and its newest events, newest first.
    Console {
        /// The topic's name, as it was asked for; empty where none was.
        topic: String,
        /// Its newest events, newest first, up to the snapshot's cursor.
        events: Result<Vec<Envelope>, Unread>,
    },
    /// The page of all rooms, or why there are none.
    Rooms(Result<Rooms, NoRoom>),
    /// The page of a room, or why there is none.
    Room(Result<Room, NoRoom>),
}

impl FromJson for PageData {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        let held = |name| Some(source.field(name)).filter(|held| !held.is_nothing());
        if let Some(found) = held("Status") {
            return FromJson::from_json(&found).map(Self::Status);
        }
        if let Some(found) = held("Rooms") {
            return FromJson::from_json(&found).map(Self::Rooms);
        }
        if let Some(found) = held("Room") {
            return FromJson::from_json(&found).map(Self::Room);
        }
        let Some(console) = held("Console") else {
            return (source.text()? == "Plain").then_some(Self::Plain);
        };
        Some(Self::Console {
            topic: FromJson::from_json(&console.field("topic"))?,
            events: FromJson::from_json(&console.field("events"))?,
        })
    }
}

impl PageData {
    /// Whether the page has a form, which a reload would empty while someone fills it in.
    #[must_use]
    pub fn has_form(&self) -> bool {
        match self {
            Self::Console { .. } | Self::Rooms(_) | Self::Room(_) => true,
            Self::Status(found) => *found == Err(Refusal::Refused),
            Self::Plain => false,
        }
    }
}

/// The data of the page at an address, where it is navigated to without a reload, at a position of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageAt {
    /// The end of the log when this was read: what came later, the page does not have.
    pub cursor: String,
    /// The page's data.
    pub page: PageData,
}

read_fields!(PageAt { cursor, page });

/// Why a topic's events are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unread {
    /// No topic can have that name.
    NotATopic,
    /// The log cannot be read for now.
    Unavailable,
}

read_names!(Unread { NotATopic, Unavailable });

/// Why there is none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// This server does not show it.
    Off,
    /// The visitor has no right to it.
    Refused,
    /// The server gave no answer.
    Failed,
}

read_names!(Refusal { Off, Refused, Failed });
