//! Every word that a page says, in one typed table for each language, and the way lengths of time are
//! said.

pub mod console;
mod english;
pub mod status;

use leptos::prelude::use_context;

use crate::language::Language;

pub use english::ENGLISH;
pub use english::ENGLISH as CHINESE;

/// The words of one language. A missing one does not compile.
#[derive(Debug)]
pub struct Text {
    /// The language's BCP 47 tag, for the `lang` attribute.
    pub tag: &'static str,
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
    /// The window's title, from hours and minutes.
    pub title: fn(&str) -> String,
    /// Said of a time that nothing has carried on since the page was made.
    pub as_of_loading: &'static str,
    /// Said beside it where scripts do not run.
    pub without_script: &'static str,
    /// Leads in the clock's error.
    pub exact_to: &'static str,
    /// What the clock's error is against.
    pub against_this_server: &'static str,
    /// The visitor's clock, by so much, with an error.
    pub yours_behind: fn(&str) -> String,
    /// The visitor's clock, by so much, with an error.
    pub yours_ahead: fn(&str) -> String,
    /// The visitor's clock is the server's, as far as can be told.
    pub yours_agrees: &'static str,
    /// Leads in the visitor's clock.
    pub your_clock: &'static str,
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
    /// The pages' names.
    pub pages: Pages,
    /// Headings and words of the cards.
    pub cards: Cards,
    /// Words of the snippets under the cards.
    pub snippets: Snippets,
    /// Words of the status page.
    pub status: &'static status::Words,
    /// Words of the console.
    pub console: &'static console::Words,
}

/// The pages' names in the masthead.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after the page")]
pub struct Pages {
    pub heading: &'static str,
    pub time: &'static str,
    pub status: &'static str,
    pub console: &'static str,
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
    pub watching_means: &'static str,
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
    let nearest = |unit: u64| micros.unsigned_abs().saturating_add(unit / 2) / unit;
    let (millis, tenths, seconds) = (nearest(1000), nearest(100_000), nearest(1_000_000));
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        _ if millis < 1000 => format!("{millis} ms"),
        _ if tenths < 600 => format!("{}.{} s", tenths / 10, tenths % 10),
        0..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// An error in microseconds, never said smaller than it is: `± 3 ms`.
#[must_use]
pub fn error(micros: i64) -> String {
    let millis = micros.unsigned_abs().div_ceil(1000);
    if millis < 10_000 {
        return format!("± {millis} ms");
    }
    format!("± {} s", millis.div_ceil(1000))
}

/// An elapsed time in microseconds, to the tenth of a second below ten seconds: `0.8 s`, `12 s`.
#[must_use]
pub fn elapsed(micros: i64) -> String {
    let tenths = micros.max(0) / 100_000;
    if tenths < 100 { format!("{}.{} s", tenths / 10, tenths % 10) } else { long(tenths / 10) }
}

/// A wait in microseconds, in whole seconds and never less than one: `4 s`.
#[must_use]
pub fn wait(micros: i64) -> String {
    long((micros.max(0) / 1_000_000).saturating_add(1))
}

fn long(seconds: i64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { length(seconds.saturating_mul(1_000_000)) }
}

#[cfg(test)]
mod tests {
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
            (i64::MIN, "106751991 d 4 h"),
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
}
