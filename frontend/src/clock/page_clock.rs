//! The page's own clocks, in microseconds: the monotonic one, the wall's, and how fine they are.

use app::link::Mono;
use leptos::prelude::window;

/// How often the timer is read to find its resolution, at most: a few milliseconds of work.
const READINGS: u32 = 20_000;

/// The coarsest timer that a browser gives a page (Firefox with `resistFingerprinting`).
const COARSEST: i64 = 100_000;

/// Time since the page was opened (`performance.now()`).
#[must_use]
pub fn now() -> Mono {
    window().performance().map_or(0, |performance| micros(performance.now()))
}

/// The visitor's clock, since the Unix epoch (`Date.now()`).
#[must_use]
pub fn wall() -> i64 {
    micros(js_sys::Date::now())
}

/// The smallest step in which [`now`] moves: the smallest of three that were seen.
#[must_use]
pub fn resolution() -> i64 {
    let (mut last, mut steps, mut smallest) = (now(), 0, COARSEST);
    for _ in 0..READINGS {
        let reading = now();
        if reading > last {
            smallest = smallest.min(reading - last);
            last = reading;
            steps += 1;
        }
        if steps == 3 {
            break;
        }
    }
    // Whole microseconds are cut off: a step of 100 can read as 99.
    smallest + 1
}

/// Microseconds of a JavaScript number of milliseconds.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a cast to an integer saturates")]
pub fn micros(millis: f64) -> i64 {
    (millis * 1000.0) as i64
}

/// Whole milliseconds until an instant, never too few.
#[must_use]
pub fn millis_until(at: Mono) -> u32 {
    let millis = at.saturating_sub(now()).max(0).div_euclid(1000) + 1;
    u32::try_from(millis).unwrap_or(u32::MAX)
}
