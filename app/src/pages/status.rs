//! The status page: the server's health in the last minutes goes in, and what is pushed of it;
//! figures and plots come out, or why there are none.

mod belfry;
mod host;
mod panel;
mod refusal;

use leptos::{either::EitherOf3, prelude::*};

use super::{moment::clock, newborn};
use crate::{
    changing::{effect, flag, words},
    components::PageHead,
    event::{Envelope, STATUS},
    feed::{Born, Feed},
    follow::{Fetch, Follow, Following, Heard, Refusal},
    link::Link,
    quantity::{Amount, Unit},
    status::{Finding, STATUS_INTERVAL_MS, Trend, Trouble},
    text::{length, text},
};
use belfry::BelfrySection;
use host::HostSection;
use refusal::Refused;

/// Values older than this on the server's clock, in microseconds, are not new.
const FRESH_FOR: i64 = STATUS_INTERVAL_MS as i64 * 4 * 1000;

/// The page at `/status`.
#[component]
pub fn StatusPage() -> impl IntoView {
    let trend = RwSignal::new(Trend::default());
    let answer = RwSignal::new(None::<Result<(), Refusal>>);
    let settle = move |found: Result<Trend, Refusal>| {
        answer.set(Some(found.map(|found| trend.set(found))));
    };
    let ask = move || {
        newborn(move |born| {
            settle(match born.map(|born| born.page) {
                Some(Born::Status(found)) => found,
                _ => Err(Refusal::Failed),
            });
        });
    };
    ask();
    let link = expect_context::<Feed>().link;
    effect(move || {
        // Who came while the server was away is shown the page when it is back.
        if link.get() == Link::Live && answer.get_untracked() == Some(Err(Refusal::Failed)) {
            ask();
        }
    });
    follow(answer, trend);
    let stale = stale(trend);
    let bad = flag(move || trend.read().newest.as_ref().is_some_and(|it| !it.findings.is_empty()));
    let shown = move || match answer.get() {
        None => EitherOf3::A(view! { <p class="loading">{text().status.loading}</p> }),
        Some(Ok(())) => EitherOf3::B(view! {
            <HostSection trend stale/>
            <BelfrySection trend stale/>
        }),
        Some(Err(refusal)) => EitherOf3::C(view! { <Refused refusal/> }),
    };
    view! {
        <div class="status" class:stale=stale>
            <PageHead heading=text().status.heading.to_owned() about=age(trend, stale)/>
            <p class="verdict" translate="no" role="status" class:bad=bad>{verdict(trend)}</p>
            {shown}
        </div>
    }
}

/// Adds to the trend what is pushed, once there is one.
fn follow(answer: RwSignal<Option<Result<(), Refusal>>>, trend: RwSignal<Trend>) {
    let Some((Follow(follow), fetch)) = use_context().zip(use_context::<Fetch>()) else { return };
    effect(move || {
        if answer.get() != Some(Ok(())) {
            return;
        }
        let hear = Callback::new(move |heard| {
            let Heard::Event(Envelope { data, .. }) = heard else { return };
            if let Some(status) = (fetch.status)(&data) {
                trend.update(|trend| trend.push(status));
            }
        });
        follow(Following { topic: STATUS.to_owned(), after: None, hear });
    });
}

/// Whether the newest values may no longer be what they are now.
fn stale(trend: RwSignal<Trend>) -> Signal<bool> {
    let feed = expect_context::<Feed>();
    flag(move || {
        let newest = trend.read().at.last().copied();
        let late = feed.reading.get().zip(newest);
        let late = late.is_some_and(|(now, newest)| now.shown - newest.micros() > FRESH_FOR);
        late || feed.link.get() != Link::Live
    })
}

/// Whether all is well, or what is not.
fn verdict(trend: RwSignal<Trend>) -> Signal<String> {
    words(move || {
        let said = &text().status;
        let trend = trend.read();
        let Some(newest) = &trend.newest else { return String::new() };
        let findings = newest.findings.iter().map(|Finding { what, value }| {
            let amount = match what {
                Trouble::Processor => Amount { number: length((value * 1e6) as i64), unit: "" },
                Trouble::Heat => Unit::Celsius.amount(*value),
                Trouble::Damage => Unit::Number.amount(*value),
                _ => Unit::Percent.amount(*value),
            };
            (said.finding)(*what, &amount.to_string())
        });
        match findings.collect::<Vec<_>>() {
            none if none.is_empty() => said.all_is_well.to_owned(),
            some => some.join(said.plot.and),
        }
    })
}

/// How new the values are.
fn age(trend: RwSignal<Trend>, stale: Signal<bool>) -> Signal<String> {
    let writing = expect_context::<Feed>().writing;
    words(move || {
        let said = &text().status;
        match trend.read().at.last() {
            None => String::new(),
            Some(&newest) if stale.get() => (said.as_of)(&clock(&writing.read(), newest)),
            Some(_) => said.live.to_owned(),
        }
    })
}

#[cfg(test)]
mod tests;
