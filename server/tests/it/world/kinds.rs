//! Worlds of each kind that tests ask for.

use std::{sync::Arc, time::Duration};

use belfry_hub::{
    Clock, Log,
    log::{Memory, Retention},
    tail,
};
use server::{
    Config,
    chat::Rooms,
    metrics::Exposure,
    origins::{Hosts, Origins},
    status::Visibility,
    web::{client::trust::Trust, limits::Limits},
};

use super::{BEGIN, World, usual};

impl World {
    pub(crate) fn ticking_every(interval: Duration) -> Self {
        Self::with_clock(Clock::starting_at(BEGIN), interval)
    }

    pub(crate) fn with_clock(clock: Clock, interval: Duration) -> Self {
        let log = Memory::new(clock, Retention::default(), tail::Bounds::default());
        Self::with_log(clock, interval, Arc::new(log))
    }

    /// One whose tail holds so few events that readers have to go to the log.
    pub(crate) fn with_tail_of(events: usize) -> Self {
        let clock = Clock::starting_at(BEGIN);
        let tail = tail::Bounds { events, ..tail::Bounds::default() };
        let log = Memory::new(clock, Retention::default(), tail);
        Self::with_log(clock, Duration::from_secs(3), Arc::new(log))
    }

    /// One that hardly ticks, with this retention of its log, and this many events in its tail.
    pub(crate) fn keeping(retention: Retention, events: usize) -> Self {
        let clock = Clock::starting_at(BEGIN).proven();
        let tail = tail::Bounds { events, ..tail::Bounds::default() };
        let log = Memory::new(clock, retention, tail);
        Self::with_log(clock, Duration::from_secs(3600), Arc::new(log))
    }

    /// One that shows its health to some.
    pub(crate) fn showing(shown: Visibility) -> Self {
        Self::configured(Config { status: shown, ..usual() })
    }

    /// One with some limits.
    pub(crate) fn limiting(limits: Limits) -> Self {
        Self::configured(Config { limits, ..usual() })
    }

    /// One that believes some proxies, and whose rooms are open to everybody.
    pub(crate) fn with_trust(trust: Trust) -> Self {
        Self::configured(Config { trust, ..usual() })
    }

    /// One that shows its metrics to some, and its health to nobody.
    pub(crate) fn exposing(exposure: Exposure) -> Self {
        Self::configured(Config { metrics: exposure, status: Visibility::Off, ..usual() })
    }

    pub(crate) fn with_log(clock: Clock, interval: Duration, log: Arc<dyn Log>) -> Self {
        Self::with_all(clock, log, Config { interval, ..usual() })
    }

    /// One with some rooms.
    pub(crate) fn with_rooms(rooms: &str) -> Self {
        Self::configured(Config { rooms: Rooms::read(rooms).unwrap(), ..usual() })
    }

    /// One that answers for some hosts, and lets pages of some origins read.
    pub(crate) fn answering(hosts: Hosts, origins: Origins) -> Self {
        Self::configured(Config { hosts, origins, ..usual() })
    }

    /// One that believes some proxies, with what is open by default on a loopback address.
    pub(crate) fn trusting(trust: Trust) -> Self {
        let (status, rooms) = (Visibility::Local, Rooms::Local);
        Self::configured(Config { trust, status, rooms, ..usual() })
    }

    /// One under a base path, with some limits and origins.
    pub(crate) fn under(base: &str, limits: Limits, origins: Origins) -> Self {
        let base_path = base.parse().unwrap();
        Self::configured(Config { base_path, limits, origins, ..usual() })
    }

    /// One that hardly ticks.
    pub(crate) fn configured(config: Config) -> Self {
        let clock = Clock::starting_at(BEGIN);
        let log = Memory::new(clock, Retention::default(), tail::Bounds::default());
        Self::with_all(
            clock,
            Arc::new(log),
            Config { interval: Duration::from_secs(3600), ..config },
        )
    }
}
