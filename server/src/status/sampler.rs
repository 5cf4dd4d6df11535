//! The sampler: every two seconds of the clock it looks at the machine and at Belfry's own counters,
//! and tells the vitals.

use std::time::Duration;

use app::{
    Tick,
    status::{Own, STATUS_INTERVAL_MS, Status},
};
use sysinfo::System;
use tokio::{task::spawn_blocking, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Look, Machine, Shown, machine::tenths, verdict::findings};
use crate::hub::Hub;

/// Between two measurements.
const INTERVAL: Duration = Duration::from_millis(STATUS_INTERVAL_MS as u64);

/// Measures at every multiple of [`STATUS_INTERVAL_MS`] until `shutdown`, and never where nobody may
/// see it. `open` makes what is measured, on a thread that may wait.
pub async fn measure<M: Machine>(
    hub: Hub,
    open: impl FnOnce() -> Result<M, String> + Send + 'static,
    shutdown: CancellationToken,
) {
    if hub.vitals().shown() == Shown::Off {
        return;
    }
    let measuring = async {
        if let Err(why) = sample(&hub, open).await {
            warn!(%why, "the server's health is not measured any more");
        }
    };
    shutdown.run_until_cancelled(measuring).await;
}

/// Measures until it cannot any more.
async fn sample<M: Machine>(
    hub: &Hub,
    open: impl FnOnce() -> Result<M, String> + Send + 'static,
) -> Result<(), String> {
    let mut rates = Rates::begin(hub);
    let mut machine = spawn_blocking(open).await.map_err(|error| error.to_string())??;
    let clock = hub.clock();
    let mut last = clock.now();
    loop {
        last = clock.next_multiple(INTERVAL, last).await;
        // So little time, after the start or where the clock was set, says nothing of a rate.
        if rates.since.elapsed() < INTERVAL / 2 {
            continue;
        }
        let looking = spawn_blocking(move || (machine.look(), machine)).await;
        let (Look { host, memory }, back) = looking.map_err(|error| error.to_string())?;
        machine = back;
        let (at, belfry) = (Tick::from_micros(last), rates.own(hub, memory));
        let writable = hub.log().ready().is_ok();
        let findings = findings(at, &host, &belfry, writable, &hub.vitals().trend());
        hub.vitals().tell(Status { at, host, belfry, findings });
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
    fn begin(hub: &Hub) -> Self {
        let (published, delivered) = (hub.log().tail().last(), hub.counters().read().delivered);
        let node = System::host_name().unwrap_or_default();
        Self { node, started: Instant::now(), since: Instant::now(), published, delivered }
    }

    /// Belfry's own figures since the last time.
    fn own(&mut self, hub: &Hub, memory: Option<u64>) -> Own {
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
            // Each event has a sequence of its own, so that nobody has to count them.
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
