//! The server's clock: nothing goes in, microseconds since the Unix epoch come out, and those since the
//! machine was started, which nobody can set.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep};

/// A clock to read. Tests give one that follows tokio's virtual time.
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

    /// A clock that says what it is told, on every thread: the time, and how long the machine has been
    /// up. Where both are one, time passes whenever it is told another.
    #[must_use]
    pub fn told_by(wall: &'static AtomicI64, boot: &'static AtomicI64) -> Self {
        Self::of(Source::Told { wall, boot })
    }

    fn of(source: Source) -> Self {
        Self { source, proven: false }
    }

    /// The same clock, as one that whoever starts with it need not watch for an hour before it may
    /// tell how old something is. For tests: the operating system's has to prove itself.
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

    /// Microseconds since the machine was started, with those in which it slept (`CLOCK_BOOTTIME`): it
    /// goes on as time does, whoever sets the clock.
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

    /// Whether the kernel holds this clock to be synchronised; `None` where it cannot be asked.
    #[must_use]
    pub fn synchronised(&self) -> Option<bool> {
        match self.source {
            Source::System => kernel_says_synchronised(),
            Source::Virtual { .. } | Source::Told { .. } => None,
        }
    }

    /// Returns at the first multiple of `interval` since the Unix epoch after `last`, or at once where
    /// the clock has been set back since then.
    pub async fn next_multiple(&self, interval: Duration, last: i64) -> i64 {
        let step = micros(interval).max(1);
        let after = |instant: i64| (instant.div_euclid(step) + 1).saturating_mul(step);
        let due = after(last);
        loop {
            let now = self.now();
            // Further away than an interval: the clock was set back, and everybody should know.
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

/// Asks `adjtimex(2)`; `None` where that is not allowed.
fn kernel_says_synchronised() -> Option<bool> {
    // SAFETY: `timex` is plain integers, for which all zeroes is a value; `modes: 0` only reads.
    #[expect(unsafe_code, reason = "no well-kept crate wraps adjtimex")]
    let state = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        libc::adjtimex(&raw mut timex)
    };
    (state >= 0).then_some(state != libc::TIME_ERROR)
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
