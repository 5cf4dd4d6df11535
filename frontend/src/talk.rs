//! The chat: what the visitor says goes in, the server's answer comes out; and while they are in a room,
//! the server hears it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use app::{
    Feed,
    chat::{Answer, CHAT_PATH, Message, Unsent, path, topic},
    event::History,
    link::Mono,
    talk::{FORGOTTEN, Place, Side, Take, Talk},
};
use gloo_events::EventListener;
use gloo_timers::callback::{Interval, Timeout};
use js_sys::{Date, Math, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, Response, UrlSearchParams};

use crate::{
    fetch::{self, begin, send},
    history::{encoded, page},
    json::parse,
    page_clock::{micros, now, wall},
    page_events::{PageEvent, listen},
};

/// How many messages are read at once.
const LIMIT: u32 = 100;

/// The lease of one who is in a room is renewed after so long, in microseconds: it lasts three times as
/// long.
const RENEW_AFTER: Mono = 15_000_000;

/// Where the browser's name among the visitors is kept.
const BROWSER: &str = "belfry-browser";

/// How a page talks with the server.
pub fn talk() -> Talk {
    Talk {
        key,
        say,
        now,
        wall,
        chance: Math::random,
        who: || WHO.with_borrow(String::clone),
        after,
        on,
        read,
        message: parse,
        here: parse,
        place,
        scroll,
        field,
        fill,
        keep,
        kept,
        focus,
        stay,
    }
}

thread_local! {
    // What waits to be said is the visitor's of then.
    static WHO: RefCell<String> = RefCell::default();
}

/// The visitor is this one to the server; empty where they have not signed in. What another has begun
/// in this tab is forgotten.
pub fn is(who: String) {
    if WHO.with_borrow(|before| *before != who) {
        let before = WHO.replace(who);
        if !before.is_empty() {
            forget();
        }
    }
}

/// Forgets what this tab keeps of the chat, drafts and what waits to be sent; open rooms do so too.
pub fn forget() {
    if let Some(storage) = window().session_storage().ok().flatten() {
        let keys =
            (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok()?);
        for key in keys.collect::<Vec<_>>() {
            if key.starts_with(CHAT_PATH) {
                // What cannot be removed could not have been kept.
                let _ = storage.remove_item(&key);
            }
        }
    }
    if let Ok(event) = Event::new(FORGOTTEN) {
        let _ = window().dispatch_event(&event);
    }
}

fn after(wait: Mono, then: Box<dyn FnOnce()>) {
    let millis = u32::try_from(wait.max(0) / 1000 + 1).unwrap_or(u32::MAX);
    Timeout::new(millis, then).forget();
}

fn on(event: &'static str, act: Box<dyn Fn()>) {
    let listener = EventListener::new(&window(), event, move |_| act());
    StoredValue::new_local(listener);
}

/// Random, in hexadecimal digits.
fn key() -> String {
    let random = || Math::random().to_bits();
    format!("{:x}{:x}", random(), random())
}

fn say(
    room: &str,
    key: &str,
    message: &Message,
    take: Take<Result<String, (Unsent, Option<Mono>)>>,
) {
    let Message { name, text } = message;
    let (url, form) = (path(room), form(&[("name", name), ("text", text), ("key", key)]));
    begin(async move {
        let Some(answer) = send("POST", &url, Some(&form)).await else {
            return take(Err((Unsent::Unreached, None)));
        };
        let read = fetch::text(&answer).await.and_then(|text| parse(&text));
        take(Answer::of(answer.status(), read).map_err(|why| (why, asked_to_wait(&answer))));
    });
}

/// How long an answer asks to wait: seconds, or until a date, which is one of the server's clock.
fn asked_to_wait(answer: &Response) -> Option<Mono> {
    let header = |name| answer.headers().get(name).ok()?;
    let asked = header("retry-after")?;
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

fn read(room: &str, side: Side, take: Take<Option<History>>) {
    let topic = topic(room);
    let (way, cursor) = match side {
        Side::Before(cursor) => ("before", cursor),
        Side::After(cursor) => ("after", cursor),
    };
    begin(async move {
        let query = format!("limit={LIMIT}&{way}={}", encoded(&cursor));
        take(page(&topic, &query).await);
    });
}

fn element(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

fn place(id: &str) -> Place {
    element(id).map_or_else(Place::default, |it| Place {
        top: it.scroll_top(),
        whole: it.scroll_height(),
        seen: it.client_height(),
    })
}

fn scroll(id: &str, top: i32) {
    if let Some(element) = element(id) {
        element.set_scroll_top(top);
    }
}

fn field(id: &str) -> String {
    let value = element(id).and_then(|field| Reflect::get(&field, &"value".into()).ok());
    value.and_then(|value| value.as_string()).unwrap_or_default()
}

fn fill(id: &str, text: &str) {
    if let Some(field) = element(id) {
        // The browser's own memory of forms may be older than ours. What cannot be written is not in the
        // way.
        for (name, value) in [("value", text), ("autocomplete", "off")] {
            let _ = Reflect::set(&field, &name.into(), &value.into());
        }
    }
}

fn keep(room: &str, text: &str) {
    if let Some(storage) = window().session_storage().ok().flatten() {
        let kept = storage.set_item(&path(room), text);
        // Where there is no place for it, what was kept before would be in its way.
        let _ = kept.or_else(|_| storage.remove_item(&path(room)));
    }
}

fn kept(room: &str) -> Option<String> {
    window().session_storage().ok()??.get_item(&path(room)).ok()?
}

fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Nor what cannot be focused.
        let _ = element.focus();
    }
}

/// One who is in a room.
struct Stay {
    url: String,
    browser: String,
    tab: String,
    name: RwSignal<String>,
    /// When the lease was renewed last; `None` while the page is asleep.
    renewed: Cell<Option<Mono>>,
}

/// Holds a lease until the current owner is gone. It is renewed with the ticks of the stream, which
/// come in time where a hidden page's timers do not, and by a timer where the ticks are far apart.
fn stay(room: String, name: RwSignal<String>) {
    let url = path(&room) + "/here";
    let (browser, renewed) = (browser(), Cell::new(Some(now())));
    let stay = Rc::new(Stay { url, browser, tab: key(), name, renewed });
    let pushes = expect_context::<Feed>().pushes;
    let at_tick = stay.clone();
    Effect::new(move || {
        pushes.track();
        at_tick.renew_if_due();
    });
    let at_name = stay.clone();
    Effect::new(move || {
        name.track();
        at_name.tell(false);
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
        let form =
            [("browser", &*self.browser), ("tab", &self.tab), ("name", &name), ("leave", leave)];
        let form: UrlSearchParams = crate::talk::form(&form).unchecked_into();
        // One that is not sent is followed by another.
        let _ = window().navigator().send_beacon_with_opt_url_search_params(&self.url, Some(&form));
    }
}

/// The browser's name among the visitors: the same in all its tabs. Where a browser keeps nothing for a
/// page, each stay is one of its own.
fn browser() -> String {
    let storage = window().local_storage().ok().flatten();
    let kept = storage.as_ref().and_then(|it| it.get_item(BROWSER).ok().flatten());
    kept.unwrap_or_else(|| {
        let name = key();
        if let Some(storage) = storage {
            let _ = storage.set_item(BROWSER, &name);
        }
        name
    })
}
