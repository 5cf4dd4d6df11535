//! Every word that a page says, in one typed table for each language, and the way lengths of time are
//! said.

pub mod chat;
mod chinese;
pub mod console;
pub mod document;
mod english;
pub mod status;

use leptos::prelude::use_context;

use crate::{language::Language, writing::number};

pub use chinese::CHINESE;
pub use english::ENGLISH;

/// The words of one language. A missing one does not compile.
#[derive(Debug)]
pub struct Text {
    /// The language's BCP 47 tag, for the `lang` attribute.
    pub tag: &'static str,
    /// The language's name in itself.
    pub language: &'static str,
    /// The product's name.
    pub name: &'static str,
    /// What the page is, for search engines and link previews.
    pub description: &'static str,
    /// The time page's heading.
    pub server_time: &'static str,
    /// Sunday to Saturday.
    pub weekdays: [&'static str; 7],
    /// January to December.
    pub months: [&'static str; 12],
    /// A calendar day: weekday, day, month, year.
    pub date: fn(&str, u8, &str, i32) -> String,
    /// The window's title, from hours and minutes or from the page's name.
    pub title: fn(&str) -> String,
    /// Said of a time that nothing has carried on since the page was made.
    pub as_of_loading: &'static str,
    /// Said of a time that was carried on since, before the first probe.
    pub unchecked: &'static str,
    /// Said beside it where scripts do not run.
    pub without_script: &'static str,
    /// Leads in the clock's error.
    pub exact_to: &'static str,
    /// What the clock's error is against.
    pub against_this_server: &'static str,
    /// The visitor's clock, by so much.
    pub yours_behind: fn(&str) -> String,
    /// The visitor's clock, by so much.
    pub yours_ahead: fn(&str) -> String,
    /// The visitor's clock is the server's, as far as can be told.
    pub yours_agrees: &'static str,
    /// One of the three against this server; whether it is the last, and whether it is the second.
    pub yours: fn(&str, bool, bool) -> String,
    /// Leads in the visitor's clock.
    pub your_clock: &'static str,
    /// Said beside that of a server whose own clock nothing keeps in step.
    pub not_synchronised: &'static str,
    /// A switch for hours from 0 to 23; the other is UTC.
    pub hours_24: &'static str,
    /// Behind a measurement, its error.
    pub within: fn(&str) -> String,
    /// [`Link::Opening`](crate::Link::Opening).
    pub opening: &'static str,
    /// [`Link::Live`](crate::Link::Live), without figures.
    pub live: &'static str,
    /// [`Link::Live`](crate::Link::Live): confirmed so long ago.
    pub live_confirmed: fn(&str) -> String,
    /// [`Link::Live`](crate::Link::Live), but the clock is not confirmed.
    pub live_unconfirmed: &'static str,
    /// [`Link::Waiting`](crate::Link::Waiting), without figures.
    pub waiting: &'static str,
    /// [`Link::Waiting`](crate::Link::Waiting): the next attempt in so long.
    pub waiting_for: fn(&str) -> String,
    /// [`Link::Silent`](crate::Link::Silent), without figures.
    pub silent: &'static str,
    /// [`Link::Silent`](crate::Link::Silent): for so long.
    pub silent_for: fn(&str) -> String,
    /// Said of digits that stand still: where they stopped, and for how long nothing confirmed them.
    pub stopped: fn(&str, &str) -> String,
    /// Said of a clock that was set anew by so much.
    pub stepped: fn(&str) -> String,
    /// Leads a keyboard past the masthead.
    pub skip: &'static str,
    /// Units of time.
    pub units: Units,
    /// The pages' names.
    pub pages: Pages,
    /// Words of the page that is shown where there is none.
    pub missing: Missing,
    /// Words of the banner that says that the page is not connected.
    pub banner: Banner,
    /// Headings and words of the cards.
    pub cards: Cards,
    /// Words of the snippets under the cards.
    pub snippets: Snippets,
    /// Words of the status page.
    pub status: &'static status::Words,
    /// Words of the chat.
    pub chat: &'static chat::Words,
    /// Words of the console.
    pub console: &'static console::Words,
}

/// Units of time, as they follow a number.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after the unit")]
pub struct Units {
    pub milliseconds: &'static str,
    pub seconds: &'static str,
    pub minutes: &'static str,
    pub hours: &'static str,
    pub days: &'static str,
}

/// The pages' names in the masthead, and what those are that are more than a time.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after the page")]
pub struct Pages {
    pub heading: &'static str,
    pub time: &'static str,
    pub status: &'static str,
    pub chat: &'static str,
    pub console: &'static str,
    pub status_means: &'static str,
    pub chat_means: &'static str,
    pub console_means: &'static str,
}

/// Words of the page that is shown where there is none.
#[derive(Debug)]
pub struct Missing {
    /// Its heading.
    pub heading: &'static str,
    /// What it is, for a program that reads descriptions.
    pub explained: &'static str,
    /// What was asked for, before and after the path.
    pub asked: (&'static str, &'static str),
    /// Leads in the pages that there are.
    pub instead: &'static str,
}

/// Words of the banner that says that the page is not connected.
#[derive(Debug)]
pub struct Banner {
    /// There is no stream.
    pub lost: &'static str,
    /// What that means for what is on the page.
    pub means: &'static str,
    /// There is one again: spoken, not shown.
    pub back: &'static str,
}

/// Headings and words of the time page's cards.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it heads")]
pub struct Cards {
    pub figures: &'static str,
    pub your_clock: &'static str,
    pub your_clock_plot: &'static str,
    pub measuring: &'static str,
    pub round_trip: &'static str,
    pub best_of_last: &'static str,
    pub server_clock: &'static str,
    pub synchronised: &'static str,
    pub not_synchronised: &'static str,
    pub not_known: &'static str,
    pub synchronised_means: &'static str,
    pub not_synchronised_means: &'static str,
    pub not_known_means: &'static str,
    pub watching: &'static str,
    /// What is counted; whether it is one.
    pub watching_means: fn(bool) -> &'static str,
    /// How many tabs of the visitor's share one connection.
    pub tabs: fn(&str, bool) -> String,
    pub pushes: &'static str,
    pub no_push: &'static str,
}

/// Words of the snippets that show how to read the stream.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it labels")]
pub struct Snippets {
    pub heading: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub not_copied: &'static str,
}

/// The words of the page, in the [`Language`] in the context.
#[must_use]
pub fn text() -> &'static Text {
    use_context::<Language>().unwrap_or_default().text()
}

/// A length of time in microseconds, in the unit that suits it, to the nearest: `3 ms`, `1.2 s`,
/// `4 min 10 s`. A negative one is said without its sign.
#[must_use]
pub fn length(micros: i64) -> String {
    let nearest = |unit: u64| (micros.unsigned_abs().saturating_add(unit / 2) / unit).cast_signed();
    let (millis, tenths, seconds) = (nearest(1000), nearest(100_000), nearest(1_000_000));
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let units = &text().units;
    match seconds {
        _ if millis < 1000 => said(millis, 0, units.milliseconds),
        _ if tenths < 600 => said(tenths, 1, units.seconds),
        0..3600 => both(said(minutes, 0, units.minutes), said(seconds % 60, 0, units.seconds)),
        3600..86_400 => both(said(hours, 0, units.hours), said(minutes % 60, 0, units.minutes)),
        _ => both(said(days, 0, units.days), said(hours % 24, 0, units.hours)),
    }
}

/// An error in microseconds, never said smaller than it is: `± 3 ms`.
#[must_use]
pub fn error(micros: i64) -> String {
    let millis = micros.unsigned_abs().div_ceil(1000).cast_signed();
    let units = &text().units;
    let error = if millis < 10_000 {
        said(millis, 0, units.milliseconds)
    } else {
        said(millis.unsigned_abs().div_ceil(1000).cast_signed(), 0, units.seconds)
    };
    format!("± {error}")
}

/// An elapsed time in microseconds, to the tenth of a second below ten seconds: `0.8 s`, `12 s`.
#[must_use]
pub fn elapsed(micros: i64) -> String {
    let tenths = micros.max(0) / 100_000;
    if tenths < 100 { said(tenths, 1, text().units.seconds) } else { long(tenths / 10) }
}

/// A wait in microseconds, in whole seconds and never less than one: `4 s`.
#[must_use]
pub fn wait(micros: i64) -> String {
    long((micros.max(0) / 1_000_000).saturating_add(1))
}

fn long(seconds: i64) -> String {
    if seconds < 60 {
        said(seconds, 0, text().units.seconds)
    } else {
        length(seconds.saturating_mul(1_000_000))
    }
}

fn said(value: i64, decimals: u8, unit: &str) -> String {
    format!("{} {unit}", number(value, decimals))
}

fn both(larger: String, smaller: String) -> String {
    larger + " " + &smaller
}

#[cfg(test)]
mod tests {
    use leptos::prelude::{Owner, provide_context};

