//! The state topic `readers`: how many are reading, told with the time where that has changed.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures::{StreamExt, stream};
use tokio::sync::watch;
use wire::topics::READERS;

use crate::{
    clock::Clock,
    grant::Grant,
    state_topics::{Access, Followed, State, StateTopic},
};

/// Counts those who are reading.
#[derive(Debug)]
pub(super) struct Readers {
    clock: Clock,
    reading: Arc<AtomicU32>,
    /// The last number that was announced.
    announced: watch::Sender<Announced>,
}

/// A number of readers, and the event that announces it.
#[derive(Clone, Debug)]
struct Announced {
    count: u32,
    state: State,
}

impl Announced {
    fn new(count: u32, at: i64) -> Self {
        Self { count, state: State::new(READERS, at, &count.to_string()).marked(count) }
    }
}

impl Readers {
    pub(super) fn new(clock: Clock) -> Self {
        let announced = watch::Sender::new(Announced::new(0, clock.now()));
        Self { clock, reading: Arc::default(), announced }
    }

    /// What counts them.
    pub(super) fn reading(&self) -> &Arc<AtomicU32> {
        &self.reading
    }

    /// How many are reading now.
    pub(super) fn count(&self) -> u32 {
        self.reading.load(Ordering::Relaxed)
    }

    /// Announces the number of readers.
    pub(super) fn announce(&self) {
        // Again even if it equals the last announced: readers that came in between were told another.
        self.announced.send_modify(|announced| {
            let count = self.count();
            if count != announced.count {
                *announced = Announced::new(count, self.clock.now());
            }
        });
    }
}

impl StateTopic for Readers {
    fn access(&self, _: &str, _: &Grant) -> Access {
        Access::Everybody
    }

    /// Begins with the number as it is now.
    fn follow(&self, _: &str) -> Followed {
        let changes = self.announced.subscribe();
        let now = Announced::new(self.count(), self.clock.now());
        let next = async |mut changes: watch::Receiver<Announced>| {
            changes.changed().await.ok()?;
            let state = changes.borrow_and_update().state.clone();
            Some((state, changes))
        };
        Followed { newest: Some(now.state), changes: stream::unfold(changes, next).boxed() }
    }
}
