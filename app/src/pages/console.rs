//! The console: what is published to a topic, as it arrives.

use leptos::prelude::*;

/// The page at `/console`.
#[component]
pub fn ConsolePage(
    /// The end of the log when the page was rendered.
    after: String,
) -> impl IntoView {
    view! { <h1>"Console"</h1><p>{after}</p> }
}
