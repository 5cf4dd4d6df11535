//! What the browser says of the page and of the network.

use std::rc::Rc;

use gloo_events::EventListener;
use leptos::prelude::{document, window};
use web_sys::{EventTarget, VisibilityState};

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

fn listeners(on: &Rc<dyn Fn(PageEvent)>) -> Vec<EventListener> {
    let listener = |target: &EventTarget, name: &'static str, event: fn() -> PageEvent| {
        let on = on.clone();
        EventListener::new(target, name, move |_| on(event()))
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
