//! When to send again after a failed attempt.
//!
//! A failed attempt is repeated after 1 s, doubling to 12 s, each ± 50 %. A sign that the server can be
//! reached ends that wait; how long a server has asked to wait ([RFC 9110, section
//! 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)) nothing shortens.

use wire::chat::answer::Unsent;

use crate::link::Mono;

/// The first wait, in microseconds, and the least of any.
const FIRST: Mono = 1_000_000;

/// The longest that is waited without being asked to.
const LONGEST: Mono = 12_000_000;

/// The longest that a server is obeyed: an hour.
const LONGEST_ASKED: Mono = 3_600_000_000;

/// When the next attempt may begin. At first at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    failures: u32,
    due: Mono,
    /// The server has asked to be left alone until then; else a second after the last attempt.
    soonest: Mono,
    /// The server was not reached.
    lost: bool,
}

impl Pace {
    /// How long to wait, in microseconds; 0 where the next attempt may begin.
    pub fn wait(&self, now: Mono) -> Mono {
        (self.due - now).max(0)
    }

    /// An attempt was answered for good: the next may begin at once.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// An attempt has failed. `asked`: how long the server asks to wait. `jitter` is 0 to 1. Returns
    /// whether it is the first after one that went well.
    pub fn failed(&mut self, why: Unsent, asked: Option<Mono>, now: Mono, jitter: f64) -> bool {
        let doubled = (FIRST << self.failures.min(8)).min(LONGEST);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "seconds")]
        let spread = (doubled as f64 * (0.5 + jitter)) as Mono;
        let asked = asked.map(|asked| asked.clamp(FIRST, LONGEST_ASKED));
        self.soonest = now + asked.unwrap_or(FIRST);
        self.due = asked.map_or(now + spread, |asked| now + asked);
        self.lost = why == Unsent::Unreached;
        self.failures += 1;
        self.failures == 1
    }

    /// The server was heard, or the network is back. Returns whether the wait has become shorter.
    pub fn hear(&mut self) -> bool {
        self.lost && self.hurry()
    }

    /// The visitor asks for it. Returns whether the wait has become shorter.
    pub fn hurry(&mut self) -> bool {
        let shorter = self.soonest < self.due;
        self.due = self.due.min(self.soonest);
        shorter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Mono = 1_000_000;

    #[test]
    fn waits_double_to_twelve_seconds_and_are_spread() {
        let (mut pace, mut now) = (Pace::default(), 7 * SECOND);
        let mut waits = Vec::new();
        for _ in 0..6 {
            assert_eq!(pace.wait(now), 0);
            pace.failed(Unsent::Unreached, None, now, 0.5);
            waits.push(pace.wait(now) / SECOND);
            now += pace.wait(now);
        }
        assert_eq!(waits, [1, 2, 4, 8, 12, 12]);
        pace.failed(Unsent::Unreached, None, now, 0.0);
        assert_eq!(pace.wait(now), 6 * SECOND);
        pace.failed(Unsent::Unreached, None, now, 1.0);
        assert_eq!(pace.wait(now), 18 * SECOND);
        pace.succeeded();
        assert_eq!(pace.wait(now), 0);
        assert!(pace.failed(Unsent::Unreached, None, now, 0.5));
        assert!(!pace.failed(Unsent::Unreached, None, now, 0.5));
    }

    #[test]
    fn a_sign_of_the_server_ends_the_wait_but_no_more_than_once_a_second() {
        let mut pace = Pace::default();
        for _ in 0..5 {
            pace.failed(Unsent::Unreached, None, 0, 0.5);
        }
        assert!(pace.hear());
        assert!(!pace.hear());
        assert_eq!(pace.wait(0), SECOND);
        assert_eq!(pace.wait(SECOND), 0);
        // That the stream is there says nothing about a log that takes nothing.
        pace.failed(Unsent::Unavailable, None, 0, 0.5);
        assert!(!pace.hear());
        assert!(pace.hurry());
    }

    #[test]
    fn nothing_shortens_what_the_server_asks_for() {
        let mut pace = Pace::default();
        pace.failed(Unsent::Unreached, Some(30 * SECOND), 0, 0.0);
        assert!(!pace.hear() && !pace.hurry());
        assert_eq!(pace.wait(0), 30 * SECOND);
        for (asked, obeyed) in [(0, 1), (-5, 1), (2, 2), (100_000, 3600)] {
            pace.failed(Unsent::TooFast, Some(asked * SECOND), 0, 1.0);
            assert_eq!(pace.wait(0), obeyed * SECOND);
        }
    }
}
