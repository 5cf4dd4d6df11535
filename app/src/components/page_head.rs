//! The head of a page: its name, and one line about it.

use leptos::prelude::*;

/// What a page begins with.
#[component]
pub fn PageHead(
    /// Its name.
    heading: String,
    /// How new it is, or what it is for.
    about: Signal<String>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <h1><bdi>{heading}</bdi></h1>
            <p class="age">{about}</p>
        </header>
    }
}
