//! A card: one figure under its heading, and what explains it.

use leptos::prelude::*;

/// One figure under its heading.
#[component]
pub fn Card<C: IntoView + 'static>(
    /// What the figure is.
    heading: &'static str,
    /// Only a script can know it: without scripts there is no such card.
    #[prop(optional)]
    by_script: bool,
    /// The figure, and what explains it.
    children: TypedChildren<C>,
) -> impl IntoView {
    view! {
        <article class="card" class:with-script=by_script>
            <h2>{heading}</h2>
            {children.into_inner()()}
        </article>
    }
}
