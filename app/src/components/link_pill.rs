//! The pill: the state of the connection in words.

use leptos::prelude::*;

use crate::{
    feed::Feed,
    link::Link,
    text::{elapsed, text, wait},
};

/// The link's state, with its figures for the eye, and without them for a screen reader, which would
/// otherwise read each of them out.
#[component]
pub fn LinkPill(feed: Feed) -> impl IntoView {
    let figures = move || {
        let now = feed.now.get();
        match feed.link.get() {
            Link::Opening => text().opening.to_owned(),
            Link::Live => match feed.reading.get() {
                Some(reading) if !reading.stopped => {
                    (text().live_confirmed)(&elapsed(now - reading.confirmed))
                }
                _ => text().live_unconfirmed.to_owned(),
            },
            Link::Waiting { until } => (text().waiting_for)(&wait(until - now)),
            Link::Silent { since } => (text().silent_for)(&elapsed(now - since)),
        }
    };
    let words = Memo::new(move |_| match feed.link.get() {
        Link::Opening => text().opening,
        Link::Live => text().live,
        Link::Waiting { .. } => text().waiting,
        Link::Silent { .. } => text().silent,
    });
    let live = Memo::new(move |_| feed.link.get() == Link::Live);
    let lost =
        Memo::new(move |_| matches!(feed.link.get(), Link::Waiting { .. } | Link::Silent { .. }));
    view! {
        <p class="pill with-script" class:live=live class:lost=lost aria-hidden="true">
            <span class="dot" data-beat=move || feed.beat()></span>
            <span>{figures}</span>
        </p>
        <p class="visually-hidden with-script" role="status">{words}</p>
    }
}
