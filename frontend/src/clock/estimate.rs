//! The estimate of the server's clock, from probes, ticks and readings of the page's own clocks: the
//! instant to show, and its error.
//!
//! All lengths are in microseconds. A probe brackets the server's clock: what it says was read
//! after the question left and before the answer was back. The middle of the bracket is the
//! estimate, half its width the error, which grows with age because the two clocks drift apart.
//! The shown time is steered towards the estimate, and what is left of the way counts as error.

use app::{feed::Reading, link::Mono};

use crate::clock::bounds::{self, instant};

/// The largest difference that is slewed; a larger one is stepped.
const SLEWED: i64 = 500_000;

/// Slewing moves the shown time by one microsecond in this many: 5 %.
const SLEW_SHARE: i64 = 20;

/// The server's clock and the page's drift apart by one microsecond in this many: 100 ppm.
const DRIFT_SHARE: i64 = 10_000;

/// How far `Date.now()` may leave `performance.now()` before the machine counts as having slept.
const SLEPT: i64 = 250_000;

/// The page writes whole milliseconds: what stands there is behind `shown` by less than this.
const DISPLAYED: i64 = 1_000;

/// One round trip: a question to the server and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// When the question left, on the page's monotonic clock.
    pub left: Mono,
    /// When the answer was back, on the same clock.
    pub back: Mono,
    /// When the server received the question: microseconds since the Unix epoch on its clock.
    pub received: i64,
    /// When the server sent the answer, on the same clock.
    pub sent: i64,
}

/// By how much a probe changes the shown time, in microseconds; forwards is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Not at all: the first estimate, a probe no better than the kept one, or an unusable one.
    None,
    /// Little by little, at 5 % of the elapsed time. At most 500,000 either way.
    Slew(i64),
    /// At once, since it is more than can be slewed.
    Step(i64),
}

/// What a tick or a look at the other clock says about the estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Confirmed,
    /// It may be wrong, or there is none: send a probe now. Answers under way may not count.
    Doubted,
}

/// The server's clock as the page knows it.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Microseconds between two ticks, 1 at least.
    interval: i64,
    /// How far one reading of the page's monotonic clock may be off, in microseconds.
    resolution: i64,
    /// The latest instant that any call has named. Time does not go back from here.
    now: Mono,
    /// The way of the shown time; `None` before the first probe.
    course: Option<Course>,
    /// When the estimate was last confirmed.
    confirmed: Mono,
    /// When it was found to be wrong, if no probe has come since. The shown time stands there.
    refuted: Option<Mono>,
    /// A probe that left earlier than this may have slept on its way, and does not count.
    probes_from: Mono,
    /// `Date.now()` minus `performance.now()` when last found to have jumped.
    baseline: Option<i64>,
}

impl Clock {
    /// A clock that knows nothing yet. `interval`: microseconds between two ticks. `resolution`:
    /// the step of `performance.now()` in microseconds, rounded up to a whole one.
    #[must_use]
    pub fn new(interval: i64, resolution: i64) -> Self {
        Self {
            interval: bounds::length(interval).max(1),
            resolution: bounds::length(resolution),
            now: bounds::EARLIEST,
            course: None,
            confirmed: bounds::EARLIEST,
            refuted: None,
            probes_from: bounds::EARLIEST,
            baseline: None,
        }
    }

    /// Takes a round trip in. Every usable one confirms the clock. It replaces the kept estimate
    /// if it is no worse, or contradicts it: then the server's clock was set, or ours slept.
    pub fn probed(&mut self, probe: &Probe) -> Correction {
        let Some(fresh) = Estimate::of(probe, self.resolution) else {
            return Correction::None;
        };
        if fresh.left < self.probes_from {
            return Correction::None;
        }
        let now = self.advance(fresh.back);
        let correction = match self.course {
            None => {
                self.course = Some(Course::new(fresh, now, 0));
                Correction::None
            }
            Some(Course { estimate, .. })
                if self.refuted.is_none()
                    && estimate.agrees(&fresh, now)
                    && estimate.error(now) < fresh.error(now) =>
            {
                Correction::None
            }
            Some(course) => self.steer(course.shown(now), fresh, now),
        };
        self.confirmed = now;
        self.refuted = None;
        correction
    }

    /// Takes in the time that the server pushed, `tick` in microseconds since the Unix epoch. It
    /// was true when it was sent, so the server's time is at least that: a tick from the future of
    /// the estimate refutes it, one that is an interval late or more says nothing.
    pub fn ticked(&mut self, now: Mono, tick: i64) -> Verdict {
        let now = self.advance(now);
        let Some(estimate) = self.trusted() else {
            return Verdict::Doubted;
        };
        let late = estimate.at(now) - instant(tick);
        if late < -estimate.error(now) {
            self.refute(now);
            return Verdict::Doubted;
        }
        if late >= self.interval {
            return Verdict::Doubted;
        }
        self.confirmed = now;
        Verdict::Confirmed
    }

