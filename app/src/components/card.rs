//! A card: one figure under its heading, and what explains it.

use leptos::prelude::*;

/// One figure under its heading.
#[component]
pub fn Card(
    /// What the figure is.
    heading: &'static str,
    /// The figure, and what explains it.
    children: Children,
) -> impl IntoView {
    view! {
        <article class="card">
            <h2>{heading}</h2>
            {children()}
        </article>
    }
}
