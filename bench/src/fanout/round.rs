//! One contender's turn.

use std::time::{Duration, Instant};

use super::{Case, Pace};
use crate::{
    Result,
    load::{Delivered, Load},
    process::own_processor_time,
};

/// Connections that publish: as many as publishes can be under way.
const PUBLISHERS: usize = 16;
const WARM_UP: u64 = 10;
const WARM_UP_RATE: f64 = 20.0;

/// What was measured in it.
pub(crate) struct Round {
    pub(crate) delivered: Delivered,
    /// The server's processor time.
    pub(crate) server: Duration,
    /// The share of the time in which the load client ran, from 0 to 1.
    pub(crate) client: f64,
}

impl Round {
    /// Starts the contender, connects its readers, and measures once a few events were delivered.
    pub(crate) fn run(case: &Case<'_>, length: Duration) -> Result<Self> {
        let serving = case.contender.start_with(case.audience.readers, case.security)?;
        let mut load = Load::connect(&serving, case.audience, PUBLISHERS)?;
        load.pace(WARM_UP_RATE, WARM_UP)?;
        let (begun, own) = (Instant::now(), own_processor_time()?);
        let before = serving.process.processor_time()?;
        let delivered = match case.pace {
            Pace::Paced(rate) => load.pace(rate, (rate * length.as_secs_f64()).ceil() as u64)?,
            Pace::Saturated(window) => load.saturate(window, length)?,
        };
        let server = serving.process.processor_time()? - before;
        let own = (own_processor_time()? - own).as_secs_f64();
        Ok(Self { delivered, server, client: own / begun.elapsed().as_secs_f64() })
    }

    /// Microseconds of the server's processor time for each delivered event.
    pub(crate) fn per_delivery(&self) -> f64 {
        self.server.as_secs_f64() * 1e6 / self.delivered.deliveries as f64
    }

    /// Microseconds of the server's processor time for each event.
    pub(crate) fn per_event(&self) -> f64 {
        self.server.as_secs_f64() * 1e6 / self.delivered.events as f64
    }

    /// Deliveries a second.
    pub(crate) fn rate(&self) -> f64 {
        self.delivered.deliveries as f64 / self.delivered.took.as_secs_f64()
    }
}
