//! Why there is no status to see: a refusal goes in, words and what to do about it come out.

use leptos::{either::EitherOf3, prelude::*};

use crate::{address::Address, event::LOGIN_PATH, follow::Refusal, text::text};

/// Makes a token that reads the status.
const COMMAND: &str = "belfry token --read status";

/// What stands in the place of the figures.
#[component]
pub fn Refused(refusal: Refusal) -> impl IntoView {
    let words = &text().status.refusal;
    let (heading, means, rest) = match refusal {
        Refusal::Refused => (words.refused, words.refused_means, EitherOf3::A(view! { <LogIn/> })),
        Refusal::Off => (words.off, words.off_means, EitherOf3::B(())),
        Refusal::Failed => {
            let again = view! {
                <form action="/status">
                    <button class="button">{words.again}</button>
                </form>
            };
            (words.failed, words.failed_means, EitherOf3::C(again))
        }
    };
    view! {
        <section class="card notice">
            <h2>{heading}</h2>
            <p>{means}</p>
            {rest}
        </section>
    }
}

/// A plain form: a token becomes a cookie without a script.
#[component]
fn LogIn() -> impl IntoView {
    let words = &text().status.refusal;
    let failed = expect_context::<RwSignal<Address>>()
        .read_untracked()
        .parameter("login")
        .is_some_and(|it| it == "failed");
    let failed = failed.then(|| view! { <p class="problem" role="alert">{words.login_failed}</p> });
    view! {
        <pre class="command"><code>{COMMAND}</code></pre>
        <form class="ask" method="post" action=LOGIN_PATH>
            {failed}
            <label for="token">{words.token}</label>
            <input id="token" name="token" type="password" autocomplete="off" required=true/>
            <input type="hidden" name="to" value="/status"/>
            <button class="button">{words.log_in}</button>
        </form>
    }
}
