//! Why there is no status to see: a refusal goes in, words and what to do about it come out.

use leptos::{either::EitherOf3, prelude::*};

use crate::{
    command::token_to_read,
    components::{SignIn, failed},
    event::STATUS,
    feed::Feed,
    follow::Refusal,
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

/// How to get a token, and a field for it, unless there is one on the page already.
#[component]
fn LogIn() -> impl IntoView {
    let words = &text().status.refusal;
    let feed = expect_context::<Feed>();
    let command = feed.token_maker.get_value().map(|maker| {
        let command = token_to_read(&maker, STATUS);
        view! {
            <p>{words.makes_token}</p>
            <pre class="command" tabindex="0"><code>{command}</code></pre>
        }
    });
    let asked = feed.ended.get() || failed();
    view! {
        {command}
        {(!asked).then(|| view! { <SignIn button=words.log_in/> })}
    }
}
