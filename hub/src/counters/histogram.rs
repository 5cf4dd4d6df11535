//! A histogram of durations, in buckets that are known beforehand.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The upper bounds of the buckets, in microseconds, each of them included: from what a fast disk takes to
/// what a reader is given before it is cut off. What takes longer counts in a bucket without a bound.
pub const BOUNDS: [u64; 17] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

/// Durations by their length. Counting one is two relaxed additions.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
}

/// What a histogram holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// How many fell into each bucket of [`BOUNDS`], and last of all beyond them.
    pub counts: [u64; BOUNDS.len() + 1],
    /// All of them together, in microseconds.
    pub sum: u64,
}

impl Distribution {
    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl Histogram {
    /// Counts a duration in microseconds.
    pub fn observe(&self, micros: u64) {
        self.observe_often(micros, 1);
    }

    /// Counts a duration in microseconds so many times.
    pub(crate) fn observe_often(&self, micros: u64, times: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        self.counts[bucket].fetch_add(times, Relaxed);
        self.sum.fetch_add(micros.saturating_mul(times), Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Distribution {
        let counts = std::array::from_fn(|bucket| self.counts[bucket].load(Relaxed));
        Distribution { counts, sum: self.sum.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [0, 100, 101, 30_000_000, 30_000_001] {
            histogram.observe(micros);
        }
        let Distribution { counts, sum } = histogram.read();
        assert_eq!((counts[0], counts[1], counts[16], counts[17]), (2, 1, 1, 1));
        assert_eq!((histogram.read().count(), sum), (5, 60_000_202));
        histogram.observe_often(101, 3);
        assert_eq!((histogram.read().counts[1], histogram.read().sum), (4, 60_000_505));
    }
}
