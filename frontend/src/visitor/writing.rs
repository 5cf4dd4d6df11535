//! Writes instants and numbers in the visitor's own zone and the page's language, by the page's first
//! script, which wrote them before this was there.

use app::writing::{Face, Habit, Writing};
use wasm_bindgen::prelude::wasm_bindgen;
use wire::tick::Tick;

#[wasm_bindgen]
extern "C" {
    // They are made in app/src/first.js, and never throw.
    #[wasm_bindgen(js_namespace = belfry)]
    fn write(what: &str, millis: f64) -> String;
    #[wasm_bindgen(js_namespace = belfry, js_name = number)]
    fn write_number(value: f64, decimals: u8) -> String;
    #[wasm_bindgen(js_namespace = belfry)]
    fn chosen() -> u8;
    #[wasm_bindgen(js_namespace = belfry)]
    fn turn(what: u8);
    #[wasm_bindgen(js_namespace = belfry)]
    fn carried() -> f64;

    /// Whether the time zone, its offset or what was chosen is another than it was; looked at once a
    /// second at most.
    #[wasm_bindgen(js_namespace = belfry)]
    pub fn changed() -> bool;

    /// Puts a text on the visitor's clipboard, and says whether the browser lets a page do that.
    #[wasm_bindgen(js_namespace = belfry)]
    pub fn copy(text: &str) -> bool;

    /// Ends the script's ticking, and puts the document back to what the server has written where others
    /// have put something into it.
    #[wasm_bindgen(js_namespace = belfry)]
    pub fn take();
}

/// The visitor's way to write, in the language of the page.
#[must_use]
pub fn writing() -> Writing {
    Writing {
        zone: |tick| written("zone", tick),
        face,
        date: |tick| written("date", tick),
        minute: |tick| written("minute", tick),
        number,
        is_on: |habit| chosen() & bit(habit) != 0,
        turn: |habit| turn(bit(habit)),
    }
}

/// How many microseconds have passed since the page was made, at least; 0 where that says nothing.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "it is a minute at most")]
pub fn carried_on() -> i64 {
    (carried() * 1000.0) as i64
}

fn bit(habit: Habit) -> u8 {
    if habit == Habit::Hours { 1 } else { 2 }
}

fn face(tick: Tick) -> Face {
    let parts = written("face", tick);
    let mut parts = parts.split('\n').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    Face { before: next(), digits: next(), after: next() }
}

fn written(what: &str, tick: Tick) -> String {
    #[expect(clippy::cast_precision_loss, reason = "the milliseconds of 9999 years fit in 53 bits")]
    let millis = tick.millis() as f64;
    write(what, millis)
}

/// A number in units of its last decimal, with 0 to 2 decimals.
fn number(value: i64, decimals: u8) -> String {
    let decimals = decimals.min(2);
    #[expect(clippy::cast_precision_loss, reason = "what a page shows is far below 2^53")]
    let value = value as f64 / f64::from(10_u8.pow(decimals.into()));
    write_number(value, decimals)
}
