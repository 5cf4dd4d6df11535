//! Signing in and out: who the visitor is to the server goes in; a button to sign out, or a field for another
//! token where theirs has ended, comes out. Both are plain forms, which need no script.

use leptos::prelude::*;

use crate::{
    address::Address,
    changing::{flag, words},
    event::{LOGIN_PATH, LOGOUT_PATH},
    feed::Feed,
    text::text,
};

/// The button, while somebody is signed in.
#[component]
pub fn SignOut(feed: Feed) -> impl IntoView {
    let identity = feed.identity.get_value();
    let said = &text().identity;
    identity.cookie.then(|| {
        let who = identity.subject.map(|subject| (said.signed_in_as)(&subject));
        view! {
            <form class="sign-out" method="post" action=LOGOUT_PATH hidden=flag(move || feed.ended.get())>
                <input type="hidden" name="to" value=here()/>
                <button title=who>{said.sign_out}</button>
            </form>
        }
    })
}

/// Said above every page where the visitor's token has ended.
#[component]
pub fn Ended(feed: Feed) -> impl IntoView {
    let said = &text().identity;
    // What the server has answered to a token stands in the address.
    let shown = flag(move || feed.ended.get() || failed());
    move || {
        shown.get().then(|| {
            let words = (!failed()).then(|| {
                view! {
                    <div role="alert">
                        <h2>{said.ended}</h2>
                        <p>{said.ended_means}</p>
                    </div>
                }
            });
            view! {
                <section class="card notice ended">
                    {words}
                    <SignIn button=said.sign_in/>
                </section>
            }
        })
    }
}

/// A token becomes a cookie.
#[component]
pub fn SignIn(button: &'static str) -> impl IntoView {
    let words = &text().status.refusal;
    let failed =
        failed().then(|| view! { <p class="problem" role="alert">{words.login_failed}</p> });
    view! {
        <form class="ask" method="post" action=LOGIN_PATH>
            {failed}
            <label for="token">{words.token}</label>
            <input id="token" name="token" type="password" autocomplete="off" required=true/>
            <input type="hidden" name="to" value=here()/>
            <button class="button">{button}</button>
        </form>
    }
}

/// Whether a token was not accepted just now.
pub fn failed() -> bool {
    let address = expect_context::<RwSignal<Address>>();
    address.read().parameter("login").is_some_and(|it| it == "failed")
}

/// The page to come back to.
fn here() -> Signal<String> {
    let address = expect_context::<RwSignal<Address>>();
    words(move || address.read().to_string())
}
