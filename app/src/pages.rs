//! The pages, and the application that shows them.

mod chat;
mod console;
mod missing;
mod moment;
mod page_data;
mod status;
mod time;

use leptos::{either::EitherOf5, prelude::*};
use wire::page_data::{PageAt, PageData, Snapshot};

use crate::{
    address::Address,
    components::{Banner, Masthead, keep_title},
    erased::effect,
    feed::{Feed, Subscribe},
    page::Page,
    seams::Browser,
    text::text,
};
use chat::ChatPage;
use console::ConsolePage;
use missing::MissingPage;
use page_data::Loaded;
use status::StatusPage;
use time::TimePage;

/// The application. It is rendered by the server from the [`Snapshot`] in the context, and hydrated
/// from the same one in the browser, where it subscribes.
#[component]
pub fn App() -> impl IntoView {
    // Taken, for nobody else needs it: to clone it would be machine code of its own.
    let snapshot = take_context::<Snapshot>().expect("who renders the application provides it");
    provide_context(snapshot.language);
    let feed = Feed::new(&snapshot);
    provide_context(feed);
    let Snapshot { now: rendered_at, address, cursor, page, .. } = snapshot;
    let loaded = (!matches!(page, PageData::Plain)).then_some(PageAt { cursor, page });
    provide_context(Loaded(StoredValue::new(loaded)));
    let address = RwSignal::new(Address::new(&address));
    provide_context(address);
    // Effects, because they do not run on the server and run after hydration.
    if let Some(Subscribe(subscribe)) = use_context() {
        effect(move || subscribe(feed));
    }
    if let Some(browser) = use_context::<Browser>() {
        effect(move || (browser.window.navigate)(address));
    }
    keep_title(feed, address);
    let page = move || match address.read().page() {
        Page::Time => EitherOf5::A(view! { <TimePage rendered_at feed/> }),
        Page::Status => EitherOf5::B(view! { <StatusPage/> }),
        Page::Chat => EitherOf5::C(view! { <ChatPage/> }),
        Page::Console => EitherOf5::D(view! { <ConsolePage/> }),
        Page::Missing => EitherOf5::E(view! { <MissingPage/> }),
    };
    view! {
        <div class="page">
            <a class="skip" href="#main">{text().skip}</a>
            <Masthead feed/>
            <Banner feed/>
            <main id="main" tabindex="-1">{page}</main>
        </div>
    }
}
