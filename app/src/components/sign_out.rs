//! The sign-out button, for visitors who are signed in by a cookie. It is a plain form, which needs no
//! script.

use leptos::prelude::*;
use wire::paths::LOGOUT_PATH;

use crate::{
    feed::{Feed, under_base},
    text::text,
};

/// The button, while somebody is signed in.
#[component]
pub fn SignOut(feed: Feed) -> impl IntoView {
    let identity = feed.identity.get_value();
    let said = &text().pages;
    identity.cookie.then(|| {
        let who = identity.subject.map(|subject| (said.signed_in_as)(&subject));
        view! {
            <form class="sign-out" method="post" action=under_base(LOGOUT_PATH)>
                <button title=who>{said.sign_out}</button>
            </form>
        }
    })
}
