//! The masthead: the bell, the pages, the other language.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{components::Bell, feed::Feed, text::text};

/// What stands above every page.
#[component]
pub fn Masthead(feed: Feed) -> impl IntoView {
    let words = &text().pages;
    view! {
        <header class="masthead">
            <a class="logo" href="/"><Bell feed/>{text().name}</a>
            <nav aria-label=words.heading>
                <A href="/" exact=true>{words.time}</A>
                <A href="/status">{words.status}</A>
                <A href="/console">{words.console}</A>
            </nav>
        </header>
    }
}
