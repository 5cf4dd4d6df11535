//! Where readers stand in the log, for those who watch the whole: how far the slowest is behind.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The place of a reader that has all there is.
const CAUGHT_UP: u64 = u64::MAX;

/// The places of all readers of the log. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    places: HashMap<u64, Arc<AtomicU64>>,
}

/// How far readers are behind the newest event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// So many have not been handed all there is: they are catching up, or their connection is full.
    pub readers: u64,
    /// So many events of the log, of whatever topic, come after the one that is furthest behind.
    pub events: u64,
}

impl Places {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a reader, until it is dropped.
    pub(crate) fn take(&self) -> Place {
        let at = Arc::new(AtomicU64::new(CAUGHT_UP));
        let mut taken = self.taken();
        let number = taken.next;
        taken.next += 1;
        taken.places.insert(number, at.clone());
        Place { places: self.clone(), number, at }
    }

    /// How far they are behind the event of the sequence `last`.
    pub(super) fn lag(&self, last: u64) -> Lag {
        let taken = self.taken();
        let behind = taken.places.values().map(|at| last.saturating_sub(at.load(Relaxed)));
        behind.filter(|events| *events > 0).fold(Lag::default(), |lag, events| Lag {
            readers: lag.readers + 1,
            events: lag.events.max(events),
        })
    }
}

/// Where a reader stands. Moving on is one relaxed store.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    number: u64,
    at: Arc<AtomicU64>,
}

impl Place {
    /// The reader was handed all events up to this sequence, and has not come for more.
    pub(crate) fn is_at(&self, sequence: u64) {
        self.at.store(sequence, Relaxed);
    }

    /// The reader has all there is.
    pub(crate) fn has_caught_up(&self) {
        self.is_at(CAUGHT_UP);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().places.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_that_of_the_last_of_those_who_are_behind() {
        let places = Places::default();
        let [one, two, three] = [places.take(), places.take(), places.take()];
        assert_eq!(places.lag(10), Lag::default());
        one.is_at(7);
        two.is_at(3);
        three.is_at(10);
        assert_eq!(places.lag(10), Lag { readers: 2, events: 7 });
        two.has_caught_up();
        assert_eq!(places.lag(10), Lag { readers: 1, events: 3 });
        drop(one);
        assert_eq!(places.lag(10), Lag::default());
    }
}
