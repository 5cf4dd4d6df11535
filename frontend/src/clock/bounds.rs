//! Clamps the values of clocks, so that sums of them cannot overflow.

/// The largest instant or length that is reckoned with, in microseconds (the year 9999 is inside):
/// thirty-two of them fit, whatever the server sends.
const RANGE: i64 = i64::MAX / 32;

/// The longest interval, in microseconds: a day. Browsers' timers fire at once beyond 24 days.
const LONGEST_INTERVAL: i64 = 86_400_000_000;

/// The earliest instant.
pub const EARLIEST: i64 = -RANGE;

/// An instant, or the nearest that is reckoned with.
#[must_use]
pub fn instant(micros: i64) -> i64 {
    micros.clamp(-RANGE, RANGE)
}

/// A length of time: never negative.
#[must_use]
pub fn length(micros: i64) -> i64 {
    micros.clamp(0, RANGE)
}

/// The server's interval: a millisecond to a day.
#[must_use]
pub fn interval(micros: i64) -> i64 {
    micros.clamp(1_000, LONGEST_INTERVAL)
}
