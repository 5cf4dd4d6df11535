//! The notices about the visitor's identity: they stand in the document, hidden, until the browser's half
//! shows one.

use app::text::{Text, identity};
use leptos::prelude::*;
use wire::{
    identity::{BARRED_ID, ENDED_ID, Identity, REFUSED},
    language::Language,
};

/// The notices above every page. `failed`: a token was not accepted just now, and no form on the page
/// says so.
#[component]
pub(super) fn Notices(
    language: Language,
    identity: Identity,
    failed: bool,
    /// Where a form signs in.
    login: String,
) -> impl IntoView {
    let (said, asks) = (identity::words(language), &Text::of(language).status.refusal);
    let ended = (!failed).then(|| {
        view! {
            <div role="alert">
                <h2>{said.ended}</h2>
                <p>{said.ended_means}</p>
            </div>
        }
    });
    let problem = failed.then(|| view! { <p class="problem" role="alert">{asks.login_failed}</p> });
    view! {
        <section id=BARRED_ID class="card notice above" aria-label=said.barred hidden>
            <div role="alert">
                <h2>{said.barred}</h2>
                <p>{said.barred_means}</p>
            </div>
        </section>
        <section
            id=ENDED_ID
            class="card notice above"
            aria-label=said.sign_in
            hidden=!(failed || identity.mark == REFUSED)
        >
            {ended}
            // Without a field `to` it leads back to the page that it was sent from.
            <form class="ask" method="post" action=login>
                {problem}
                <label for="another-token">{asks.token}</label>
                <input id="another-token" name="token" type="password" autocomplete="off" required=true/>
                <button class="button">{said.sign_in}</button>
            </form>
        </section>
    }
}
