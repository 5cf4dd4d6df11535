//! The 404 page: it lists the pages that exist.

use leptos::prelude::*;

use crate::{
    address::Address,
    erased,
    feed::{Feed, under_base},
    page::Page,
    text::text,
};

/// The page at any address where there is no other.
#[component]
pub fn MissingPage() -> impl IntoView {
    let words = text();
    let address = expect_context::<RwSignal<Address>>();
    let (before, after) = words.missing.asked;
    let chat = expect_context::<Feed>().chat;
    let pages = Page::those(chat).map(|page| {
        let means = page.description(words);
        view! { <li><a href=under_base(page.path())>{page.name(words)}</a><span>{means}</span></li> }
    });
    view! {
        <section class="missing">
            <p class="status-code" aria-hidden="true">"404"</p>
            <h1>{words.missing.heading}</h1>
            <p>{before}<code>{erased::words(move || under_base(&address.read().readable_path()))}</code>{after}</p>
            <p>{words.missing.instead}</p>
            <ul>{pages.collect_view()}</ul>
        </section>
    }
}
