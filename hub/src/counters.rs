//! Counters on an event's way: sums since the start.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Counters. A cheap handle; counting is one relaxed addition.
#[derive(Clone, Debug, Default)]
pub struct Counters(Arc<Sums>);

#[derive(Debug, Default)]
struct Sums {
    delivered: AtomicU64,
    /// One more than the longest that was measured, in microseconds; 0 where nothing was.
    slowest: AtomicU64,
    stalled: AtomicU64,
    vanished: AtomicU64,
    cut: AtomicU64,
    refused: AtomicU64,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Events that were handed to readers.
    pub delivered: u64,
    /// Readers cut off because they had stopped reading, or read too slowly.
    pub stalled: u64,
    /// Readers cut off because they had vanished.
    pub vanished: u64,
    /// Connections cut off because others needed the memory that they held.
    pub cut: u64,
    /// Requests that were refused because there was no memory for them.
    pub refused: u64,
}

impl Counters {
    /// Events were handed to a reader.
    pub fn delivered(&self, events: u64) {
        self.0.delivered.fetch_add(events, Relaxed);
    }

    /// An event was handed to a reader's connection this many microseconds after its publishing. Below
    /// zero, where the clock was set back, counts as zero.
    pub fn took(&self, micros: i64) {
        let micros = u64::try_from(micros).unwrap_or(0);
        self.0.slowest.fetch_max(micros.saturating_add(1), Relaxed);
    }

    /// A reader had stopped reading, and was cut off.
    pub fn stalled(&self) {
        self.0.stalled.fetch_add(1, Relaxed);
    }

    /// A reader had vanished, and was cut off.
    pub fn vanished(&self) {
        self.0.vanished.fetch_add(1, Relaxed);
    }

    /// A connection held memory that others needed, and was cut off.
    pub fn cut(&self) {
        self.0.cut.fetch_add(1, Relaxed);
    }

    /// A request was refused because there was no memory for it.
    pub fn refused(&self) {
        self.0.refused.fetch_add(1, Relaxed);
    }

    /// The sums.
    #[must_use]
    pub fn read(&self) -> Counted {
        let Sums { delivered, stalled, vanished, cut, refused, .. } = &*self.0;
        let [delivered, stalled, vanished, cut, refused] =
            [delivered, stalled, vanished, cut, refused].map(|sum| sum.load(Relaxed));
        Counted { delivered, stalled, vanished, cut, refused }
    }

    /// The longest that [`took`](Self::took) was told since the last time, in microseconds, up to
    /// 71 minutes; `None` where it was told nothing.
    #[must_use]
    pub fn take_slowest(&self) -> Option<u32> {
        let micros = self.0.slowest.swap(0, Relaxed).checked_sub(1)?;
        Some(u32::try_from(micros).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_is_that_since_the_last_time() {
        let counters = Counters::default();
        assert_eq!(counters.take_slowest(), None);
        for (told, slowest) in [(&[7, 9, 8][..], 9), (&[-5], 0), (&[i64::MAX, 1], u32::MAX)] {
            told.iter().for_each(|micros| counters.took(*micros));
            assert_eq!(counters.take_slowest(), Some(slowest), "{told:?}");
            assert_eq!(counters.take_slowest(), None, "{told:?}");
        }
    }
}
