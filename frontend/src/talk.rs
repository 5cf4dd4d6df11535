//! The chat: what the visitor says goes in, the server's answer comes out; and while they are in a room,
//! the server hears it.

use std::{cell::Cell, rc::Rc};

use app::{
    Feed,
    chat::{Answer, Message, Unsent, path, topic},
    event::History,
    link::{Link, Mono},
    talk::{Place, Side, Take, Talk},
};
use gloo_timers::callback::Interval;
use js_sys::Reflect;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, UrlSearchParams};

use crate::{
    fetch::{self, begin, send},
    history::{encoded, page},
    json::parse,
    page_clock::now,
    page_events::{PageEvent, listen},
};

/// How many messages are read at once.
const LIMIT: u32 = 100;

/// The lease of one who is in a room is renewed after so long, in microseconds: it lasts three times as
/// long.
const RENEW_AFTER: Mono = 15_000_000;

/// How a page talks with the server.
pub fn talk() -> Talk {
    Talk {
        key,
        say,
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
        remember,
        remembered,
        stay,
    }
}

/// Random, in hexadecimal digits.
fn key() -> String {
    let random = || js_sys::Math::random().to_bits();
    format!("{:x}{:x}", random(), random())
}

fn say(room: &str, key: &str, message: &Message, take: Take<Result<String, Unsent>>) {
    let Message { name, text } = message;
    let (url, form) = (path(room), form(&[("name", name), ("text", text), ("key", key)]));
    begin(async move {
        let answered = async { fetch::text(&send("POST", &url, Some(&form)).await?).await };
        let answered = answered.await.and_then(|text| parse(&text));
        take(match answered {
            Some(Answer { id: Some(id), .. }) => Ok(id),
            Some(Answer { reason, .. }) => Err(reason.unwrap_or(Unsent::Unavailable)),
            None => Err(Unsent::Unreached),
        });
    });
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

fn remember(room: &str, place: &str) {
    if let Some(storage) = window().local_storage().ok().flatten() {
        // Where there is no place for it, more counts as unread than is.
        let _ = storage.set_item(&path(room), place);
    }
}

fn remembered(room: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(&path(room)).ok()?
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
    let url = path(&room) + "/here";
    let stay = Rc::new(Stay { url, tab: key(), name, renewed: Cell::new(Some(now())) });
    let Feed { pushes, link, .. } = expect_context();
    let at_tick = stay.clone();
    Effect::new(move || {
        pushes.track();
        at_tick.renew_if_due();
    });
    let at_name = stay.clone();
    Effect::new(move || {
        name.track();
        // A server that has begun anew knows of nobody.
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
        let form = [("browser", &*self.tab), ("tab", &self.tab), ("name", &name), ("leave", leave)];
        let form: UrlSearchParams = crate::talk::form(&form).unchecked_into();
        // One that is not sent is followed by another.
        let _ = window().navigator().send_beacon_with_opt_url_search_params(&self.url, Some(&form));
    }
}
