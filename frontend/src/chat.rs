//! The browser's side of the chat: posts what the visitor says, and renews their lease while they are in a
//! room.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use app::{
    Feed,
    erased::effect,
    link::{Link, Mono},
    seams::{
        post::{Answered, Post},
        read::{Side, Take},
        store::{FORGOTTEN, Store},
    },
};
use gloo_net::http::Response;
use gloo_timers::callback::Interval;
use js_sys::{Date, Math};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, UrlSearchParams};
use wire::{
    chat::{
        Message,
        answer::{Answer, Unsent},
        room::{here_path, path, topic},
    },
    headers::RETRY_AFTER,
    limits::{DEFAULT_LIMIT, RENEW_LEASE_AFTER},
    parameters::{AFTER, BEFORE, BROWSER, KEY, LEAVE, LIMIT, NAME, TAB, TEXT},
    topics::History,
};

use crate::{
    browser::{
        alarm::timer,
        base::{named, under},
        json::parse,
        page_events::{self, PageEvent, listen},
        requests::send,
        tab_storage,
        task::begin,
    },
    clock::page_clock::{micros, now},
    topics::history::{encoded, page},
};

/// The lease of one who is in a room is renewed after so long, in microseconds.
const RENEW_AFTER: Mono = RENEW_LEASE_AFTER.as_secs() as Mono * 1_000_000;

/// How a page posts in a room.
pub const POST: Post = Post { key, message: say, who, stay };

/// How a page keeps something in the browser.
pub const STORE: Store = Store { keep, kept, remember, remembered };

thread_local! {
    // What waits to be said is the visitor's of then.
    static WHO: RefCell<String> = RefCell::default();
}

/// Who the visitor is to the server.
#[must_use]
pub fn who() -> String {
    WHO.with_borrow(String::clone)
}

/// The visitor is this one to the server; empty where they have not signed in. What another has said in
/// this tab and was not sent yet is offered to them.
pub fn is(who: String) {
    WHO.set(who);
}

/// Tells the open rooms that what this tab kept of them is forgotten: another visitor is here.
pub fn forgotten() {
    if let Ok(event) = Event::new(FORGOTTEN) {
        let _ = window().dispatch_event(&event);
    }
}

pub(crate) fn after(wait: Mono, then: Box<dyn FnOnce()>) {
    let millis = u32::try_from(wait.max(0) / 1000 + 1).unwrap_or(u32::MAX);
    timer(millis, then).forget();
}

pub(crate) fn on(event: &'static str, act: Box<dyn Fn()>) {
    StoredValue::new_local(page_events::on(&window(), event, Box::new(move |_| act())));
}

/// Random, in hexadecimal digits.
fn key() -> String {
    let random = || Math::random().to_bits();
    format!("{:x}{:x}", random(), random())
}

fn say(room: &str, key: &str, message: &Message, take: Take<Answered>) {
    let Message { name, text } = message;
    let (url, form) = (path(room), form(&[(NAME, name), (TEXT, text), (KEY, key)]));
    begin(async move {
        let Some(answer) = send("POST", &url, Some(&form)).await else {
            return take(Err((Unsent::Unreached, None)));
        };
        let read = answer.text().await.ok().and_then(|text| parse(&text));
        take(Answer::of(answer.status(), read).map_err(|why| (why, asked_to_wait(&answer))));
    });
}

/// How long an answer asks to wait: seconds, or until a date, which is one of the server's clock.
fn asked_to_wait(answer: &Response) -> Option<Mono> {
    let header = |name| answer.headers().get(name);
    let asked = header(RETRY_AFTER)?;
    if let Ok(seconds) = asked.trim().parse::<u32>() {
        return Some(Mono::from(seconds) * 1_000_000);
    }
    let until = Date::parse(&asked);
    let since = header("date").map_or_else(Date::now, |date| Date::parse(&date));
    (until - since).is_finite().then(|| micros(until - since))
}

/// Fields as a form sends them.
fn form(fields: &[(&str, &str)]) -> JsValue {
    let form = UrlSearchParams::new();
    form.map_or(JsValue::UNDEFINED, |form| {
        for (name, value) in fields {
            form.append(name, value);
        }
        form.into()
    })
}

pub(crate) fn read(room: &str, side: Side, take: Take<Option<History>>) {
    let topic = topic(room);
    let (way, cursor) = match side {
        Side::Before(cursor) => (BEFORE, cursor),
        Side::After(cursor) => (AFTER, cursor),
    };
    begin(async move {
        let query = format!("{LIMIT}={DEFAULT_LIMIT}&{way}={}", encoded(&cursor));
        take(page(&topic, &query).await);
    });
}

fn keep(room: &str, text: &str) {
    tab_storage::keep(&path(room), text);
}

fn kept(room: &str) -> Option<String> {
    tab_storage::kept(&path(room))
}

fn remember(room: &str, place: &str) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        // Where there is no place for it, more counts as unread than is.
        let _ = storage.set_item(&named(&path(room)), place);
    }
}

fn remembered(room: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(&named(&path(room))).ok()?
}

/// One who is in a room.
struct Stay {
    url: String,
    tab: String,
    name: RwSignal<String>,
    /// When the lease was renewed last; `None` while the page is asleep.
    renewed: Cell<Option<Mono>>,
}

/// Holds a lease until the current owner is gone. It is renewed with the ticks of the stream, which
/// come in time where a hidden page's timers do not, and by a timer where the ticks are far apart.
fn stay(room: String, name: RwSignal<String>) {
    let url = under(&here_path(&room));
    let stay = Rc::new(Stay { url, tab: key(), name, renewed: Cell::new(Some(now())) });
    let Feed { pushes, link, .. } = expect_context();
    let at_tick = stay.clone();
    effect(move || {
        pushes.track();
        at_tick.renew_if_due();
    });
    let at_name = stay.clone();
    effect(move || {
        name.track();
        // A server that has restarted knows nobody.
        if link.get() == Link::Live {
            at_name.tell(false);
        }
    });
    let at_time = stay.clone();
    let every = u32::try_from(RENEW_AFTER / 1000).unwrap_or(u32::MAX);
    let timer = Interval::new(every, move || at_time.renew_if_due());
    let at_event = stay.clone();
    let listeners = listen(move |event| match event {
        PageEvent::Asleep => at_event.leave(),
        PageEvent::Awake => at_event.tell(false),
        PageEvent::Hidden | PageEvent::Online => {}
    });
    StoredValue::new_local((timer, listeners));
    let stay = StoredValue::new_local(stay);
    on_cleanup(move || stay.with_value(|stay| stay.leave()));
}

impl Stay {
    fn renew_if_due(&self) {
        if self.renewed.get().is_some_and(|renewed| now() - renewed >= RENEW_AFTER) {
            self.tell(false);
        }
    }

    fn leave(&self) {
        self.tell(true);
        self.renewed.set(None);
    }

    /// A beacon: it arrives although the page is left.
    fn tell(&self, leaves: bool) {
        self.renewed.set(Some(now()));
        let name = self.name.get_untracked();
        let leave = if leaves { "1" } else { "" };
        // Which browser it is, its cookie says; where it keeps none, each tab is one of its own.
        let form = [(BROWSER, &*self.tab), (TAB, &self.tab), (NAME, &name), (LEAVE, leave)];
        let form: UrlSearchParams = crate::chat::form(&form).unchecked_into();
        // One that is not sent is followed by another.
        let _ = window().navigator().send_beacon_with_opt_url_search_params(&self.url, Some(&form));
    }
}
