//! The pill: the state of the connection in words.

use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;

use crate::{
    erased::{flag, words},
    feed::Feed,
    lengths::{elapsed, wait},
    link::Link,
    text::text,
};

/// The link's state, with its figures for the eye, and without them for a screen reader, which would
/// otherwise read each of them out.
#[component]
pub fn LinkPill(feed: Feed) -> impl IntoView {
    let figures = words(move || {
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
    });
    let was_lost = AtomicBool::new(false);
    let spoken = words(move || {
        let link = feed.link.get();
        if link != Link::Opening {
            was_lost.store(link != Link::Live, Ordering::Relaxed);
        }
        let spoken = match link {
            // Another attempt is no news.
            Link::Opening if was_lost.load(Ordering::Relaxed) => text().waiting,
            Link::Opening => text().opening,
            Link::Live => text().live,
            Link::Waiting { .. } => text().waiting,
            Link::Silent { .. } => text().silent,
        };
        spoken.to_owned()
    });
    let live = flag(move || feed.link.get() == Link::Live);
    let lost = flag(move || matches!(feed.link.get(), Link::Waiting { .. } | Link::Silent { .. }));
    view! {
        <p class="pill with-script" class:live=live class:lost=lost aria-hidden="true">
            <span class="dot" data-beat=words(move || feed.beat().to_owned())></span>
            <span>{figures}</span>
        </p>
        <p class="visually-hidden with-script" role="status">{spoken}</p>
    }
}
