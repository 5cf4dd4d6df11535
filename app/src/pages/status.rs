//! The status page: the server's health in the last minutes and as it is pushed, in figures and plots, or
//! why it cannot be seen.
//!
//! - `host`, `belfry`: the panels of the machine and of this server, each with its figures and its chart
//! - `panel`: how a panel is drawn; `bar`: a figure as a bar; `refusal`: why there are none

mod bar;
mod belfry;
mod host;
mod panel;
mod refusal;

use leptos::{either::EitherOf3, prelude::*};
use wire::{
    page_data::{PageData, Refusal},
    status::{Finding, STATUS_INTERVAL_MS, Trouble},
    topics::STATUS,
    trend::Trend,
};

use super::{moment::clock, page_data::page_at};
use crate::{
    components::PageHead,
    erased::{effect, flag, words},
    feed::Feed,
    lengths::length,
    link::Link,
    quantity::Unit,
    seams::{Browser, follow::Following},
    stream::StreamEvent,
    text::text,
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
        page_at(move |data| {
            settle(match data.map(|data| data.page) {
                Some(PageData::Status(found)) => found,
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
            <p class="verdict" translate="no" class:bad=bad>{verdict(trend)}</p>
            {shown}
        </div>
    }
}

/// Adds to the trend what is pushed, once there is one.
fn follow(answer: RwSignal<Option<Result<(), Refusal>>>, trend: RwSignal<Trend>) {
    let Some(browser) = use_context::<Browser>() else { return };
    effect(move || {
        if answer.get() != Some(Ok(())) {
            return;
        }
        let hear = Callback::new(move |heard| {
            let StreamEvent::Event { envelope, .. } = heard else { return };
            if let Some(status) = (browser.read.status)(&envelope.data) {
                trend.update(|trend| trend.push(status));
            }
        });
        (browser.follow)(Following { topic: STATUS.to_owned(), after: None, hear });
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
        if newest.findings.is_empty() {
            return said.all_is_well.to_owned();
        }
        let findings = newest.findings.iter().map(|&Finding { what, value }| {
            let amount = match what {
                Trouble::Log => String::new(),
                Trouble::Processor => length(value as i64 * 1_000_000),
                Trouble::Heat => Unit::Celsius.amount(value).to_string(),
                Trouble::Damage => Unit::Number.amount(value).to_string(),
                Trouble::Disk | Trouble::Memory => Unit::Percent.amount(value).to_string(),
            };
            let [before, behind] = (said.finding)(what);
            before.to_owned() + &amount + behind
        });
        findings.collect::<Vec<_>>().join(said.plot.and)
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
