//! How often the server speaks, and how long it waits, from flags and variables.

use std::{ops::RangeInclusive, time::Duration};

use clap::Args;

use super::setting::{Setting, duration};

/// The limits of the interval and of the publish deadline. Below, a page has no time to notice silence;
/// above, it would take hours to.
const INTERVALS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

/// How much of the time after SIGTERM is reserved for closing the log, and the longest that the program runs
/// after SIGINT.
pub const CLOSE: Duration = Duration::from_secs(2);

/// The limits of the time to end.
const DRAINS: RangeInclusive<Duration> = CLOSE..=Duration::from_secs(3600);

/// The flags of times.
#[derive(Clone, Debug, Args)]
pub struct TimeFlags {
    /// Interval between pushes of the time, such as 3s, 500ms or 1m [default: 3s]
    #[arg(long, env = "BELFRY_INTERVAL", hide_env_values = true, value_name = "DURATION")]
    pub interval: Option<Setting>,
    /// How long a publish may wait for the disk before it gets a 503; the event may still be stored
    /// [default: 10s]
    #[arg(long, env = "BELFRY_PUBLISH_DEADLINE", hide_env_values = true, value_name = "DURATION")]
    pub publish_deadline: Option<Setting>,
    /// Time limit for the shutdown after SIGTERM: requests under way may take that long, and readers are told to
    /// come back at times spread over it; from 2s to 1h [default: 30s]
    #[arg(long, env = "BELFRY_DRAIN", hide_env_values = true, value_name = "DURATION")]
    pub drain: Option<Setting>,
}

pub(super) fn interval(value: &str) -> Result<Duration, &'static str> {
    let interval = duration(value)?;
    if INTERVALS.contains(&interval) { Ok(interval) } else { Err("must be from 100ms to 1h") }
}

pub(super) fn drain(value: &str) -> Result<Duration, &'static str> {
    let drain = duration(value)?;
    if DRAINS.contains(&drain) { Ok(drain) } else { Err("must be from 2s to 1h") }
}
