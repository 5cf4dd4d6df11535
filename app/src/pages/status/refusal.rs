//! Tells a visitor who may not see the status why, and what to do about it.

use leptos::{either::EitherOf3, prelude::*};
use wire::{
    page_data::Refusal,
    parameters::{FAILED, LOGIN, TO, TOKEN},
    paths::LOGIN_PATH,
    topics::STATUS,
};

use crate::{
    address::Address,
    command::token_to_read,
    feed::{Feed, under_base},
    text::text,
};

/// What stands in the place of the figures.
#[component]
pub fn Refused(refusal: Refusal) -> impl IntoView {
    let words = &text().status.refusal;
    let (heading, means, rest) = match refusal {
        Refusal::Refused => (words.refused, words.refused_means, EitherOf3::A(view! { <LogIn/> })),
        Refusal::Off => (words.off, words.off_means, EitherOf3::B(())),
        Refusal::Failed => {
            let again = view! {
                <form action=under_base("/status")>
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
        .parameter(LOGIN)
        .is_some_and(|it| it == FAILED);
    let failed = failed.then(|| view! { <p class="problem" role="alert">{words.login_failed}</p> });
    let maker = expect_context::<Feed>().token_maker.get_value();
    let command = maker.map(|maker| {
        let command = token_to_read(&maker, STATUS);
        view! {
            <p>{words.makes_token}</p>
            <pre class="command" tabindex="0"><code>{command}</code></pre>
        }
    });
    view! {
        {command}
        <form class="ask" method="post" action=under_base(LOGIN_PATH)>
            {failed}
            <label for="token">{words.token}</label>
            <input id="token" name=TOKEN type="password" autocomplete="off" required=true/>
            <input type="hidden" name=TO value="/status"/>
            <button class="button">{words.log_in}</button>
        </form>
    }
}
