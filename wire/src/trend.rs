//! The last minutes of the server's health, for plotting.
//!
//! The server measures a [`Status`] every [`STATUS_INTERVAL_MS`], pushes it, and adds it to its
//! [`Trend`], with which the page is rendered; the page adds to its own copy what is pushed to it.

use serde::{Deserialize, Serialize};

use crate::{
    read::read_fields,
    status::{STATUS_INTERVAL_MS, Status, float},
    tick::Tick,
};

/// How many measurements a [`Trend`] holds: those of the last ten minutes.
pub const TREND_KEPT: usize = 300;

/// A measurement that is this many milliseconds older than the newest is not late: the server's clock was
/// set back.
pub const SET_BACK_MS: i64 = 10 * STATUS_INTERVAL_MS as i64;

/// What is plotted: `None` where there was nothing to measure.
pub type Column = Vec<Option<f64>>;

/// The last minutes of what is plotted: one column for each plot, as long as `at`, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// When each was measured.
    pub at: Vec<Tick>,
    /// The newest measurement whole; `None` before the first.
    pub newest: Option<Status>,
    /// [`Host::cpu`](crate::status::Host::cpu).
    pub cpu: Column,
    /// The first of [`Host::load`](crate::status::Host::load).
    pub load: Column,
    /// [`Host::memory`](crate::status::Host::memory) in use.
    pub memory: Column,
    /// [`Host::received`](crate::status::Host::received).
    pub received: Column,
    /// [`Host::sent`](crate::status::Host::sent).
    pub sent: Column,
    /// [`Own::readers`](crate::status::Own::readers).
    pub readers: Column,
    /// [`Own::published`](crate::status::Own::published).
    pub published: Column,
    /// [`Own::delivered`](crate::status::Own::delivered).
    pub delivered: Column,
    /// [`Own::latency_us`](crate::status::Own::latency_us).
    pub latency_us: Column,
}

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

impl Trend {
    /// Adds a measurement, and drops the oldest beyond [`TREND_KEPT`]. One that is not newer than the
    /// newest is already there, or late, and is not added. One that is [`SET_BACK_MS`] older or more
    /// comes from a clock that was set back: the trend begins again with it.
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
    use crate::status::{Filled, Finding, Host, Own, Trouble};

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
    fn after_a_clock_was_set_back_the_trend_starts_over() {
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
