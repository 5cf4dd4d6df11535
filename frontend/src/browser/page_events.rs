//! The browser's events about the page and the network.

use std::rc::Rc;

use gloo_events::EventListener;
use leptos::prelude::{document, window};
use web_sys::{Event, EventTarget, VisibilityState};

/// Calls `hear` with each event of a name, until the listener is dropped. (Of one type: each closure brings
/// machine code of its own.)
pub fn on(target: &EventTarget, name: &'static str, hear: Box<dyn Fn(&Event)>) -> EventListener {
    EventListener::new(target, name, move |event| hear(event))
}

/// What happened to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// It can be seen again: shown, brought back from the back-forward cache, or thawed.
    Awake,
    /// It can no longer be seen.
    Hidden,
    /// It is frozen or left, and may come back.
    Asleep,
    /// The network is back, as far as the browser knows.
    Online,
}

/// Calls `on` with everything that happens, until the listeners are dropped.
pub fn listen(on: impl Fn(PageEvent) + 'static) -> Vec<EventListener> {
    listeners(&(Rc::new(on) as Rc<dyn Fn(PageEvent)>))
}

fn listeners(told: &Rc<dyn Fn(PageEvent)>) -> Vec<EventListener> {
    let listener = |target: &EventTarget, name: &'static str, event: fn() -> PageEvent| {
        let told = told.clone();
        on(target, name, Box::new(move |_| told(event())))
    };
    let (window, document) = (window(), document());
    vec![
        listener(&window, "online", || PageEvent::Online),
        listener(&window, "pageshow", seen),
        listener(&window, "pagehide", || PageEvent::Asleep),
        listener(&document, "freeze", || PageEvent::Asleep),
        listener(&document, "resume", || PageEvent::Awake),
        listener(&document, "visibilitychange", seen),
    ]
}

/// Whether anybody can see the page.
#[must_use]
pub fn visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

fn seen() -> PageEvent {
    if visible() { PageEvent::Awake } else { PageEvent::Hidden }
}