    use super::*;

    #[test]
    fn lengths_are_said_in_the_unit_that_suits_them() {
        for (micros, said) in [
            (84_499, "84 ms"),
            (-84_499, "84 ms"),
            (999_500, "1.0 s"),
            (1_250_000, "1.3 s"),
            (4_990_000, "5.0 s"),
            (59_960_000, "1 min 0 s"),
            (89_990_000, "1 min 30 s"),
            (7_500_000_000, "2 h 5 min"),
            (200_000_000_000, "2 d 7 h"),
            (i64::MIN, "106,751,991 d 4 h"),
        ] {
            assert_eq!(length(micros), said);
        }
    }

    #[test]
    fn an_error_is_never_said_smaller_than_it_is() {
        assert_eq!(
            [1, 3_000, 3_001, 12_000_001].map(error),
            ["± 1 ms", "± 3 ms", "± 4 ms", "± 13 s"]
        );
    }

    #[test]
    fn elapsed_times_lose_their_tenths_when_they_no_longer_matter() {
        assert_eq!(
            [-5, 840_000, 9_990_000, 10_000_000, 75_000_000].map(elapsed),
            ["0.0 s", "0.8 s", "9.9 s", "10 s", "1 min 15 s"]
        );
        assert_eq!([0, 3_999_999].map(wait), ["1 s", "4 s"]);
    }

    #[test]
    fn lengths_are_said_in_the_language_of_the_page() {
        Owner::new().with(|| {
            provide_context(Language::Chinese);
            assert_eq!(
                [84_000, 7_500_000_000, 200_000_000_000].map(length),
                ["84 毫秒", "2 小时 5 分", "2 天 7 小时"]
            );
            assert_eq!(error(12_000_001), "± 13 秒");
            assert_eq!([840_000, 75_000_000].map(elapsed), ["0.8 秒", "1 分 15 秒"]);
            assert_eq!(wait(0), "1 秒");
        });
    }
}
