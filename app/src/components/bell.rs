//! The bell: swings once on every push, hangs still when the stream is silent.

use leptos::prelude::*;

use crate::{erased::words, feed::Feed};

/// The mark of the project, which swings once on each push.
#[component]
pub fn Bell(feed: Feed) -> impl IntoView {
    view! {
        <svg class="bell" data-beat=words(move || feed.beat().to_owned()) viewBox="0 0 24 24" aria-hidden="true">
            <path d="M12 2.5v2M5 18.5h14c-1.6-1.5-2.2-3.4-2.2-6.6 0-4-1.9-7-4.8-7s-4.8 3-4.8 7c0 3.2-.6 5.1-2.2 6.6Z"/>
            <path d="M10.2 18.7c.1 1.5.8 2.3 1.8 2.3s1.7-.8 1.8-2.3"/>
        </svg>
    }
}
