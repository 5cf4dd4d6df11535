//! The masthead: the bell, the pages, the other language.

use leptos::prelude::*;

use crate::{
    address::{Address, Page},
    components::Bell,
    feed::Feed,
    text::text,
};

/// What stands above every page.
#[component]
pub fn Masthead(feed: Feed) -> impl IntoView {
    let address = expect_context::<RwSignal<Address>>();
    let words = &text().pages;
    let link = move |page: Page, name: &'static str| {
        let current = move || (address.read().page() == page).then_some("page");
        view! { <a href=page.path() aria-current=current>{name}</a> }
    };
    view! {
        <header class="masthead">
            <a class="logo" href="/"><Bell feed/>{text().name}</a>
            <nav aria-label=words.heading>
                {link(Page::Time, words.time)}
                {link(Page::Status, words.status)}
                {link(Page::Console, words.console)}
            </nav>
        </header>
    }
}
