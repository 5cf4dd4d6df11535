//! The time page: the server's time, how exact it is, and what its stream is doing.

use leptos::prelude::*;
use wire::tick::Tick;

use crate::{
    components::{Card, LinkPill, Snippets, Spark},
    erased::{click, flag, words},
    feed::{Feed, Offset, PUSHES_KEPT, Push},
    lengths::{elapsed, error, length},
    number::number,
    text::text,
    writing::{Face, Habit, UTC},
};

/// Tenths of a second are drawn while the error is at most this, in microseconds.
const TENTHS_WITHIN: i64 = 50_000;

/// The page at `/`.
#[component]
pub fn TimePage(
    /// The time when the page was rendered.
    rendered_at: Tick,
    feed: Feed,
) -> impl IntoView {
    let stopped = flag(move || feed.reading.get().is_some_and(|reading| reading.stopped));
    view! {
        <div class:stopped=stopped>
            <Hero rendered_at feed/>
            <Figures feed/>
            <Snippets url=feed.url/>
        </div>
    }
}

/// The number that is the picture, and the line that makes it honest.
#[component]
fn Hero(
    /// The time when the page was rendered, shown until the clock has been measured.
    rendered_at: Tick,
    feed: Feed,
) -> impl IntoView {
    let shown = move || match feed.reading.get() {
        Some(reading) => Tick::from_micros(reading.shown),
        None => Tick::from_micros(rendered_at.micros() + feed.carried.get()),
    };
    let second = move || Tick::from_micros(shown().millis().div_euclid(1000) * 1_000_000);
    let date = words(move || (feed.writing.read().date)(second()));
    let zone = words(move || (feed.writing.read().zone)(second()));
    let part =
        move |part: fn(Face) -> String| words(move || part((feed.writing.read().face)(second())));
    let tenth = words(move || match feed.reading.get() {
        Some(reading) if reading.error <= TENTHS_WITHIN => {
            format!(".{}", shown().millis().rem_euclid(1000) / 100)
        }
        _ => String::new(),
    });
    view! {
        <section class="hero" translate="no">
            <h1 class="visually-hidden">{text().server_time}</h1>
            <p class="date">{date}" · "<span class="zone">{zone}</span></p>
            <p class="clock" role="timer">
                <time datetime=words(move || shown().to_string())>
                    <small class="period">{part(|face| face.before)}</small>
                    <span class="digits">{part(|face| face.digits)}</span>
                    <small class="tenth">{tenth}</small>
                    <small class="period">{part(|face| face.after)}</small>
                </time>
            </p>
            <Truth feed/>
            <LinkPill feed/>
            <Beat feed/>
            <p class="habits with-script">
                {habit(feed, Habit::Hours, text().hours_24)}
                {habit(feed, Habit::Utc, UTC)}
            </p>
            <p class="without-script">{text().without_script}</p>
        </section>
    }
}

/// A switch, which is remembered.
fn habit(feed: Feed, habit: Habit, label: &'static str) -> impl IntoView {
    let is_on = move || (feed.writing.read().is_on)(habit);
    let pressed = words(move || if is_on() { "true" } else { "false" }.to_owned());
    let turn = click(move || {
        (feed.writing.read_untracked().turn)(habit);
        // What is written by it is written again.
        feed.writing.update(|_| {});
    });
    view! { <button type="button" aria-pressed=pressed on:click=turn>{label}</button> }
}

/// The clock's error against this server's clock, and the visitor's clock against it.
#[component]
fn Truth(feed: Feed) -> impl IntoView {
    let running = move || feed.reading.get().filter(|reading| !reading.stopped);
    let lead = words(move || match feed.reading.get() {
        None if feed.carried.get() > 0 => text().unchecked.to_owned(),
        None => text().as_of_loading.to_owned(),
        Some(reading) if reading.stopped => {
            let face = (feed.writing.get().face)(Tick::from_micros(reading.shown));
            let unconfirmed = elapsed(feed.now.get() - reading.confirmed);
            (text().stopped)(&face.digits, &unconfirmed)
        }
        Some(_) => text().exact_to.to_owned(),
    });
    let exact = words(move || running().map_or_else(String::new, |it| error(it.error)));
    let against = words(move || match running() {
        Some(_) => text().against_this_server.to_owned(),
        None => String::new(),
    });
    // What was measured before the clock stopped may be true no longer.
    let offset = move || feed.offsets.read().last().copied().filter(|_| running().is_some());
    let said =
        move |say: fn(Offset) -> String| words(move || offset().map_or_else(String::new, say));
    let rest = words(move || {
        let within = offset().map_or_else(String::new, |it| (text().within)(&error(it.error)));
        let by = feed.step.get().map(|by| (text().stepped)(&length(by)));
        // Where nothing is said against the server's clock, there is nothing to add to it.
        let unkept = feed.synchronised.get() == Some(false) && running().is_some();
        let own = unkept.then_some(text().not_synchronised);
        let more = by.into_iter().chain(own.map(str::to_owned)).map(|it| format!(" · {it}"));
        within + &more.collect::<String>()
    });
    view! {
        <p class="truth">
            {lead}<b class="error">{exact}</b>{against}
            {said(|_| format!(" · {}", text().your_clock))}<b>{said(against_this_server)}</b>{rest}
        </p>
    }
}

