//! The pages, and the application that shows them.

mod console;
mod missing;
mod moment;
mod status;
mod time;

use leptos::{either::EitherOf4, prelude::*};

use crate::{
    address::Address,
    components::{Banner, Masthead, keep_title},
    feed::{Born, Feed, Snapshot, Subscribe},
    page::Page,
    text::text,
};
use console::ConsolePage;
use missing::MissingPage;
use status::StatusPage;
use time::TimePage;

/// What the page at this address was born with, for the first page alone that takes it: a page that
/// is navigated to without a reload was not born.
#[derive(Clone, Copy, Debug)]
struct Birth(StoredValue<Option<Born>>);

/// How to go from page to page without a reload, given by the browser's half in the context.
#[derive(Clone, Copy, Debug)]
pub struct Navigate(pub fn(RwSignal<Address>));

impl Birth {
    fn take(self) -> Option<Born> {
        self.0.try_update_value(Option::take).flatten()
    }
}

/// The application. It is rendered by the server from the [`Snapshot`] in the context, and hydrated
/// from the same one in the browser, where it subscribes.
#[component]
pub fn App() -> impl IntoView {
    let snapshot = expect_context::<Snapshot>();
    provide_context(snapshot.language);
    provide_context(Birth(StoredValue::new(Some(snapshot.page.clone()))));
    let feed = Feed::new(&snapshot);
    provide_context(feed);
    let address = RwSignal::new(Address::new(&snapshot.address));
    provide_context(address);
    // Effects, because they do not run on the server and run after hydration.
    if let Some(Subscribe(subscribe)) = use_context() {
        Effect::new(move || subscribe(feed));
    }
    if let Some(Navigate(follow)) = use_context() {
        Effect::new(move || follow(address));
    }
    keep_title(feed, address);
    let (born, after) = (snapshot.now, snapshot.cursor);
    let page = move || match address.read().page() {
        Page::Time => EitherOf4::A(view! { <TimePage born feed/> }),
        Page::Status => EitherOf4::B(view! { <StatusPage/> }),
        Page::Console => EitherOf4::C(view! { <ConsolePage after=after.clone()/> }),
        Page::Chat | Page::Missing => EitherOf4::D(view! { <MissingPage/> }),
    };
    view! {
        <div class="page">
            <a class="skip" href="#main">{text().skip}</a>
            <Masthead feed/>
            <main id="main" tabindex="-1">{page}</main>
            <Banner feed/>
        </div>
    }
}
