//! The sampler: every two seconds of the clock it measures the machine and reads Belfry's own counters, and
//! tells the health.

use std::{error::Error, fmt, time::Duration};

use belfry_hub::hub::Hub;
use sysinfo::System;
use tokio::{
    task::{JoinError, spawn_blocking},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use wire::{
    status::{Own, STATUS_INTERVAL_MS, Status},
    tick::Tick,
};

use super::{Health, Look, Machine, Visibility, machine::tenths, verdict::findings};

/// Between two measurements.
const INTERVAL: Duration = Duration::from_millis(STATUS_INTERVAL_MS as u64);

/// What Belfry's own figures are read from, and where all of them go.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Its log, its clock, its readers and its counters.
    pub hub: Hub,
    /// Where a measurement goes.
    pub health: Health,
}

/// Measures at every multiple of [`STATUS_INTERVAL_MS`] until `shutdown`, and never where nobody may
/// see it. `open` makes what is measured, on a thread that may wait.
pub async fn measure<M: Machine, E: Error + Send + 'static>(
    sources: Sources,
    open: impl FnOnce() -> Result<M, E> + Send + 'static,
    shutdown: CancellationToken,
) {
    if sources.health.shown() == Visibility::Off {
        return;
    }
    let measuring = async {
        if let Err(why) = sample(&sources, open).await {
            warn!(%why, "stopped measuring the server's health");
        }
    };
    shutdown.run_until_cancelled(measuring).await;
}

/// Measures until that fails.
async fn sample<M: Machine, E: Error + Send + 'static>(
    sources: &Sources,
    open: impl FnOnce() -> Result<M, E> + Send + 'static,
) -> Result<(), NotMeasured<E>> {
    let Sources { hub, health, .. } = sources;
    let mut rates = Rates::begin(sources);
    let mut machine = spawn_blocking(open).await?.map_err(NotMeasured::Closed)?;
    let clock = hub.clock();
    let mut last = clock.now();
    loop {
        last = clock.next_multiple(INTERVAL, last).await;
        // Too little time, after the start or a change of the clock, for a meaningful rate.
        if rates.since.elapsed() < INTERVAL / 2 {
            continue;
        }
        let looking = spawn_blocking(move || (machine.look(), machine)).await;
        let (Look { host, memory }, back) = looking?;
        machine = back;
        let (at, belfry) = (Tick::from_micros(last), rates.own(sources, memory));
        let writable = hub.log().ready().is_ok();
        let findings = findings(at, &host, &belfry, writable, &health.trend());
        health.tell(Status { at, host, belfry, findings });
    }
}

/// Why nothing is measured any more.
#[derive(Debug)]
enum NotMeasured<E> {
    /// The machine does not say how it is.
    Closed(E),
    /// A look at it has panicked.
    Panicked(JoinError),
}

impl<E: fmt::Display> fmt::Display for NotMeasured<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(error) => error.fmt(f),
            Self::Panicked(error) => error.fmt(f),
        }
    }
}

impl<E: Error> Error for NotMeasured<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Closed(error) => error.source(),
            Self::Panicked(error) => error.source(),
        }
    }
}

impl<E> From<JoinError> for NotMeasured<E> {
    fn from(error: JoinError) -> Self {
        Self::Panicked(error)
    }
}

/// What Belfry's own rates count from.
struct Rates {
    node: String,
    started: Instant,
    since: Instant,
    published: u64,
    delivered: u64,
}

impl Rates {
    fn begin(Sources { hub, .. }: &Sources) -> Self {
        let (published, delivered) = (hub.log().tail().last(), hub.counters().read().delivered);
        let node = System::host_name().unwrap_or_default();
        Self { node, started: Instant::now(), since: Instant::now(), published, delivered }
    }

    /// Belfry's own figures since the last time.
    fn own(&mut self, Sources { hub, .. }: &Sources, memory: Option<u64>) -> Own {
        let (counted, held) = (hub.counters().read(), hub.log().held());
        let elapsed = self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        let rate = |before: &mut u64, now: u64| {
            let count = now.saturating_sub(std::mem::replace(before, now));
            tenths(count as f64 / elapsed)
        };
        Own {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            node: self.node.clone(),
            uptime_s: self.started.elapsed().as_secs(),
            readers: hub.reading(),
            // Each event has its own sequence, so there is no need to count them.
            published: rate(&mut self.published, hub.log().tail().last()),
            delivered: rate(&mut self.delivered, counted.delivered),
            latency_us: hub.counters().take_slowest(),
            log_events: held.events,
            log_bytes: held.bytes,
            log_keys: held.keys,
            log_damaged: held.damaged,
            memory,
            stalled: counted.stalled,
            vanished: counted.vanished,
        }
    }
}
