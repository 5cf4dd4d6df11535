//! Decides which tab of the browser holds the stream.
//!
//! The tabs of one browser share one stream: the tab that holds a lock, the leader, has it and passes
//! everything on. The others wait for the lock, and get it when the leader goes or crashes. One that
//! is stuck but keeps the lock is robbed of it: who hears nothing from it for two intervals takes the
//! lock away. Where tabs cannot share, each visible one has a stream of its own.

use app::link::Mono;

use crate::clock::bounds::{self, instant};

/// How long a lock that was taken away may take to arrive, in microseconds.
const TAKING: i64 = 2_000_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The lock is this tab's.
    Granted,
    /// Another tab has taken the lock away from this one.
    Robbed,
    /// The browser gives no locks.
    Refused,
    /// The leader was heard.
    Heard,
    /// The page is shown again, visible again or online again.
    Awake,
    /// The page can no longer be seen.
    Hidden,
    /// The page is frozen or left.
    Asleep,
    /// The planned timer fired: in time, late or early.
    Due,
}

/// What to do about the stream and the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Leave all as it is.
    Keep,
    /// Hold no stream, wait for the lock, and listen to whoever has it.
    Queue,
    /// Take the lock away from whoever has it.
    Steal,
    /// Open the stream, and pass on what it says.
    Lead,
    /// Open a stream for this tab alone.
    OpenAlone,
    /// Close the stream, give the lock back, and listen to nobody.
    Leave,
}

/// What to do now, and when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// To be done at once.
    pub order: Order,
    /// When to send [`Signal::Due`], always later than now; replaces the earlier plan. `None` while
    /// this tab has the stream, and while nobody can see it.
    pub wake_at: Option<Mono>,
}

/// Decides which part this tab has.
#[derive(Clone, Debug)]
pub struct Leader {
    /// Silence for this long, in microseconds, and the leader is robbed.
    patience: i64,
    /// The latest instant that any signal has named. Time does not go back from here.
    now: Mono,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Another tab has the stream, or will have it.
    Following { heard: Mono },
    /// The lock was taken away from another tab, and is not here yet.
    Taking { since: Mono },
    /// This tab has the stream, and passes it on.
    Leading,
    /// Tabs cannot share here. This one has a stream while it is visible.
    Alone,
    /// Tabs cannot share here, and nobody sees this one.
    AloneUnseen,
    /// The page is frozen or left.
    Asleep { alone: bool },
}

impl Leader {
    /// Begins. `interval`: microseconds between two ticks of the server. `spread`: a random number
    /// from 0 to 1, so that two tabs do not rob at once. `shares`: whether this browser has what
    /// sharing needs. `visible`: whether the page can be seen.
    #[must_use]
    pub fn start(
        now: Mono,
        interval: i64,
        spread: f64,
        shares: bool,
        visible: bool,
    ) -> (Self, Plan) {
        let now = instant(now);
        let interval = bounds::interval(interval);
        let permille = (spread.clamp(0.0, 1.0) * 1_000.0) as i64;
        let patience = 2 * interval + interval / 2_000 * permille;
        let mut leader = Self { patience, now, state: State::Following { heard: now } };
        let order = if shares { Order::Queue } else { leader.be_alone(visible) };
        let plan = leader.plan(order);
        (leader, plan)
    }

    /// Takes one signal in.
    pub fn on(&mut self, signal: Signal, now: Mono) -> Plan {
        self.now = self.now.max(instant(now));
        let order = match signal {
            Signal::Granted => self.granted(),
            Signal::Robbed => self.robbed(),
            Signal::Refused => self.refused(),
            Signal::Heard => self.heard(),
            Signal::Awake => self.awake(),
            Signal::Hidden => self.hidden(),
            Signal::Asleep => self.asleep(),
            Signal::Due => Order::Keep,
        };
        // Whatever it was that happened: a late timer must not hold up what is due.
        let order = if order == Order::Keep { self.due() } else { order };
        self.plan(order)
    }

    /// Whether this tab has a stream, or is to have one.
    #[must_use]
    pub fn has_stream(&self) -> bool {
        matches!(self.state, State::Leading | State::Alone)
    }

    /// When the leader was last heard, in a tab that listens to one.
    #[must_use]
    pub fn heard_at(&self) -> Option<Mono> {
        match self.state {
            State::Following { heard } => Some(heard),
            _ => None,
        }
    }

    /// Whether this tab passes on what its stream says.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.state == State::Leading
    }

    fn granted(&mut self) -> Order {
        match self.state {
            State::Following { .. } | State::Taking { .. } => {
                self.state = State::Leading;
                Order::Lead
            }
            State::Leading => Order::Keep,
            // It came too late: nobody would lead.
            State::Alone | State::AloneUnseen | State::Asleep { .. } => Order::Leave,
        }
    }

    fn robbed(&mut self) -> Order {
        match self.state {
            State::Leading => self.queue(),
            _ => Order::Keep,
        }
    }

    fn refused(&mut self) -> Order {
        match self.state {
            State::Following { .. } | State::Taking { .. } | State::Leading => self.be_alone(true),
            State::Asleep { .. } => {
                self.state = State::Asleep { alone: true };
                Order::Keep
            }
            State::Alone | State::AloneUnseen => Order::Keep,
        }
    }

    fn heard(&mut self) -> Order {
        if let State::Following { heard } = &mut self.state {
            *heard = self.now;
        }
        Order::Keep
    }

    fn awake(&mut self) -> Order {
        match self.state {
            State::Asleep { alone: false } => self.queue(),
            State::Asleep { alone: true } | State::AloneUnseen => self.be_alone(true),
            State::Following { .. } | State::Taking { .. } | State::Leading | State::Alone => {
                Order::Keep
            }
        }
    }

    fn hidden(&mut self) -> Order {
        match self.state {
            State::Alone => self.be_alone(false),
            _ => Order::Keep,
        }
    }

    fn asleep(&mut self) -> Order {
        let alone = match self.state {
            State::Asleep { .. } => return Order::Keep,
            State::Alone | State::AloneUnseen => true,
            State::Following { .. } | State::Taking { .. } | State::Leading => false,
        };
        self.state = State::Asleep { alone };
        Order::Leave
    }

    fn due(&mut self) -> Order {
        match self.state {
            State::Following { .. } | State::Taking { .. } if self.now >= self.deadline() => {
                self.state = State::Taking { since: self.now };
                Order::Steal
            }
            _ => Order::Keep,
        }
    }

    fn queue(&mut self) -> Order {
        self.state = State::Following { heard: self.now };
        Order::Queue
    }

    fn be_alone(&mut self, visible: bool) -> Order {
        if visible {
            self.state = State::Alone;
            Order::OpenAlone
        } else {
            self.state = State::AloneUnseen;
            Order::Leave
        }
    }

    fn plan(&self, order: Order) -> Plan {
        let waits = matches!(self.state, State::Following { .. } | State::Taking { .. });
        Plan { order, wake_at: waits.then(|| self.deadline()) }
    }

    /// When the state ends by itself; never for one that has the stream, or sleeps.
    fn deadline(&self) -> Mono {
        match self.state {
            State::Following { heard } => heard + self.patience,
            State::Taking { since } => since + TAKING,
            State::Leading | State::Alone | State::AloneUnseen | State::Asleep { .. } => Mono::MAX,
        }
    }
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
