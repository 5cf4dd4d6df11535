//! The pages, and the application that shows them.

mod console;
mod missing;
mod moment;
mod status;
mod time;

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use crate::{
    components::Masthead,
    feed::{Born, Feed, Snapshot, Subscribe},
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

impl Birth {
    fn take(self) -> Option<Born> {
        self.0.try_update_value(Option::take).flatten()
    }
}

/// The application. It is rendered by the server from the [`Snapshot`] in the context, and hydrated
/// from the same one in the browser, where it subscribes.
#[component]
pub fn App() -> impl IntoView {
    let snapshot = SharedValue::new(expect_context::<Snapshot>).into_inner();
    provide_context(snapshot.language);
    provide_context(Birth(StoredValue::new(Some(snapshot.page.clone()))));
    let feed = Feed::new(&snapshot);
    provide_context(feed);
    if let Some(Subscribe(subscribe)) = use_context() {
        // An effect, because effects do not run on the server and run after hydration.
        Effect::new(move || subscribe(feed));
    }
    let (born, after) = (snapshot.now, snapshot.cursor);
    view! {
        <Router>
            <div class="page">
                <a class="skip" href="#main">{text().skip}</a>
                <Masthead feed/>
                <main id="main" tabindex="-1">
                    <Routes fallback=MissingPage>
                        <Route path=path!("/") view=move || view! { <TimePage born feed/> }/>
                        <Route path=path!("/status") view=StatusPage/>
                        <Route path=path!("/console") view=move || view! { <ConsolePage after=after.clone()/> }/>
                    </Routes>
                </main>
            </div>
        </Router>
    }
}
