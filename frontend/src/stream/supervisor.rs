//! Decides when a source is opened, given up and opened again.
//!
//! The browser's own retry is not used: it cannot be seen, and one 503 ends it. A source is closed
//! on its first error, and the next attempt starts 1, 2, 4, 8 and then always 12 s after the failed
//! one started, each ± 50 %. Longer waits would break the promise that the page is live within
//! 20 s of the end of the trouble: the longest, 18 s, leaves the attempt two seconds to succeed.
//! (A source that has fallen silent is noticed after two intervals: this promise needs intervals
//! of at most 9 s.)

use app::link::{Link, Mono};

use crate::clock::bounds::{self, instant};

/// From the start of one attempt to the start of the next, in microseconds, before the jitter.
const WAITS: [i64; 5] = [1_000_000, 2_000_000, 4_000_000, 8_000_000, 12_000_000];

/// An attempt that has said nothing for this long has failed, in microseconds.
pub const PATIENCE: i64 = 10_000_000;

/// A page that wakes up trusts an attempt for this long, in microseconds: an older one may have
/// started on a network that is gone.
const FRESH: i64 = 3_000_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The source delivered a message.
    Heard,
    /// The source reported an error.
    Failed,
    /// The page is online again, shown again, or visible again.
    Awake,
    /// The page is frozen or hidden away (`freeze`, `pagehide`).
    Asleep,
    /// The planned timer fired: in time, late or early.
    Due,
}

/// What to do with the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Leave it as it is.
    Keep,
    /// Close what is open, and open a new one.
    Open,
    /// Close it.
    Close,
}

/// What to do now, and when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// To be done at once.
    pub order: Order,
    /// When to send [`Signal::Due`], always later than now; replaces the earlier plan. `None` while
    /// asleep, and only then.
    pub wake_at: Option<Mono>,
}

/// Decides when a source is opened, given up and opened again.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// Silence for this long, in microseconds, and the source is replaced: two intervals.
    silence: i64,
    /// The latest instant that any signal has named. Time does not go back from here.
    now: Mono,
    state: State,
    /// When something was last heard, while the page is to say that nothing is.
    silent_since: Option<Mono>,
    /// Attempts that have failed since something was last heard, or the page woke up.
    failures: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// A source is open, and has said nothing yet.
    Opening { started: Mono },
    /// A source is open, and has spoken.
    Live { heard: Mono },
    /// No source is open; the next attempt starts at `until`.
    Waiting { until: Mono },
    /// No source is open until the page wakes up.
    Asleep,
}

impl Supervisor {
    /// Opens the first source at once. `interval`: microseconds between two ticks of the server.
    #[must_use]
    pub fn start(now: Mono, interval: i64) -> (Self, Plan) {
        let now = instant(now);
        let mut supervisor = Self {
            silence: 2 * bounds::interval(interval),
            now,
            state: State::Opening { started: now },
            silent_since: None,
            failures: 0,
        };
        let order = supervisor.open();
        let plan = supervisor.plan(order);
        (supervisor, plan)
    }

    /// Takes one signal in. `jitter` is a new random number for each call, from 0 to 1; anything
    /// else is clamped. A signal that comes after the source was closed changes nothing.
    pub fn on(&mut self, signal: Signal, now: Mono, jitter: f64) -> Plan {
        self.now = self.now.max(instant(now));
        let order = match signal {
            Signal::Heard => self.heard(),
            Signal::Failed => self.failed(jitter),
            Signal::Awake => self.awake(),
            Signal::Asleep => self.asleep(),
            Signal::Due => self.due(jitter),
        };
        self.plan(order)
    }

    /// The state of the connection, in the page's words. While asleep, nobody reads it.
    #[must_use]
    pub fn link(&self) -> Link {
        match (self.silent_since, self.state) {
            (Some(since), _) => Link::Silent { since },
            (None, State::Live { .. }) => Link::Live,
            (None, State::Waiting { until }) => Link::Waiting { until },
            (None, State::Opening { .. } | State::Asleep) => Link::Opening,
        }
    }

    fn heard(&mut self) -> Order {
        match self.state {
            State::Opening { .. } | State::Live { .. } => {
                self.state = State::Live { heard: self.now };
                self.silent_since = None;
                self.failures = 0;
                Order::Keep
            }
            State::Waiting { .. } | State::Asleep => self.retry(),
        }
    }

    fn failed(&mut self, jitter: f64) -> Order {
        match self.state {
            State::Opening { started } => {
                self.silent_since = None;
                self.wait(started, jitter)
            }
            State::Live { .. } => self.wait(self.now, jitter),
            State::Waiting { .. } | State::Asleep => self.retry(),
        }
    }

    fn awake(&mut self) -> Order {
        match self.state {
            State::Live { .. } if self.now < self.deadline() => return Order::Keep,
            State::Opening { started } if self.now - started <= FRESH => return Order::Keep,
            State::Live { heard } => self.silent_since = Some(heard),
            State::Opening { .. } | State::Waiting { .. } | State::Asleep => {}
        }
        self.failures = 0;
        self.open()
    }

    fn asleep(&mut self) -> Order {
        self.silent_since = None;
        match std::mem::replace(&mut self.state, State::Asleep) {
            State::Asleep => Order::Keep,
            _ => Order::Close,
        }
    }

    fn due(&mut self, jitter: f64) -> Order {
        if self.now < self.deadline() {
            return Order::Keep;
        }
        match self.state {
            // A replacement that is silent too still says so: nothing has been heard since.
            State::Opening { started } => self.wait(started, jitter),
            State::Live { heard } => {
                self.silent_since = Some(heard);
                self.open()
            }
            State::Waiting { .. } | State::Asleep => self.retry(),
        }
    }

    /// The next attempt, if it is time for it: a late timer must not hold it up.
    fn retry(&mut self) -> Order {
        match self.state {
            State::Waiting { until } if self.now >= until => self.open(),
            _ => Order::Keep,
        }
    }

    fn open(&mut self) -> Order {
        self.state = State::Opening { started: self.now };
        Order::Open
    }

    /// Counts from the start of the failed attempt, so that a slow failure does not come on top of
    /// the wait; but a failed attempt is always followed by the shortest wait, with its jitter,
    /// so that the readers of a server that hangs do not return in step.
    fn wait(&mut self, started: Mono, jitter: f64) -> Order {
        let next = started + jittered(self.failures, jitter);
        let until = next.max(self.now + jittered(0, jitter));
        self.failures = self.failures.saturating_add(1);
        self.state = State::Waiting { until };
        Order::Close
    }

    fn plan(&self, order: Order) -> Plan {
        let asleep = matches!(self.state, State::Asleep);
        Plan { order, wake_at: (!asleep).then(|| self.deadline()) }
    }

    /// When the state ends by itself; never for one who is asleep.
    fn deadline(&self) -> Mono {
        match self.state {
            State::Opening { started } => started + PATIENCE,
            State::Live { heard } => heard + self.silence,
            State::Waiting { until } => until,
            State::Asleep => Mono::MAX,
        }
    }
}

/// The wait after a number of failures, from half to one and a half of it. No number counts as 0.
fn jittered(failures: usize, jitter: f64) -> i64 {
    let wait = WAITS[failures.min(WAITS.len() - 1)];
    let permille = (jitter.clamp(0.0, 1.0) * 1_000.0) as i64;
    wait / 2 + wait / 1_000 * permille
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
