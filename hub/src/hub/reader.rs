//! A reader: counted when it connects, logged when it leaves.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::time::Instant;
use tracing::{Span, info};

use crate::{
    client::Address,
    counters::{Counters, Ending},
};

/// A reader. Dropping it disconnects the reader.
#[derive(Debug)]
pub struct Reader {
    /// How many are reading, of which this is one.
    reading: Arc<AtomicU32>,
    counters: Counters,
    address: Address,
    since: Instant,
    events: u64,
    ending: Ending,
    /// That of its request, where it has one.
    span: Option<Box<Span>>,
}

impl Reader {
    /// A reader that starts now and has been counted already.
    pub(super) fn new(reading: Arc<AtomicU32>, counters: Counters, address: Address) -> Self {
        let ending = Ending::default();
        let span = Some(Span::current()).filter(|span| !span.is_none()).map(Box::new);
        Self { reading, counters, address, since: Instant::now(), events: 0, ending, span }
    }

    /// Counts events that were handed over for this reader.
    pub fn got(&mut self, events: u64) {
        self.got_uncounted(events);
        self.counters.delivered(events);
    }

    /// The same, where the caller adds them to the [`Counters`] together with those of others.
    pub(crate) fn got_uncounted(&mut self, events: u64) {
        self.events += events;
    }

    /// Where it is from.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Notes why its stream ends, where it is not the reader that leaves. The first reason counts.
    pub fn ends(&mut self, why: Ending) {
        if self.ending == Ending::Left {
            self.ending = why;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let remaining = self.reading.fetch_sub(1, Ordering::Relaxed) - 1;
        self.counters.ended(self.ending);
        let _of_request = self.span.as_ref().map(|span| span.enter());
        info!(
            address = %self.address,
            duration_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            events = self.events,
            readers = remaining,
            "client disconnected"
        );
    }
}
