//! The table of words that each language fills in.

use super::{chat, console, status};

/// The words of one language. A missing one does not compile.
#[derive(Debug)]
pub struct Text {
    /// The language's own name.
    pub language: &'static str,
    /// The product's name.
    pub name: &'static str,
    /// What the time page is, for search engines and link previews.
    pub description: &'static str,
    /// The time page's heading.
    pub server_time: &'static str,
    /// Sunday to Saturday.
    pub weekdays: [&'static str; 7],
    /// January to December.
    pub months: [&'static str; 12],
    /// A calendar day: weekday, day, month, year.
    pub date: fn(&str, u8, &str, i32) -> String,
    /// The window title, for hours and minutes or a page's name.
    pub title: fn(&str) -> String,
    /// Under a time that stands still as the server rendered it.
    pub as_of_loading: &'static str,
    /// Under a time that has ticked since, before the first probe.
    pub unchecked: &'static str,
    /// Under it where scripts do not run.
    pub without_script: &'static str,
    /// Before the clock's error, with any space between them.
    pub exact_to: &'static str,
    /// After the clock's error, with any space between them: which clock it is measured against.
    pub against_this_server: &'static str,
    /// How far the visitor's clock is behind.
    pub yours_behind: fn(&str) -> String,
    /// How far the visitor's clock is ahead.
    pub yours_ahead: fn(&str) -> String,
    /// After [`your_clock`](Self::your_clock), where the offset is within its error.
    pub agrees: &'static str,
    /// Around [`yours_behind`](Self::yours_behind) or, if the argument is true,
    /// [`yours_ahead`](Self::yours_ahead), in a sentence that begins with [`your_clock`](Self::your_clock).
    pub against: fn(bool) -> [&'static str; 2],
    /// Begins the sentence about the visitor's clock, with any space after it.
    pub your_clock: &'static str,
    /// Added where the server's own clock is not synchronised.
    pub not_synchronised: &'static str,
    /// The switch for the 24-hour clock. The other switch is UTC.
    pub hours_24: &'static str,
    /// After a measurement: its error.
    pub within: fn(&str) -> String,
    /// [`Link::Opening`](crate::Link::Opening).
    pub opening: &'static str,
    /// [`Link::Live`](crate::Link::Live), without figures.
    pub live: &'static str,
    /// [`Link::Live`](crate::Link::Live): how long ago the clock was confirmed.
    pub live_confirmed: fn(&str) -> String,
    /// [`Link::Live`](crate::Link::Live), but the clock is not confirmed.
    pub live_unconfirmed: &'static str,
    /// [`Link::Waiting`](crate::Link::Waiting), without figures.
    pub waiting: &'static str,
    /// [`Link::Waiting`](crate::Link::Waiting): how long until the next attempt.
    pub waiting_for: fn(&str) -> String,
    /// [`Link::Silent`](crate::Link::Silent), without figures.
    pub silent: &'static str,
    /// [`Link::Silent`](crate::Link::Silent): for how long.
    pub silent_for: fn(&str) -> String,
    /// Under digits that have stopped: where, and for how long they have been unconfirmed.
    pub stopped: fn(&str, &str) -> String,
    /// Added after the displayed time was stepped: by how much.
    pub stepped: fn(&str) -> String,
    /// The link that takes keyboard users past the masthead.
    pub skip: &'static str,
    /// Units of time.
    pub units: Units,
    /// The pages' names and descriptions.
    pub pages: Pages,
    /// Words of the 404 page.
    pub missing: Missing,
    /// Words of the banner shown while there is no connection.
    pub banner: Banner,
    /// Words of the time page's cards.
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

/// The pages' names, as the masthead shows them, and their descriptions.
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
    pub sign_out: &'static str,
    /// The subject of the visitor's token.
    pub signed_in_as: fn(&str) -> String,
}

/// Words of the 404 page.
#[derive(Debug)]
pub struct Missing {
    /// Its heading.
    pub heading: &'static str,
    /// Its description, for search engines and link previews.
    pub explained: &'static str,
    /// Before and after the path that was asked for.
    pub asked: (&'static str, &'static str),
    /// Introduces the list of pages.
    pub instead: &'static str,
}

/// Words of the banner shown while there is no connection.
#[derive(Debug)]
pub struct Banner {
    /// There is no stream.
    pub lost: &'static str,
    /// What that means for the rest of the page.
    pub means: &'static str,
    /// There is a stream again: announced to screen readers, not shown.
    pub back: &'static str,
}

/// Words of the time page's cards.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is named after what it labels")]
pub struct Cards {
    pub figures: &'static str,
    pub your_clock: &'static str,
    pub your_clock_plot: &'static str,
    /// In place of an offset that is within its error.
    pub agrees: &'static str,
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
    /// What the figure counts, and whether it is 1.
    pub watching_means: fn(bool) -> &'static str,
    /// How many of the visitor's tabs share one connection, and whether that is 1.
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
