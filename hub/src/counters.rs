//! Counters on an event's way: sums since the start.

mod histogram;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use wire::event::GapReason;

use crate::{cursor::Cursor, log::AppendError};

pub use histogram::{BOUNDS, Distribution, Histogram};

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
    too_many_topics: AtomicU64,
    latency: Histogram,
    published: [AtomicU64; Outcome::ALL.len()],
    gaps: [AtomicU64; GAPS.len()],
    ended: [AtomicU64; Ending::ALL.len()],
}

/// What became of a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event is on disk, now or from an earlier publish with the same key.
    Stored,
    /// The request was refused before the log was asked: by its token, its form or its size.
    Refused,
    /// The key was used for a different event.
    KeyUsed,
    /// The disk had no room.
    Full,
    /// The disk did not respond in time.
    Late,
    /// The log could not be written.
    Unavailable,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Stored, Self::Refused, Self::KeyUsed, Self::Full, Self::Late, Self::Unavailable];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Refused => "refused",
            Self::KeyUsed => "key_used",
            Self::Full => "full",
            Self::Late => "late",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<&Result<Cursor, AppendError>> for Outcome {
    fn from(appended: &Result<Cursor, AppendError>) -> Self {
        match appended {
            Ok(_) => Self::Stored,
            Err(AppendError::KeyUsed) => Self::KeyUsed,
            Err(AppendError::Full) => Self::Full,
            Err(AppendError::Late(_)) => Self::Late,
            Err(AppendError::Unavailable(_)) => Self::Unavailable,
        }
    }
}

/// Why a stream has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// The reader has left, or its connection was lost or cut off.
    #[default]
    Left,
    /// The reader's rights have expired.
    Expired,
    /// The reader's rights were taken back.
    Revoked,
    /// The server shuts down.
    Shutdown,
    /// It has lasted as long as a stream may.
    Age,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Left, Self::Expired, Self::Revoked, Self::Shutdown, Self::Age];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Shutdown => "shutdown",
            Self::Age => "age",
        }
    }
}

/// The reasons of gaps, in the order in which they are counted.
pub const GAPS: [GapReason; 4] =
    [GapReason::Expired, GapReason::Epoch, GapReason::Unknown, GapReason::Damaged];

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
    /// Requests that were refused because they named too many topics.
    pub too_many_topics: u64,
    /// From an event's publishing until it was handed to a reader's connection: each event once for each
    /// reader that was there when it came.
    pub latency: Distribution,
    /// Publishes, by [`Outcome::ALL`].
    pub published: [u64; Outcome::ALL.len()],
    /// Gaps that readers were told of, by [`GAPS`].
    pub gaps: [u64; GAPS.len()],
    /// Streams that have ended, by [`Ending::ALL`].
    pub ended: [u64; Ending::ALL.len()],
}

impl Counters {
    /// Events were handed to a reader.
    pub fn delivered(&self, events: u64) {
        self.0.delivered.fetch_add(events, Relaxed);
    }

    /// An event was handed to a reader's connection this many microseconds after its publishing. Below
    /// zero, where the clock was set back, counts as zero.
    pub fn took(&self, micros: i64) {
        self.took_often(micros, 1);
    }

    /// The same, for so many readers at once.
    pub(crate) fn took_often(&self, micros: i64, readers: u64) {
        let micros = u64::try_from(micros).unwrap_or(0);
        let one_more = micros.saturating_add(1);
        // Reading first: a write would take the line from all other threads that deliver.
        if self.0.slowest.load(Relaxed) < one_more {
            self.0.slowest.fetch_max(one_more, Relaxed);
        }
        self.0.latency.observe_often(micros, readers);
    }

    /// Somebody has tried to publish.
    pub fn published(&self, outcome: Outcome) {
        self.0.published[outcome as usize].fetch_add(1, Relaxed);
    }

    /// A reader was told that events are missing.
    pub fn gap(&self, reason: GapReason) {
        let place = GAPS.iter().position(|one| *one == reason);
        if let Some(place) = place {
            self.0.gaps[place].fetch_add(1, Relaxed);
        }
    }

    /// A stream has ended.
    pub fn ended(&self, why: Ending) {
        self.0.ended[why as usize].fetch_add(1, Relaxed);
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

    /// A request was refused because it named too many topics.
    pub fn too_many_topics(&self) {
        self.0.too_many_topics.fetch_add(1, Relaxed);
    }

    /// The sums.
    #[must_use]
    pub fn read(&self) -> Counted {
        let Sums { delivered, stalled, vanished, cut, refused, .. } = &*self.0;
        let [delivered, stalled, vanished, cut, refused] =
            [delivered, stalled, vanished, cut, refused].map(|sum| sum.load(Relaxed));
        Counted {
            delivered,
            stalled,
            vanished,
            cut,
            refused,
            too_many_topics: self.0.too_many_topics.load(Relaxed),
            latency: self.0.latency.read(),
            published: read(&self.0.published),
            gaps: read(&self.0.gaps),
            ended: read(&self.0.ended),
        }
    }

    /// The longest that [`took`](Self::took) was told since the last time, in microseconds, up to
    /// 71 minutes; `None` where it was told nothing.
    #[must_use]
    pub fn take_slowest(&self) -> Option<u32> {
        let micros = self.0.slowest.swap(0, Relaxed).checked_sub(1)?;
        Some(u32::try_from(micros).unwrap_or(u32::MAX))
    }
}

fn read<const N: usize>(sums: &[AtomicU64; N]) -> [u64; N] {
    std::array::from_fn(|place| sums[place].load(Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_ending_and_gap_has_a_counter_of_its_own() {
        let counters = Counters::default();
        for _ in 0..2 {
            Outcome::ALL.into_iter().for_each(|one| counters.published(one));
            Ending::ALL.into_iter().for_each(|one| counters.ended(one));
            GAPS.into_iter().for_each(|one| counters.gap(one));
        }
        let counted = counters.read();
        assert_eq!((counted.published, counted.ended, counted.gaps), ([2; 6], [2; 5], [2; 4]));
    }

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
