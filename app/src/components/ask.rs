//! A form that asks for a name and goes to an address with the name in its query.

use leptos::prelude::*;

use crate::{erased::effect, seams::Browser};

/// A form with one field.
#[component]
pub fn Ask(
    /// The address that it leads to.
    action: String,
    /// The parameter's name, and the field's id.
    name: &'static str,
    /// What is asked for.
    label: &'static str,
    /// What the field holds.
    value: String,
    /// What the button says.
    button: &'static str,
    /// What was wrong with what was asked for before.
    problem: Option<&'static str>,
) -> impl IntoView {
    if let Some(browser) = use_context::<Browser>() {
        effect(browser.window.refocus);
    }
    let invalid = problem.map(|_| "true");
    let described = problem.map(|_| "problem");
    let problem = problem.map(|it| view! { <p id="problem" class="problem" role="alert">{it}</p> });
    view! {
        <form class="ask" action=action>
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                value=value
                required=true
                dir="auto"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=described
            />
            <button id="ask" class="button">{button}</button>
            {problem}
        </form>
    }
}
