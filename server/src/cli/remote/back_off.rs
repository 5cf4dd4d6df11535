//! How long to wait between attempts: exponential back-off with jitter.

use std::time::Duration;

/// The shortest and the longest wait that a server can ask for.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3600);

/// Waits that double up to a longest one, each drawn at random from half to one and a half of its
/// nominal length.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackOff {
    /// The first wait.
    first: Duration,
    /// The longest one.
    longest: Duration,
    /// Attempts that have failed in a row.
    failures: u32,
    /// The first wait that the server asks for, as a stream's `retry`. It differs by connection.
    asked: Option<Duration>,
}

impl BackOff {
    /// Waits from `first` to `longest`, before the jitter.
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0, asked: None }
    }

    /// An attempt has worked: the next wait is the first again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The server says how long the first wait is to be.
    pub(super) fn ask(&mut self, first: Duration) {
        self.asked = Some(first.max(SHORTEST));
    }

    /// How long to wait after another failure: no shorter than `at_least`, unless that is over an
    /// hour. `jitter` is a new random number for each call, from 0 to 1.
    pub(super) fn wait(&mut self, at_least: Option<Duration>, jitter: f64) -> Duration {
        let nominal = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        let wait = match self.asked {
            Some(asked) if self.failures == 0 => asked,
            _ => nominal.mul_f64(0.5 + jitter.clamp(0.0, 1.0)),
        };
        self.failures = self.failures.saturating_add(1);
        wait.max(at_least.unwrap_or_default()).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(back_off: &mut BackOff, jitter: f64) -> f64 {
        back_off.wait(None, jitter).as_secs_f64()
    }

    fn of_a_stream() -> BackOff {
        BackOff::new(Duration::from_secs(1), Duration::from_secs(12))
    }

    #[test]
    fn waits_double_to_the_longest_until_something_works() {
        let mut back_off = of_a_stream();
        let waits: Vec<_> = (0..6).map(|_| seconds(&mut back_off, 0.5)).collect();
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 12.0, 12.0]);
        back_off.reset();
        assert_eq!([seconds(&mut back_off, 0.0), seconds(&mut back_off, 1.0)], [0.5, 3.0]);
        let waits: Vec<_> = (0..100).map(|_| seconds(&mut back_off, 1.0)).collect();
        assert_eq!(waits[2..], [18.0; 98]);
    }

    #[test]
    fn the_server_may_ask_for_the_first_wait_and_for_the_least() {
        let mut back_off = of_a_stream();
        back_off.ask(Duration::from_millis(4321));
        assert_eq!(back_off.wait(None, 1.0), Duration::from_millis(4321));
        assert_eq!(seconds(&mut back_off, 0.5), 2.0);
        assert_eq!(back_off.wait(Some(Duration::from_secs(60)), 0.5), Duration::from_secs(60));
        assert_eq!(back_off.wait(Some(Duration::from_secs(1)), 0.5), Duration::from_secs(8));
        assert_eq!(back_off.wait(Some(Duration::MAX), 0.5), LONGEST);
        back_off.reset();
        assert_eq!(back_off.wait(None, 1.0), Duration::from_millis(4321));
        back_off.reset();
        back_off.ask(Duration::ZERO);
        assert_eq!(back_off.wait(None, 1.0), SHORTEST);
    }
}
