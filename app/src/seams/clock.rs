//! The browser's clocks, timers and dice.

use crate::link::Mono;

/// How to tell the time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The page's monotonic clock.
    pub now: fn() -> Mono,
    /// The visitor's clock, in microseconds since the Unix epoch.
    pub wall: fn() -> i64,
    /// Calls back after a time, in microseconds.
    pub after: fn(Mono, Box<dyn FnOnce()>),
    /// At random, 0 to 1.
    pub chance: fn() -> f64,
}
