//! The status page.

use leptos::prelude::*;

/// The page.
#[component]
pub fn StatusPage() -> impl IntoView {
    view! { <h1>"Status"</h1> }
}