/// The visitor's clock compared with the server's, in a sentence: `is 84 ms behind this server`.
fn against_this_server(offset: Offset) -> String {
    if agrees(offset) {
        return text().agrees.to_owned();
    }
    let [before, behind] = (text().against)(offset.ahead > 0);
    before.to_owned() + &against_server(offset) + behind
}

/// The same as a figure: `84 ms behind`.
fn against_server(offset: Offset) -> String {
    match offset.ahead {
        _ if agrees(offset) => text().cards.agrees.to_owned(),
        ahead if ahead < 0 => (text().yours_behind)(&length(ahead)),
        ahead => (text().yours_ahead)(&length(ahead)),
    }
}

/// Whether the offset is no larger than its error.
fn agrees(offset: Offset) -> bool {
    offset.ahead.saturating_abs() <= offset.error
}

/// The thin bar that fills until the next push.
#[component]
fn Beat(feed: Feed) -> impl IntoView {
    let interval = i64::from(feed.interval_ms) * 1000;
    let width = words(move || {
        let reading = feed.reading.get().filter(|reading| !reading.stopped);
        let passed = reading.map_or(0, |it| it.shown.rem_euclid(interval) * 100 / interval);
        passed.to_string()
    });
    view! {
        <svg class="beat with-script" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect width=width height="1"/>
        </svg>
    }
}

/// The cards: one figure each.
#[component]
fn Figures(feed: Feed) -> impl IntoView {
    let heads = &text().cards;
    let yours = words(move || match feed.offsets.read().last() {
        Some(&offset) => against_server(offset),
        None => heads.measuring.to_owned(),
    });
    let within = words(move || {
        feed.offsets.read().last().map_or_else(String::new, |offset| error(offset.error))
    });
    let round_trip = words(move || match feed.round_trip.get() {
        Some(micros) => tenths_of_ms(micros),
        None => heads.measuring.to_owned(),
    });
    let tabs = words(move || {
        let tabs = feed.tabs.get();
        tabs.map_or_else(String::new, |it| (heads.tabs)(&number(it, 0), it == 1))
    });
    let readers = words(move || number(feed.readers.get(), 0));
    let streams = words(move || (heads.watching_means)(feed.readers.get() == 1).to_owned());
    let synchronised = move |[yes, no, unknown]: [&'static str; 3]| {
        words(move || {
            let said = feed.synchronised.get().map_or(unknown, |it| if it { yes } else { no });
            said.to_owned()
        })
    };
    let (is, means) = (
        synchronised([heads.synchronised, heads.not_synchronised, heads.not_known]),
        synchronised([
            heads.synchronised_means,
            heads.not_synchronised_means,
            heads.not_known_means,
        ]),
    );
    view! {
        <section class="figures" translate="no" aria-label=heads.figures>
            <Card heading=heads.your_clock by_script=true>
                <p class="figure">{yours}" "<small>{within}</small></p>
                <Spark label=heads.your_clock_plot offsets=feed.offsets/>
            </Card>
            <Card heading=heads.round_trip by_script=true>
                <p class="figure">{round_trip}</p>
                <p>{heads.best_of_last}" · "<span class="http-version">{Signal::<String>::from(feed.http_version)}</span></p>
            </Card>
            <Card heading=heads.server_clock>
                <p class="figure">{is}</p>
                <p>{means}</p>
            </Card>
            <Card heading=heads.watching>
                <p class="figure readers">{readers}</p>
                <p>{streams}</p>
                <p class="tabs with-script">{tabs}</p>
            </Card>
            <Card heading=heads.pushes by_script=true>
                <Pushes feed/>
            </Card>
        </section>
    }
}

/// The last pushed messages, as they came, and how late each was: as many rows as there can be.
#[component]
fn Pushes(feed: Feed) -> impl IntoView {
    let some = flag(move || !feed.pushes.read().is_empty());
    let row = |index: usize| {
        let said = move |say: fn(Push) -> String| {
            words(move || feed.pushes.read().get(index).copied().map_or_else(String::new, say))
        };
        let absent = flag(move || feed.pushes.read().len() <= index);
        view! {
            <li hidden=absent>
                <span>{said(data)}</span>
                <span>{said(|push| push.late.map_or_else(String::new, late))}</span>
            </li>
        }
    };
    view! {
        <p hidden=some>{text().cards.no_push}</p>
        <ol class="pushes">{(0..PUSHES_KEPT).map(row).collect_view()}</ol>
    }
}

/// The message's `data` without the day, which the page shows already.
fn data(push: Push) -> String {
    push.tick.to_string().split_off(11)
}

/// How late a push was, or how early it seems to have been: `+3.1 ms`, `−2.5 ms`. What rounds to nothing
/// was not early.
fn late(micros: i64) -> String {
    let sign = if micros <= -50 { '−' } else { '+' };
    format!("{sign}{}", tenths_of_ms(micros.saturating_abs()))
}

/// Microseconds as milliseconds, to the nearest tenth: `3.1 ms`.
fn tenths_of_ms(micros: i64) -> String {
    let tenths = micros.saturating_add(50).div_euclid(100);
    format!("{} {}", number(tenths, 1), text().units.milliseconds)
}

#[cfg(test)]
mod tests {
    use wire::language::Language;

    use super::*;

    #[test]
    fn a_push_is_late_or_early_with_a_sign() {
        Owner::new().with(|| {
            provide_context(Language::English);
            let said = [3_149, 0, -2_450, -9].map(late);
            assert_eq!(said, ["+3.1 ms", "+0.0 ms", "−2.5 ms", "+0.0 ms"]);
        });
    }
}
