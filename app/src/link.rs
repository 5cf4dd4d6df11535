//! The state of the connection, as the page prints it.

/// The page's monotonic clock (`performance.now()`), in microseconds since the page was opened.
/// It says how long something took, never what time it is.
pub type Mono = i64;

/// What the connection to the server is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// A source is being opened and nothing was heard from it yet.
    #[default]
    Opening,
    /// The source is open, and heard from in time.
    Live,
    /// The source failed and is closed; the next attempt starts at `until`.
    Waiting {
        /// When the next attempt starts.
        until: Mono,
    },
    /// Nothing has been heard for two intervals, though no error was reported either.
    Silent {
        /// When something was last heard.
        since: Mono,
    },
}
