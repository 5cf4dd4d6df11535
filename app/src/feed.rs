//! A topic as signals: what the browser writes on each push, and every view reads.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    chat::{NoRoom, Room, Rooms},
    event::Envelope,
    follow::Refusal,
    language::Language,
    link::{Link, Mono},
    read::{FromJson, Source, read_fields, read_names},
    status::Trend,
    tick::Tick,
    writing::Writing,
};

/// How many pushes the page remembers.
pub const PUSHES_KEPT: usize = 5;

/// How many measurements of the visitor's clock the plot draws.
pub const OFFSETS_KEPT: usize = 60;

/// The id of the element of the document that holds the [`Snapshot`] as JSON.
pub const SNAPSHOT_ID: &str = "snapshot";

/// What the page is born with: made by the server for one request, and written into the document so
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
    /// The scheme and authority under which the visitor reached us, as far as the server can tell:
    /// behind a proxy that ends TLS the browser knows better.
    pub origin: String,
    /// The beginning of the command that makes a token on the server's machine, for
    /// [`command`](crate::command); `None` where its key is not there.
    pub token_maker: Option<String>,
    /// The language of the page.
    pub language: Language,
    /// Whether the server has rooms to talk in.
    pub chat: bool,
    /// What was asked for: the path and the query.
    pub address: String,
    /// The end of the log when the page was rendered: what came later, the page does not have.
    pub cursor: String,
    /// What the page at this address alone is born with.
    pub page: Born,
}

read_fields!(Snapshot {
    now,
    interval_ms,
    readers,
    http_version,
    synchronised,
    origin,
    token_maker,
    language,
    chat,
    address,
    cursor,
    page,
});

/// What one page is born with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it is large where it matters")]
pub enum Born {
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

impl FromJson for Born {
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

/// What the page at an address alone is born with, where it is navigated to without a reload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newborn {
    /// The end of the log when this was read: what came later, the page does not have.
    pub cursor: String,
    /// What the page is born with.
    pub page: Born,
}

read_fields!(Newborn { cursor, page });
read_names!(Unread { NotATopic, Unavailable });

impl Born {
    /// Whether the page has a form, which loading it anew would empty while someone fills it in.
    #[must_use]
    pub fn has_form(&self) -> bool {
        match self {
            Self::Console { .. } | Self::Rooms(_) | Self::Room(_) => true,
            Self::Status(found) => *found == Err(Refusal::Refused),
            Self::Plain => false,
        }
    }
}

/// Why a topic's events are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unread {
    /// No topic can have that name.
    NotATopic,
    /// The log cannot be read for now.
    Unavailable,
}

/// The clock as it stands at one moment. All lengths are in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The instant to show: microseconds since the Unix epoch on the server's clock.
    pub shown: i64,
    /// The server's time is within `shown ± error`. Not negative.
    pub error: i64,
    /// When the estimate was last confirmed by a probe or a tick.
    pub confirmed: Mono,
    /// The estimate has not been confirmed in time: `shown` stands still.
    pub stopped: bool,
}

/// The visitor's clock against the server's, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// The visitor's clock minus the server's: negative where the visitor's is behind.
    pub ahead: i64,
    /// The true offset is within `ahead ± error`.
    pub error: i64,
}

/// One pushed message, and how late it was when it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    /// Counts the pushes since the page was opened; the key of the list.
    pub number: u32,
    /// What was pushed.
    pub tick: Tick,
    /// The clock's estimate minus the tick at its arrival, in microseconds; `None` before the first
    /// probe came back.
    pub late: Option<i64>,
}

/// Everything that changes on the page. A cheap handle: signals, which the browser writes.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// What the clock shows; `None` until the first probe came back.
    pub reading: RwSignal<Option<Reading>>,
    /// While there is no reading: how many microseconds have passed since the page was made, at least; 0
    /// where nobody can tell.
    pub carried: RwSignal<i64>,
    /// The state of the connection.
    pub link: RwSignal<Link>,
    /// The page's monotonic clock, written when something that depends on it is due to be redrawn.
    pub now: RwSignal<Mono>,
    /// How many are reading.
    pub readers: RwSignal<u32>,
    /// Whether anybody can see the page.
    pub visible: RwSignal<bool>,
    /// How many messages of a room the visitor has not seen: the window's title says it.
    pub unread: RwSignal<u32>,
    /// How many tabs share this browser's connection, this one too; `None` where it is not shared.
    pub tabs: RwSignal<Option<i64>>,
    /// The last pushes, newest first, at most [`PUSHES_KEPT`].
    pub pushes: RwSignal<Vec<Push>>,
    /// The visitor's clock against the server's, oldest first, at most [`OFFSETS_KEPT`].
    pub offsets: RwSignal<Vec<Offset>>,
    /// The best round trip of the last burst of probes, in microseconds.
    pub round_trip: RwSignal<Option<i64>>,
    /// The step of the clock (more than could be slewed) that the last burst of probes made, in
    /// microseconds.
    pub step: RwSignal<Option<i64>>,
    /// The version of HTTP that the browser speaks with the server.
    pub http_version: RwSignal<String>,
    /// Whether the server's own clock is synchronised.
    pub synchronised: RwSignal<Option<bool>>,
    /// The scheme and authority under which the visitor reached us.
    pub origin: RwSignal<String>,
    /// The beginning of the command that makes a token; `None` where there is none.
    pub token_maker: StoredValue<Option<String>>,
    /// How the visitor writes instants and numbers; plain and in UTC until the browser has said.
    pub writing: RwSignal<Writing>,
    /// The language of the page.
    pub language: Language,
    /// Whether the server has rooms to talk in.
    pub chat: bool,
    /// Milliseconds between two pushes.
    pub interval_ms: u32,
}

impl Feed {
    /// The feed of a page that has heard nothing but what it was born with.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            reading: RwSignal::new(None),
            carried: RwSignal::new(0),
            link: RwSignal::new(Link::Opening),
            now: RwSignal::new(0),
            readers: RwSignal::new(snapshot.readers),
            visible: RwSignal::new(true),
            unread: RwSignal::new(0),
            tabs: RwSignal::new(None),
            pushes: RwSignal::new(Vec::new()),
            offsets: RwSignal::new(Vec::new()),
            round_trip: RwSignal::new(None),
            step: RwSignal::new(None),
            http_version: RwSignal::new(snapshot.http_version.clone()),
            synchronised: RwSignal::new(snapshot.synchronised),
            origin: RwSignal::new(snapshot.origin.clone()),
            token_maker: StoredValue::new(snapshot.token_maker.clone()),
            writing: RwSignal::new(Writing::plain()),
            language: snapshot.language,
            chat: snapshot.chat,
            interval_ms: snapshot.interval_ms,
        }
    }

    /// `odd` or `even` by the number of pushes, and nothing before the first. The style gives both
    /// the same animation under two names: the change of name starts it again.
    #[must_use]
    pub fn beat(&self) -> &'static str {
        match self.pushes.read().first() {
            None => "",
            Some(push) if push.number % 2 == 1 => "odd",
            Some(_) => "even",
        }
    }
}

/// How to subscribe, given by the browser's half in the context. The server gives none, so that
/// rendering never opens a stream.
#[derive(Clone, Copy, Debug)]
pub struct Subscribe(pub fn(Feed));
