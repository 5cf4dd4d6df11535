//! How a page keeps something in the browser.

/// The event of the window after which nothing that was kept is there any more.
pub const FORGOTTEN: &str = "belfry-forgotten";

/// How to keep texts.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// Keeps a room's draft for as long as the tab is open; of no room, the visitor's name.
    pub keep: fn(&str, &str),
    /// What was kept of a room, or of none; `None` where nothing was.
    pub kept: fn(&str) -> Option<String>,
    /// Remembers, in all tabs, up to which message a room was read.
    pub remember: fn(&str, &str),
    /// What was remembered.
    pub remembered: fn(&str) -> Option<String>,
}
