//! The missing page.

use leptos::prelude::*;

/// The page.
#[component]
pub fn MissingPage() -> impl IntoView {
    view! { <h1>"Missing"</h1> }
}
