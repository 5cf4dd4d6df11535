//! The masthead: the bell, the pages, the other language.

use leptos::prelude::*;

use crate::{
    address::Address,
    changing::attribute,
    components::{Bell, LanguageSwitch},
    feed::Feed,
    page::Page,
    text::text,
};

/// What stands above every page.
#[component]
pub fn Masthead(feed: Feed) -> impl IntoView {
    let address = expect_context::<RwSignal<Address>>();
    let words = &text().pages;
    let link = |page: Page| {
        let current = attribute(move || (address.read().page() == page).then_some("page"));
        view! { <a href=page.path() aria-current=current>{page.name(text())}</a> }
    };
    view! {
        <header class="masthead">
            <a class="logo" href="/"><Bell feed/>{text().name}</a>
            <nav aria-label=words.heading>
                {Page::ALL.map(link).collect_view()}
            </nav>
            <LanguageSwitch/>
        </header>
    }
}
