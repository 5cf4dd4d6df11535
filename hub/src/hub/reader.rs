//! A reader: counted when it connects, logged when it leaves.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::time::Instant;
use tracing::info;

use crate::{client::Address, counters::Counters};

/// A reader. Dropping it disconnects the reader.
#[derive(Debug)]
pub struct Reader {
    /// How many are reading, of which this is one.
    reading: Arc<AtomicU32>,
    counters: Counters,
    address: Address,
    since: Instant,
    events: u64,
}

impl Reader {
    /// A reader that starts now and has been counted already.
    pub(super) fn new(reading: Arc<AtomicU32>, counters: Counters, address: Address) -> Self {
        Self { reading, counters, address, since: Instant::now(), events: 0 }
    }

    /// Counts events that were handed over for this reader.
    pub fn got(&mut self, events: u64) {
        self.events += events;
        self.counters.delivered(events);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let remaining = self.reading.fetch_sub(1, Ordering::Relaxed) - 1;
        info!(
            address = %self.address,
            duration_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            events = self.events,
            readers = remaining,
            "client disconnected"
        );
    }
}
