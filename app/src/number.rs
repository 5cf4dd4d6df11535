//! Formats numbers in the visitor's way.

use leptos::prelude::{With, use_context};

use crate::{feed::Feed, writing::Writing};

/// A number in the visitor's format, given in units of its last decimal. `decimals` is 0 to 2.
#[must_use]
pub fn number(value: i64, decimals: u8) -> String {
    let feed = use_context::<Feed>();
    let write = feed.map_or(Writing::plain().number, |feed| feed.writing.with(|w| w.number));
    write(value, decimals)
}
