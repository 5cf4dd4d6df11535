//! The time page: the server's time, how exact it is, and what its stream is doing.

use leptos::{either::Either, prelude::*};

use crate::{
    components::{Card, LinkPill, Snippets, Spark},
    feed::{Feed, Offset, Push},
    text::{elapsed, error, length, text},
    tick::Tick,
    writing::number,
};

/// Tenths of a second are drawn while the error is at most this, in microseconds.
const TENTHS_WITHIN: i64 = 50_000;

/// The page at `/`.
#[component]
pub fn TimePage(
    /// The time when the page was rendered.
    born: Tick,
    feed: Feed,
) -> impl IntoView {
    let stopped = Memo::new(move |_| feed.reading.get().is_some_and(|reading| reading.stopped));
    view! {
        <div class:stopped=stopped>
            <Hero born feed/>
            <Figures feed/>
            <Snippets origin=feed.origin/>
        </div>
    }
}

/// The number that is the picture, and the line that makes it honest.
#[component]
fn Hero(
    /// The time when the page was rendered, shown until the clock has been measured.
    born: Tick,
    feed: Feed,
) -> impl IntoView {
    let shown = Memo::new(move |_| match feed.reading.get() {
        Some(reading) => Tick::from_micros(reading.shown),
        None => born,
    });
    let second =
        Memo::new(move |_| Tick::from_micros(shown.get().millis().div_euclid(1000) * 1_000_000));
    let face = Memo::new(move |_| (feed.writing.get().face)(second.get()));
    let date = move || (feed.writing.get().date)(second.get());
    let tenth = move || match feed.reading.get() {
        Some(reading) if reading.error <= TENTHS_WITHIN => {
            format!(".{}", shown.get().millis().rem_euclid(1000) / 100)
        }
        _ => String::new(),
    };
    view! {
        <section class="hero">
            <h1 class="visually-hidden">{text().server_time}</h1>
            <p class="date">{date}" · "<span class="zone">{move || feed.writing.get().zone}</span></p>
            <p class="clock" role="timer">
                <time datetime=move || shown.get().to_string()>
                    <small class="period">{move || face.get().before}</small>
                    <span class="digits">{move || face.get().digits}</span>
                    <small class="tenth">{tenth}</small>
                    <small class="period">{move || face.get().after}</small>
                </time>
            </p>
            <Truth feed/>
            <LinkPill feed/>
            <Beat feed/>
            <p class="without-script">{text().without_script}</p>
        </section>
    }
}

/// The clock's error against this server's clock, and the visitor's clock against it.
#[component]
fn Truth(feed: Feed) -> impl IntoView {
    let stopped = Memo::new(move |_| feed.reading.get().is_none_or(|reading| reading.stopped));
    let exact = move || match feed.reading.get() {
        None => Either::Left(text().as_of_loading.to_owned()),
        Some(reading) if reading.stopped => {
            let face = (feed.writing.get().face)(Tick::from_micros(reading.shown));
            let unconfirmed = elapsed(feed.now.get() - reading.confirmed);
            Either::Left((text().stopped)(&face.digits, &unconfirmed))
        }
        Some(reading) => Either::Right(view! {
            {text().exact_to}" "<b class="error">{error(reading.error)}</b>" "{text().against_this_server}
        }),
    };
    let yours = move || {
        // What was measured before the clock stopped may be true no longer.
        let offset = feed.offsets.read().last().copied();
        offset.filter(|_| !stopped.get()).map(|offset| {
            view! {
                " · "{text().your_clock}" "<b>{against_server(offset)}</b>", "{error(offset.error)}
            }
        })
    };
    let stepped = move || feed.step.get().map(|by| view! { " · "{(text().stepped)(&length(by))} });
    view! {
        <p class="truth">
            {exact}
            {yours}
            {stepped}
        </p>
    }
}

/// In words, how far the visitor's clock is off: `84 ms behind`.
fn against_server(offset: Offset) -> String {
    match offset.ahead {
        ahead if ahead.saturating_abs() <= offset.error => text().yours_agrees.to_owned(),
        ahead if ahead < 0 => (text().yours_behind)(&length(ahead)),
        ahead => (text().yours_ahead)(&length(ahead)),
    }
}

/// The thin bar that fills until the next push.
#[component]
fn Beat(feed: Feed) -> impl IntoView {
    let interval = i64::from(feed.interval_ms) * 1000;
    let width = move || match feed.reading.get() {
        Some(reading) if !reading.stopped => reading.shown.rem_euclid(interval) * 100 / interval,
        _ => 0,
    };
    view! {
        <svg class="beat with-script" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect width=width height="1"/>
        </svg>
    }
}

/// The cards: one figure each.
#[component]
fn Figures(feed: Feed) -> impl IntoView {
    let words = &text().cards;
    let yours = move || match feed.offsets.read().last() {
        Some(&offset) => {
            Either::Left(view! { {against_server(offset)}" "<small>{error(offset.error)}</small> })
        }
        None => Either::Right(words.measuring),
    };
    let round_trip = move || match feed.round_trip.get() {
        Some(micros) => tenths_of_ms(micros),
        None => words.measuring.to_owned(),
    };
    let tabs = move || {
        let tabs = feed.tabs.get()?;
        Some((words.tabs)(&number(tabs.into(), 0), tabs == 1))
    };
    let (synchronised, means) = (
        move || match feed.synchronised.get() {
            Some(true) => words.synchronised,
            Some(false) => words.not_synchronised,
            None => words.not_known,
        },
        move || match feed.synchronised.get() {
            Some(true) => words.synchronised_means,
            Some(false) => words.not_synchronised_means,
            None => words.not_known_means,
        },
    );
    view! {
        <section class="figures" aria-label=words.figures>
            <Card heading=words.your_clock by_script=true>
                <p class="figure">{yours}</p>
                <Spark label=words.your_clock_plot offsets=feed.offsets/>
            </Card>
            <Card heading=words.round_trip by_script=true>
                <p class="figure">{round_trip}</p>
                <p>{words.best_of_last}" · "<span class="http-version">{feed.http_version}</span></p>
            </Card>
            <Card heading=words.server_clock>
                <p class="figure">{synchronised}</p>
                <p>{means}</p>
            </Card>
            <Card heading=words.watching>
                <p class="figure readers">{move || number(feed.readers.get().into(), 0)}</p>
                <p>{words.watching_means}</p>
                <p class="tabs with-script">{tabs}</p>
            </Card>
            <Card heading=words.pushes by_script=true>
                <Pushes feed/>
            </Card>
        </section>
    }
}

/// The last pushed messages, as they came, and how late each was.
#[component]
fn Pushes(feed: Feed) -> impl IntoView {
    let none =
        move || feed.pushes.read().is_empty().then_some(view! { <p>{text().cards.no_push}</p> });
    view! {
        {none}
        <ol class="pushes">
            <For each=move || feed.pushes.get() key=|push| push.number let:push>
                <li><span>{data(push)}</span><span>{push.late.map(late)}</span></li>
            </For>
        </ol>
    }
}

/// The message's `data` without the day, which the page shows already.
fn data(push: Push) -> String {
    push.tick.to_string().split_off(11)
}

/// How late a push was: `+3.1 ms`.
fn late(micros: i64) -> String {
    format!("{}{}", if micros < 0 { "" } else { "+" }, tenths_of_ms(micros))
}

/// Microseconds as milliseconds, to the nearest tenth: `3.1 ms`.
fn tenths_of_ms(micros: i64) -> String {
    let tenths = micros.saturating_add(50).div_euclid(100);
    format!("{} {}", number(tenths, 1), text().units.milliseconds)
}