    /// Compares the page's two clocks, read together: `now` and `wall`, which is `Date.now()` in
    /// microseconds. If they have moved 250 ms against each other since the last jump, the machine
    /// has slept (or somebody set its clock), and only a probe that leaves later counts again. Call
    /// this first when the page wakes up.
    pub fn checked(&mut self, now: Mono, wall: i64) -> Verdict {
        let gap = instant(wall) - instant(now);
        let now = self.advance(now);
        let baseline = *self.baseline.get_or_insert(gap);
        if (gap - baseline).abs() < SLEPT {
            return Verdict::Confirmed;
        }
        self.baseline = Some(gap);
        self.refute(now);
        Verdict::Doubted
    }

    /// What to show at `now`; `None` before the first probe. The error covers the truncation to
    /// milliseconds already: the view adds nothing. A clock that is refuted, or unconfirmed for two
    /// intervals, stands at the instant and the error that it had when it stopped.
    pub fn read(&mut self, now: Mono) -> Option<Reading> {
        let now = self.advance(now);
        let course = self.course?;
        let unconfirmed = self.confirmed + 2 * self.interval;
        let stop = self.refuted.unwrap_or(unconfirmed).min(unconfirmed);
        let at = now.min(stop);
        Some(Reading {
            shown: course.shown(at),
            error: course.error(at),
            confirmed: self.confirmed,
            stopped: now >= stop,
        })
    }

    /// How late `tick` is at `now` by the estimate, in microseconds; `None` without an estimate, or
    /// while it is refuted. A little below zero is within the error.
    #[must_use]
    pub fn late(&self, now: Mono, tick: i64) -> Option<i64> {
        let now = self.now.max(instant(now));
        self.trusted().map(|it| it.at(now) - instant(tick))
    }

    fn trusted(&self) -> Option<Estimate> {
        let course = self.course.filter(|_| self.refuted.is_none());
        course.map(|it| it.estimate)
    }

    fn refute(&mut self, now: Mono) {
        // The first refutation stays: a clock that stands does not move on when refuted again.
        self.refuted.get_or_insert(now);
        self.probes_from = now;
    }

    fn steer(&mut self, shown: i64, fresh: Estimate, now: Mono) -> Correction {
        let rest = fresh.at(now) - shown;
        let (correction, slewed) = match rest {
            0 => (Correction::None, 0),
            _ if rest.abs() <= SLEWED => (Correction::Slew(rest), rest),
            _ => (Correction::Step(rest), 0),
        };
        self.course = Some(Course::new(fresh, now, slewed));
        correction
    }

    fn advance(&mut self, now: Mono) -> Mono {
        self.now = self.now.max(instant(now));
        self.now
    }
}

/// What one probe says about the server's clock.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    left: Mono,
    back: Mono,
    /// The server's time at `back`, at the middle of what is possible.
    middle: i64,
    /// Half the width of what is possible, without the drift.
    error: i64,
}

impl Estimate {
    /// `None` if the four instants contradict each other.
    ///
    /// The monotonic clock is read twice for an instant to show, at one end of the probe and now,
    /// and each reading may be off by one resolution either way: hence two.
    fn of(probe: &Probe, resolution: i64) -> Option<Self> {
        let (left, back) = (instant(probe.left), instant(probe.back));
        let (received, sent) = (instant(probe.received), instant(probe.sent));
        let travelled = (back - left) - (sent - received);
        let blur = 2 * resolution;
        if back < left || sent < received || travelled < -(blur + drift(back - left)) {
            return None;
        }
        let travelled = travelled.max(0);
        Some(Self { left, back, middle: sent + travelled / 2, error: (travelled + 1) / 2 + blur })
    }

    fn at(&self, now: Mono) -> i64 {
        self.middle + (now - self.back)
    }

    /// The drift counts from the departure: the clocks drift during the trip too.
    fn error(&self, now: Mono) -> i64 {
        self.error + drift(now - self.left)
    }

    fn agrees(&self, other: &Self, now: Mono) -> bool {
        (self.at(now) - other.at(now)).abs() <= self.error(now) + other.error(now)
    }
}

/// The estimate, and the shown time's way towards it.
#[derive(Clone, Copy, Debug)]
struct Course {
    estimate: Estimate,
    since: Mono,
    /// The estimate minus the shown time at `since`.
    rest: i64,
}

impl Course {
    fn new(estimate: Estimate, since: Mono, rest: i64) -> Self {
        Self { estimate, since, rest }
    }

    /// A function of the time alone: small steps would lose their fractions, were they added up.
    fn rest(&self, now: Mono) -> i64 {
        let slewed = (now - self.since) / SLEW_SHARE;
        self.rest.signum() * (self.rest.abs() - slewed).max(0)
    }

    fn shown(&self, now: Mono) -> i64 {
        self.estimate.at(now) - self.rest(now)
    }

    fn error(&self, now: Mono) -> i64 {
        self.estimate.error(now) + self.rest(now).abs() + DISPLAYED
    }
}

/// By how much the two clocks may drift apart in `length`, rounded up.
fn drift(length: i64) -> i64 {
    length / DRIFT_SHARE + 1
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
