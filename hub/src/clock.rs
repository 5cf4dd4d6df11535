//! The server's clock: microseconds since the Unix epoch, and since the machine was started, which nobody
//! can set.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep};

/// A clock. Tests use one that follows tokio's virtual time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    source: Source,
    proven: bool,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    System,
    Virtual { origin: Instant, micros: i64 },
    Told { wall: &'static AtomicI64, boot: &'static AtomicI64 },
}

impl Clock {
    /// The operating system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Source::System)
    }

    /// A clock that says `micros` now, and goes as tokio's time does from there.
    #[must_use]
    pub fn starting_at(micros: i64) -> Self {
        Self::of(Source::Virtual { origin: Instant::now(), micros })
    }

    /// A clock that returns what it is set to, on every thread: the time, and the time since boot. If both
    /// are the same cell, setting it makes time pass.
    #[must_use]
    pub fn told_by(wall: &'static AtomicI64, boot: &'static AtomicI64) -> Self {
        Self::of(Source::Told { wall, boot })
    }

    fn of(source: Source) -> Self {
        Self { source, proven: false }
    }

    /// The same clock, trusted from the start to tell ages, without being observed for an hour. For tests:
    /// the operating system's clock has to prove itself.
    #[must_use]
    pub fn proven(self) -> Self {
        Self { proven: true, ..self }
    }

    /// Whether it was said to be [proven](Self::proven).
    pub(crate) fn is_proven(&self) -> bool {
        self.proven
    }

    /// Microseconds since the Unix epoch; negative before it.
    #[must_use]
    pub fn now(&self) -> i64 {
        match self.source {
            Source::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => micros(since),
                Err(before) => -micros(before.duration()),
            },
            Source::Virtual { origin, micros: start } => {
                start.saturating_add(micros(origin.elapsed()))
            }
            Source::Told { wall, .. } => wall.load(Ordering::Relaxed),
        }
    }

    /// Microseconds since boot, including sleep (`CLOCK_BOOTTIME`): unaffected by anyone setting the clock.
    #[must_use]
    pub fn since_boot(&self) -> i64 {
        match self.source {
            Source::System => {
                let since = clock_gettime(ClockId::Boottime);
                since.tv_sec.saturating_mul(1_000_000).saturating_add(since.tv_nsec / 1000)
            }
            Source::Virtual { origin, .. } => micros(origin.elapsed()),
            Source::Told { boot, .. } => boot.load(Ordering::Relaxed),
        }
    }

    /// Whether it is the operating system's.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self.source, Source::System)
    }

    /// Returns at the first multiple of `interval` since the Unix epoch after `last`, or at once where
    /// the clock has been set back since then.
    pub async fn next_multiple(&self, interval: Duration, last: i64) -> i64 {
        let step = micros(interval).max(1);
        let after = |instant: i64| (instant.div_euclid(step) + 1).saturating_mul(step);
        let due = after(last);
        loop {
            let now = self.now();
            // More than an interval away: the clock was set back, and everyone should know.
            if now >= due || due.abs_diff(now) > step.unsigned_abs() {
                return now;
            }
            sleep(Duration::from_micros(due.abs_diff(now))).await;
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_multiple_is_waited_for() {
        let clock = Clock::starting_at(10_400_000);
        assert_eq!(clock.next_multiple(3 * SECOND, clock.now()).await, 12_000_000);
        assert_eq!(clock.next_multiple(3 * SECOND, 12_000_000).await, 15_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn missed_multiples_are_not_made_up_for() {
        let clock = Clock::starting_at(100_000_000);
        assert_eq!(clock.next_multiple(SECOND, 3_000_000).await, 100_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_set_back_is_told_of_at_once() {
        let clock = Clock::starting_at(10_400_000);
        assert_eq!(clock.next_multiple(SECOND, 99_000_000_000).await, 10_400_000);
        assert_eq!(clock.next_multiple(SECOND, 10_400_000).await, 11_000_000);
    }
}
