//! The server's health: the value of the state topic `status`, and how its last minutes are kept.
//!
//! The server measures a [`Status`] every [`STATUS_INTERVAL_MS`], pushes it, and adds it to its
//! [`Trend`], with which a page is born; the page adds to its own copy what is pushed to it.

use serde::{Deserialize, Serialize};

use crate::{quantity::float, read::{read_fields, read_names}, tick::Tick};

/// Milliseconds between two measurements of the server's health.
pub const STATUS_INTERVAL_MS: u32 = 2_000;

/// How many measurements a [`Trend`] holds: those of the last ten minutes.
pub const TREND_KEPT: usize = 300;

/// A measurement that is so many milliseconds older than the newest is not late: the server's clock was
/// set back.
pub const SET_BACK_MS: i64 = 10 * STATUS_INTERVAL_MS as i64;

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

/// From so many percent on a disk is said to be full.
pub const DISK_FULL: f64 = 90.0;

/// From so many percent on the memory is said to be full.
pub const MEMORY_FULL: f64 = 95.0;

/// From so many percent on all processors together are said to be saturated,
pub const SATURATED: f64 = 95.0;

/// where they have been so in every measurement of so many milliseconds.
pub const SATURATED_FOR_MS: i64 = 120_000;

/// From so many degrees Celsius on a sensor is said to be hot.
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

/// The last minutes of what is plotted: one column for each plot, as long as `at`, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// When each was measured.
    pub at: Vec<Tick>,
    /// The newest measurement whole; `None` before the first.
    pub newest: Option<Status>,
    /// [`Host::cpu`].
    pub cpu: Column,
    /// The first of [`Host::load`].
    pub load: Column,
    /// [`Host::memory`] in use.
    pub memory: Column,
    /// [`Host::received`].
    pub received: Column,
    /// [`Host::sent`].
    pub sent: Column,
    /// [`Own::readers`].
    pub readers: Column,
    /// [`Own::published`].
    pub published: Column,
    /// [`Own::delivered`].
    pub delivered: Column,
    /// [`Own::latency_us`].
    pub latency_us: Column,
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
read_fields!(Trend {
    at,
    newest,
    cpu,
    load,
    memory,
    received,
    sent,
    readers,
    published,
    delivered,
    latency_us,
});

/// What is plotted: `None` where there was nothing to measure.
pub type Column = Vec<Option<f64>>;

