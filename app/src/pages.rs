//! The pages, and the application that shows them.

mod time;

use leptos::prelude::*;

use crate::feed::{Feed, Snapshot, Subscribe};
use time::TimePage;

/// The application. It is rendered by the server from the [`Snapshot`] in the context, and hydrated
/// from the same one in the browser, where it subscribes.
#[component]
pub fn App() -> impl IntoView {
    let snapshot = SharedValue::new(expect_context::<Snapshot>).into_inner();
    let feed = Feed::new(&snapshot);
    if let Some(Subscribe(subscribe)) = use_context() {
        // An effect, because effects do not run on the server and run after hydration.
        Effect::new(move || subscribe(feed));
    }
    view! { <TimePage snapshot feed/> }
}
