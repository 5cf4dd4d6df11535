//! Wraps closures in a view as signals, effects and handlers of a few types.
//!
//! Each type of closure in a view brings machine code of its own, about 1 KB of wasm. So they become
//! signals of a few types here, which made the wasm a tenth smaller.

use leptos::{ev::MouseEvent, prelude::*};

/// A text that changes, or an attribute.
pub fn words(words: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    signal(Box::new(words))
}

/// A class, or an attribute without a value, that comes and goes.
pub fn flag(flag: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    signal(Box::new(flag))
}

/// Words that a screen reader is told after others: what stays the same would not be spoken again.
pub fn spoken_after(mut words: String, before: &str) -> String {
    if !words.is_empty() && words == before {
        words.push('\u{a0}');
    }
    words
}

/// Does something now, and again when what it reads has changed; not on the server.
pub fn effect(act: impl Fn() + 'static) {
    boxed_effect(Box::new(act));
}

fn boxed_effect(act: Box<dyn Fn()>) {
    Effect::new(move |_: Option<()>| act());
}

/// What a click does, in the place of what the browser would do.
pub fn click(act: impl Fn() + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(move |click| {
        click.prevent_default();
        act();
    })
}

/// One for each type of value, not for each closure.
fn signal<T: Send + Sync + 'static>(value: Box<dyn Fn() -> T + Send + Sync>) -> Signal<T> {
    Signal::derive(value)
}
