//! The server's health: the value of the state topic `status`, and how its last minutes are kept.
//!
//! The server measures a [`Status`] every [`STATUS_INTERVAL_MS`], pushes it, and adds it to its
//! [`Trend`], with which a page is born; the page adds to its own copy what is pushed to it.

use serde::{Deserialize, Serialize};

use crate::tick::Tick;

/// Milliseconds between two measurements of the server's health.
pub const STATUS_INTERVAL_MS: u32 = 2_000;

/// How many measurements a [`Trend`] holds: those of the last ten minutes.
pub const TREND_KEPT: usize = 300;

/// The server's health at one moment: the data of a `status` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// When it was measured.
    pub at: Tick,
    /// The machine.
    pub host: Host,
    /// Belfry itself.
    pub belfry: Own,
}

/// The machine that the server runs on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Seconds since it was started.
    pub uptime_s: u64,
    /// How busy all its processors are together, in percent: 0 to 100.
    pub cpu: f32,
    /// How busy each of them is, in percent.
    pub cores: Vec<f32>,
    /// How many tasks ran or waited on average in the last 1, 5 and 15 minutes.
    pub load: [f32; 3],
    /// Memory, in bytes.
    pub memory: Filled,
    /// The file system that the log lies on, in bytes; `None` where the log is kept in memory.
    pub disk: Option<Filled>,
    /// Bytes per second that came over all networks but the machine's own loopback.
    pub received: u64,
    /// Bytes per second that went out.
    pub sent: u64,
    /// The hottest sensor in °C; `None` where there is none.
    pub temperature: Option<f32>,
}

/// How full something is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// How much is in use.
    pub used: u64,
    /// How much there is.
    pub total: u64,
}

/// Belfry's own figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// Seconds since it was started.
    pub uptime_s: u64,
    /// How many are reading.
    pub readers: u32,
    /// Events per second that were published.
    pub published: f32,
    /// Events per second that were handed to readers.
    pub delivered: f32,
    /// From an event's publishing until it was handed to a reader's connection, in microseconds: the
    /// worst of the last interval. `None` where none was delivered.
    pub latency_us: Option<u32>,
    /// How many events the log holds.
    pub log_events: u64,
    /// How many bytes the log's events take.
    pub log_bytes: u64,
    /// Memory that the process has resident, in bytes.
    pub memory: u64,
    /// Readers cut off since the start because they had stopped reading.
    pub stalled: u64,
    /// Readers cut off since the start because their machine or network had vanished.
    pub vanished: u64,
}

/// The last minutes of what is plotted: one column for each plot, as long as `at`, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// When each was measured.
    pub at: Vec<Tick>,
    /// The newest measurement whole; `None` before the first.
    pub newest: Option<Status>,
    /// [`Host::cpu`].
    pub cpu: Vec<f32>,
    /// The first of [`Host::load`].
    pub load: Vec<f32>,
    /// [`Host::memory`] in use.
    pub memory: Vec<u64>,
    /// [`Host::received`].
    pub received: Vec<u64>,
    /// [`Host::sent`].
    pub sent: Vec<u64>,
    /// [`Own::readers`].
    pub readers: Vec<u32>,
    /// [`Own::published`].
    pub published: Vec<f32>,
    /// [`Own::delivered`].
    pub delivered: Vec<f32>,
    /// [`Own::latency_us`].
    pub latency_us: Vec<Option<u32>>,
}

impl Trend {
    /// Adds a measurement, and drops the oldest beyond [`TREND_KEPT`]. One that is not newer than the
    /// newest is already there, or late, and is not added.
    pub fn push(&mut self, status: Status) {
        if self.at.last().is_some_and(|&last| status.at <= last) {
            return;
        }
        let Status { at, host, belfry } = &status;
        add(&mut self.at, *at);
        add(&mut self.cpu, host.cpu);
        add(&mut self.load, host.load[0]);
        add(&mut self.memory, host.memory.used);
        add(&mut self.received, host.received);
        add(&mut self.sent, host.sent);
        add(&mut self.readers, belfry.readers);
        add(&mut self.published, belfry.published);
        add(&mut self.delivered, belfry.delivered);
        add(&mut self.latency_us, belfry.latency_us);
        self.newest = Some(status);
    }
}

fn add<T>(column: &mut Vec<T>, value: T) {
    if column.len() >= TREND_KEPT {
        column.remove(0);
    }
    column.push(value);
}
