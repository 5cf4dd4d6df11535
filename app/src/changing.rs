//! The parts of a view that change: a closure goes in, a signal comes out.
//!
//! Each type of closure in a view brings machine code of its own, about 1 KB of wasm. So they become
//! signals of a few types here, which made the wasm a tenth smaller.

use leptos::prelude::*;

/// A text that changes.
pub fn words(words: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    signal(Box::new(words))
}

/// A class, or an attribute without a value, that comes and goes.
pub fn flag(flag: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    signal(Box::new(flag))
}

/// An attribute that changes, or is not there.
pub fn attribute(
    attribute: impl Fn() -> Option<&'static str> + Send + Sync + 'static,
) -> Signal<Option<&'static str>> {
    signal(Box::new(attribute))
}

/// One for each type of value, not for each closure.
fn signal<T: Send + Sync + 'static>(value: Box<dyn Fn() -> T + Send + Sync>) -> Signal<T> {
    Signal::derive(value)
}