impl Trend {
    /// Adds a measurement, and drops the oldest beyond [`TREND_KEPT`]. One that is not newer than the
    /// newest is already there, or late, and is not added. One that is [`SET_BACK_MS`] older or more
    /// comes from a clock that was set back: the trend begins anew with it.
    pub fn push(&mut self, status: Status) {
        if let Some(last) = self.at.last().filter(|last| status.at <= **last) {
            if last.millis() - status.at.millis() < SET_BACK_MS {
                return;
            }
            *self = Self::default();
        }
        let Status { at, host, belfry, .. } = &status;
        if self.at.len() >= TREND_KEPT {
            self.at.remove(0);
        }
        self.at.push(*at);
        for (column, value) in [
            (&mut self.cpu, host.cpu),
            (&mut self.load, host.load.map(|[one, ..]| one)),
            (&mut self.memory, host.memory.map(|memory| float(memory.used))),
            (&mut self.received, host.received.map(float)),
            (&mut self.sent, host.sent.map(float)),
            (&mut self.readers, Some(belfry.readers.into())),
            (&mut self.published, Some(belfry.published)),
            (&mut self.delivered, Some(belfry.delivered)),
            (&mut self.latency_us, belfry.latency_us.map(f64::from)),
        ] {
            if column.len() >= TREND_KEPT {
                column.remove(0);
            }
            column.push(value);
        }
        self.newest = Some(status);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(millis: i64) -> Status {
        let of_time = u64::try_from(millis).unwrap_or_default();
        let filled = Filled { used: of_time, total: u64::MAX };
        Status {
            at: millis.into(),
            host: Host {
                uptime_s: Some(1),
                cpu: Some(12.3),
                cores: vec![12.3],
                load: Some([0.52, 0.4, 0.3]),
                memory: Some(filled),
                disk: None,
                received: Some(of_time + 1),
                sent: Some(of_time + 2),
                temperature: None,
            },
            findings: vec![Finding { what: Trouble::Disk, value: 95.0 }],
            belfry: Own {
                version: String::new(),
                node: String::new(),
                uptime_s: 1,
                readers: 7,
                published: 1.5,
                delivered: 10.5,
                latency_us: Some(250),
                log_events: 0,
                log_bytes: 0,
                log_keys: 0,
                log_damaged: 0,
                memory: None,
                stalled: 0,
                vanished: 0,
            },
        }
    }

    /// A trend that was told these instants.
    fn trend(millis: &[i64]) -> Trend {
        let mut trend = Trend::default();
        millis.iter().for_each(|&at| trend.push(status(at)));
        trend
    }

    fn instants(trend: &Trend) -> Vec<i64> {
        trend.at.iter().map(|at| at.millis()).collect()
    }

    #[test]
    fn what_is_already_there_or_late_is_not_added() {
        assert_eq!(instants(&trend(&[2000, 4000, 4000, 2000, 6000])), [2000, 4000, 6000]);
        assert_eq!(trend(&[2000, 4000, 2000]).newest.unwrap().at.millis(), 4000);
    }

    #[test]
    fn after_a_clock_was_set_back_the_trend_begins_anew() {
        let day = 86_400_000;
        assert_eq!(instants(&trend(&[day, day + 2000, day - 17_999])), [day, day + 2000]);
        assert_eq!(instants(&trend(&[day, day + 2000, day - 18_000])), [day - 18_000]);
        assert_eq!(instants(&trend(&[day, 2000, 4000])), [2000, 4000]);
    }

    #[test]
    fn each_column_holds_its_own_figure() {
        let trend = trend(&[2000]);
        assert_eq!((trend.cpu[0], trend.load[0]), (Some(12.3), Some(0.52)));
        let bytes = (trend.memory[0], trend.received[0], trend.sent[0]);
        assert_eq!(bytes, (Some(2000.0), Some(2001.0), Some(2002.0)));
        assert_eq!((trend.readers[0], trend.latency_us[0]), (Some(7.0), Some(250.0)));
        assert_eq!((trend.published[0], trend.delivered[0]), (Some(1.5), Some(10.5)));
    }

    proptest! {
        #[test]
        fn the_columns_are_bounded_and_of_one_length_oldest_first(
            steps in proptest::collection::vec(-30_000_i64..30_000, 0..700)
        ) {
            let mut now = 1_795_324_680_000;
            let mut trend = Trend::default();
            for step in steps {
                now += step;
                trend.push(status(now));
                prop_assert!(trend.at.is_sorted_by(|a, b| a < b));
            }
            let long = trend.at.len();
            prop_assert!(long <= TREND_KEPT);
            prop_assert_eq!(trend.newest.as_ref().map(|newest| newest.at), trend.at.last().copied());
            for of in [trend.cpu.len(), trend.load.len(), trend.memory.len(), trend.received.len(),
                trend.sent.len(), trend.readers.len(), trend.published.len(),
                trend.delivered.len(), trend.latency_us.len()] {
                prop_assert_eq!(of, long);
            }
        }

        #[test]
        fn the_newest_are_kept(extra in 0_i64..50) {
            let kept = i64::try_from(TREND_KEPT).unwrap();
            let all: Vec<_> = (1..=kept + extra).map(|n| n * 2000).collect();
            prop_assert_eq!(instants(&trend(&all)), &all[usize::try_from(extra).unwrap()..]);
        }
    }

    #[test]
    fn numbers_on_the_wire_are_short() {
        let json = serde_json::to_string(&status(2000)).unwrap();
        assert!(json.contains(r#""cpu":12.3,"cores":[12.3],"load":[0.52,0.4,0.3]"#), "{json}");
        assert_eq!(serde_json::from_str::<Status>(&json).unwrap(), status(2000));
    }
}
