//! A topic as signals: the browser writes them on each push, and every view reads them.

use leptos::prelude::*;
use wire::{identity::Identity, language::Language, page_data::Snapshot, tick::Tick};

use crate::{
    link::{Link, Mono},
    writing::Writing,
};

/// How many pushes the page remembers.
pub const PUSHES_KEPT: usize = 5;

/// How many measurements of the visitor's clock the plot draws.
pub const OFFSETS_KEPT: usize = 60;

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
    pub readers: RwSignal<i64>,
    /// Whether anybody can see the page.
    pub visible: RwSignal<bool>,
    /// How many messages of a room the visitor has not seen: the window's title says it.
    pub unread: RwSignal<i64>,
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
    /// The path under which everything stands; see [`under_base`].
    pub base: RwSignal<String>,
    /// The URL at which the visitor reached us, with the base and without a slash at its end.
    pub url: RwSignal<String>,
    /// The beginning of the command that makes a token; `None` where there is none.
    pub token_maker: StoredValue<Option<String>>,
    /// How the visitor writes instants and numbers; plain and in UTC until the browser has said.
    pub writing: RwSignal<Writing>,
    /// The language of the page.
    pub language: Language,
    /// Whose page it is, and whose stream. It becomes nobody's when their token ends; for anybody else the
    /// page is reloaded.
    pub identity: StoredValue<Identity>,
    /// Whether the server has rooms to talk in.
    pub chat: bool,
    /// Milliseconds between two pushes.
    pub interval_ms: u32,
    /// The server's time when the page was rendered.
    pub rendered_at: Tick,
}

impl Feed {
    /// The feed of a page that has heard nothing but what it was rendered with.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            reading: RwSignal::new(None),
            carried: RwSignal::new(0),
            link: RwSignal::new(Link::Opening),
            now: RwSignal::new(0),
            readers: RwSignal::new(snapshot.readers.into()),
            visible: RwSignal::new(true),
            unread: RwSignal::new(0),
            tabs: RwSignal::new(None),
            pushes: RwSignal::new(Vec::new()),
            offsets: RwSignal::new(Vec::new()),
            round_trip: RwSignal::new(None),
            step: RwSignal::new(None),
            http_version: RwSignal::new(snapshot.http_version.clone()),
            synchronised: RwSignal::new(snapshot.synchronised),
            base: RwSignal::new(snapshot.base.clone()),
            url: RwSignal::new(snapshot.url.clone()),
            token_maker: StoredValue::new(snapshot.token_maker.clone()),
            writing: RwSignal::new(Writing::plain()),
            language: snapshot.language,
            identity: StoredValue::new(snapshot.identity.clone()),
            chat: snapshot.chat,
            interval_ms: snapshot.interval_ms,
            rendered_at: snapshot.now,
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

/// The address of a path of the server, for links and forms: the path under the base of the [`Feed`] in the
/// context.
#[must_use]
pub fn under_base(path: &str) -> String {
    expect_context::<Feed>().base.get_untracked() + path
}

/// How to subscribe, given by the browser's half in the context. The server gives none, so that
/// rendering never opens a stream.
#[derive(Clone, Copy, Debug)]
pub struct Subscribe(pub fn(Feed));
