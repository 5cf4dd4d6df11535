//! The state topic `time`: a tick at every multiple of the interval, and one for each reader that comes.

use tokio::sync::watch;
use wire::{tick::Tick, topics::TIME};

use crate::{
    clock::Clock,
    grant::Grant,
    state_topics::{Access, Followed, State, StateTopic, values},
};

/// The time, as it was published last.
#[derive(Debug)]
pub(super) struct Time {
    clock: Clock,
    /// `None` until the first multiple of the interval.
    newest: watch::Sender<Option<State>>,
}

impl Time {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, newest: watch::Sender::new(None) }
    }

    /// An event with the instant at which it is made.
    fn now(&self) -> State {
        let now = self.clock.now();
        State::new(TIME, now, &Tick::from_micros(now).to_string())
    }

    /// Publishes the time.
    pub(super) fn tick(&self) {
        // Made while nobody can subscribe, or a greeting could carry a later time.
        self.newest.send_modify(|newest| *newest = Some(self.now()));
    }
}

impl StateTopic for Time {
    fn access(&self, _: &str, _: &Grant) -> Access {
        Access::Everybody
    }

    /// Begins with a tick made now, which is later than all that were published and earlier than all that
    /// will be.
    fn follow(&self, _: &str) -> Followed {
        let mut changes = self.newest.subscribe();
        let none_published_meanwhile = changes.borrow_and_update();
        let newest = Some(self.now());
        drop(none_published_meanwhile);
        Followed { newest, changes: values(changes) }
    }
}
