//! The masthead: the bell, the links to the pages, the language switch.

use leptos::prelude::*;

use crate::{
    address::Address,
    components::{Bell, LanguageSwitch, SignOut},
    erased::words,
    feed::{Feed, under_base},
    page::Page,
    text::text,
};

/// What stands above every page.
#[component]
pub fn Masthead(feed: Feed) -> impl IntoView {
    let address = expect_context::<RwSignal<Address>>();
    let said = &text().pages;
    let link = |page: Page| {
        // An empty one says the same as none.
        let current = words(move || {
            let here = address.read().page() == page;
            if here { "page" } else { "" }.to_owned()
        });
        view! { <a href=under_base(page.path()) aria-current=current>{page.name(text())}</a> }
    };
    view! {
        <header class="masthead">
            <a class="logo" href=under_base("/")><Bell feed/>{text().name}</a>
            <nav aria-label=said.heading>
                {Page::those(feed.chat).map(link).collect_view()}
            </nav>
            <SignOut feed/>
            <LanguageSwitch/>
        </header>
    }
}
