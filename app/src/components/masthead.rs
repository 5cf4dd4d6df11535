//! The masthead: the bell, the pages, the other language.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    components::{Bell, LanguageSwitch},
    feed::Feed,
    page::Page,
    text::text,
};

/// What stands above every page.
#[component]
pub fn Masthead(feed: Feed) -> impl IntoView {
    let words = &text().pages;
    view! {
        <header class="masthead">
            <a class="logo" href="/"><Bell feed/>{text().name}</a>
            <nav aria-label=words.heading>
                {Page::ALL.map(|page| {
                    let exact = page == Page::Time;
                    view! { <A href=page.path() exact=exact>{page.name(text())}</A> }
                }).collect_view()}
            </nav>
            <LanguageSwitch/>
        </header>
    }
}
