//! Counts deliveries, and how long each event was under way to each of its readers.

use std::time::Instant;

use hdrhistogram::Histogram;
use memchr::memchr_iter;

use super::event::{MARK, number};
use crate::Result;

/// One minute, in microseconds.
const LONGEST: u64 = 60_000_000;
const DIGITS: u8 = 3;

pub(super) struct Delays {
    /// When each event was published, by its number.
    sent: Vec<Instant>,
    deliveries: u64,
    /// In microseconds.
    delays: Histogram<u64>,
}

impl Delays {
    pub(super) fn new() -> Result<Self> {
        let delays = Histogram::new_with_bounds(1, LONGEST, DIGITS)?;
        Ok(Self { sent: vec![], deliveries: 0, delays })
    }

    /// Starts over, with room for so many events.
    pub(super) fn clear(&mut self, events: usize) {
        self.sent.clear();
        self.sent.reserve(events);
        self.deliveries = 0;
        self.delays.reset();
    }

    /// Notes that an event is published now; numbers follow each other.
    pub(super) fn sent(&mut self, number: u64) {
        debug_assert_eq!(number, self.sent.len() as u64);
        self.sent.push(Instant::now());
    }

    /// Counts the events that begin in a piece of a stream.
    pub(super) fn count(&mut self, piece: &[u8]) {
        let now = Instant::now();
        for at in memchr_iter(MARK, piece) {
            self.deliveries += 1;
            let number = number(&piece[at + 1..]).and_then(|number| usize::try_from(number).ok());
            if let Some(sent) = number.and_then(|number| self.sent.get(number)) {
                let delay = now.saturating_duration_since(*sent).as_micros();
                self.delays.saturating_record(u64::try_from(delay).unwrap_or(LONGEST));
            }
        }
    }

    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// The delay within which so much of the deliveries lies, from 0 to 1, in milliseconds.
    pub(super) fn quantile(&self, part: f64) -> f64 {
        self.delays.value_at_quantile(part) as f64 / 1000.0
    }
}
