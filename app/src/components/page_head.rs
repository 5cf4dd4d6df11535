//! The head of a page: its name, and one line about it.

use leptos::prelude::*;

/// What a page begins with.
#[component]
pub fn PageHead(
    /// Its name.
    heading: String,
    /// How new it is, or what it is for.
    about: Signal<String>,
    /// Not all of that line may be seen until one points at it or focuses it.
    #[prop(optional)]
    long: bool,
) -> impl IntoView {
    let focusable = long.then_some("0");
    view! {
        <header class="page-head">
            <h1><bdi>{heading}</bdi></h1>
            <p class="age" translate="no" tabindex=focusable>{about}</p>
        </header>
    }
}
