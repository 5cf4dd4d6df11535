//! A reader: it comes and is counted, it leaves and is logged.

use std::{net::SocketAddr, sync::atomic::Ordering};

use tokio::time::Instant;
use tracing::info;

use super::Hub;

/// One who reads. Dropping it is leaving.
#[derive(Debug)]
pub struct Reader {
    hub: Hub,
    address: SocketAddr,
    since: Instant,
    events: u64,
}

impl Reader {
    /// One who begins to read now.
    pub(super) fn new(hub: Hub, address: SocketAddr) -> Self {
        Self { hub, address, since: Instant::now(), events: 0 }
    }

    /// Counts events that were handed over for this reader.
    pub fn got(&mut self, events: u64) {
        self.events += events;
        self.hub.0.counters.delivered(events);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let remaining = self.hub.0.reading.fetch_sub(1, Ordering::Relaxed) - 1;
        info!(
            address = %self.address,
            duration_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            events = self.events,
            readers = remaining,
            "client disconnected"
        );
    }
}
