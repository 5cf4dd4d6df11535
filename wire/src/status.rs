//! The server's health: the value of the state topic `status`, and from when on something is not well.

use serde::{Deserialize, Serialize};

use crate::{
    read::{read_fields, read_names},
    tick::Tick,
};

/// Milliseconds between two measurements of the server's health.
pub const STATUS_INTERVAL_MS: u32 = 2_000;

/// The server's health at one moment: the data of a `status` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// When it was measured.
    pub at: Tick,
    /// The machine.
    pub host: Host,
    /// Belfry itself.
    pub belfry: Own,
    /// What is not well, the worst first; empty where all is.
    pub findings: Vec<Finding>,
}

/// Something that is not well.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub what: Trouble,
    /// How much of it: percent of a disk or of the memory, seconds that the processor has been saturated,
    /// degrees, or a count; 0 where there is nothing to measure.
    pub value: f64,
}

/// What may not be well, the worst first. The thresholds stand in docs/operations.md too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trouble {
    /// The log takes no events for now.
    Log,
    /// The disk with the log is [`DISK_FULL`].
    Disk,
    /// The memory is [`MEMORY_FULL`].
    Memory,
    /// The processors were [`SATURATED`] for [`SATURATED_FOR_MS`].
    Processor,
    /// A sensor is [`HOT`].
    Heat,
    /// Something that the log holds was found damaged since the start.
    Damage,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Log, Self::Disk, Self::Memory, Self::Processor, Self::Heat, Self::Damage];
}

/// From this many percent on, a disk is said to be full.
pub const DISK_FULL: f64 = 90.0;

/// From this many percent on, the memory is said to be full.
pub const MEMORY_FULL: f64 = 95.0;

/// From this many percent on, all processors together are said to be saturated,
pub const SATURATED: f64 = 95.0;

/// where they have been so in every measurement of this many milliseconds.
pub const SATURATED_FOR_MS: i64 = 120_000;

/// From this many degrees Celsius on, a sensor is said to be hot.
pub const HOT: f64 = 95.0;

/// The machine that the server runs on. What the server cannot see, as in some containers, is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Seconds since it was started.
    pub uptime_s: Option<u64>,
    /// How busy all its processors are together, in percent: 0 to 100.
    pub cpu: Option<f64>,
    /// How busy each of them is, in percent.
    pub cores: Vec<f64>,
    /// How many tasks ran or waited on average in the last 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Memory, in bytes.
    pub memory: Option<Filled>,
    /// The file system that the log lies on, in bytes: what is reserved for the superuser is not there.
    /// `None` where the log is kept in memory.
    pub disk: Option<Filled>,
    /// Bytes per second that came over the machine's network cards, each counted once: what crosses a
    /// bridge or a tunnel crosses one of them too.
    pub received: Option<u64>,
    /// Bytes per second that went out.
    pub sent: Option<u64>,
    /// The hottest sensor in °C; `None` where there is none.
    pub temperature: Option<f64>,
}

/// How full something is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// How much is in use.
    pub used: u64,
    /// How much there is.
    pub total: u64,
}

impl Filled {
    /// How full it is, in percent.
    #[must_use]
    pub fn percent(self) -> f64 {
        float(self.used) * 100.0 / float(self.total.max(1))
    }
}

/// Belfry's own figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// Its version.
    pub version: String,
    /// The name of the machine that it runs on.
    pub node: String,
    /// Seconds since it was started.
    pub uptime_s: u64,
    /// How many are reading.
    pub readers: u32,
    /// Events per second that were published to the log.
    pub published: f64,
    /// Events per second that were handed to readers: of the log, live and replayed, and of the state
    /// topics. One that ten readers get counts ten times.
    pub delivered: f64,
    /// From an event's publishing until it was handed to a reader's connection, in microseconds: the
    /// worst of the last interval. It holds the wait for the disk, and for a slow reader to take what
    /// came before. What was published before the reader came, or read again from the log by one that
    /// had fallen far behind, does not count. `None` where none was delivered.
    pub latency_us: Option<u32>,
    /// How many events the log holds.
    pub log_events: u64,
    /// How many bytes the log's events take.
    pub log_bytes: u64,
    /// How many idempotency keys the log holds.
    pub log_keys: u64,
    /// How often since the start something that the log holds was found damaged.
    pub log_damaged: u64,
    /// Memory that the process has resident, in bytes; `None` where it cannot be seen.
    pub memory: Option<u64>,
    /// Readers cut off since the start because they had stopped reading.
    pub stalled: u64,
    /// Readers cut off since the start because their machine or network had vanished.
    pub vanished: u64,
}

read_fields!(Status { at, host, belfry, findings });
read_fields!(Finding { what, value });
read_names!(Trouble { Log, Disk, Memory, Processor, Heat, Damage });
read_fields!(Filled { used, total });
read_fields!(Host { uptime_s, cpu, cores, load, memory, disk, received, sent, temperature });
read_fields!(Own {
    version,
    node,
    uptime_s,
    readers,
    published,
    delivered,
    latency_us,
    log_events,
    log_bytes,
    log_keys,
    log_damaged,
    memory,
    stalled,
    vanished,
});

/// A count to draw or to round.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "it is rounded to three digits, or below 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}
