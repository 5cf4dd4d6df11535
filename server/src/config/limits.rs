//! How much clients may take, from flags and variables.

use std::{ops::RangeInclusive, time::Duration};

use clap::Args;

use super::setting::{BadSetting, Setting, duration, given};
use crate::web::limits::Limits;

/// The limits of limits, and of the age of streams.
const LIMITS: RangeInclusive<u32> = 1..=1_000_000;
const STREAM_AGES: RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(7 * 24 * 3600);

/// The flags of limits.
#[derive(Clone, Debug, Args)]
pub struct LimitFlags {
    /// Streams that one client, an IPv4 address or an IPv6 network of 64 bits, may have at once, or off. Clients
    /// on this machine and in private networks are not limited unless --trusted-proxy is given [default: 100]
    #[arg(
        long,
        env = "BELFRY_MAX_STREAMS_PER_CLIENT",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_streams_per_client: Option<Setting>,
    /// Streams that may be open at once with one token, or off [default: 100]
    #[arg(
        long,
        env = "BELFRY_MAX_STREAMS_PER_TOKEN",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_streams_per_token: Option<Setting>,
    /// Events that one client may publish or remove per second, and as many at once, or off [default: 1000]
    #[arg(
        long,
        env = "BELFRY_MAX_PUBLISH_RATE",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_publish_rate: Option<Setting>,
    /// Pages that may be rendered at once, or off; others wait for up to 2 s [default: 64]
    #[arg(long, env = "BELFRY_MAX_RENDERS", hide_env_values = true, value_name = "NUMBER|off")]
    pub max_renders: Option<Setting>,
    /// Connections that may be open at once; beyond that, streams get 503, and everything else is answered and its
    /// connection closed [default: three quarters of the open-file limit, and all but 1024 of it if it is large]
    #[arg(long, env = "BELFRY_MAX_CONNECTIONS", hide_env_values = true, value_name = "NUMBER")]
    pub max_connections: Option<Setting>,
    /// Connections that one client may open per second, and as many at once, or off [default: 100]
    #[arg(
        long,
        env = "BELFRY_MAX_CONNECTION_RATE",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_connection_rate: Option<Setting>,
    /// End each stream after at most this long, for load balancers that spread new connections; readers resume
    /// by themselves [default: never]
    #[arg(long, env = "BELFRY_STREAM_MAX_AGE", hide_env_values = true, value_name = "DURATION")]
    pub stream_max_age: Option<Setting>,
}

impl LimitFlags {
    /// Reads all of them.
    pub(super) fn read(self) -> Result<Limits, BadSetting> {
        let usual = Limits::default();
        let age = given(self.stream_max_age).map(|age| age.read(stream_age)).transpose()?;
        Ok(Limits {
            streams_per_client: limit(self.max_streams_per_client, usual.streams_per_client)?,
            streams_per_token: limit(self.max_streams_per_token, usual.streams_per_token)?,
            publish_rate: limit(self.max_publish_rate, usual.publish_rate)?,
            renders: limit(self.max_renders, usual.renders)?,
            connections: given(self.max_connections).map(|most| most.read(number)).transpose()?,
            connection_rate: limit(self.max_connection_rate, usual.connection_rate)?,
            stream_max_age: age,
        })
    }
}

/// Reads a limit; `None` where there is none.
fn limit(said: Option<Setting>, usual: Option<u32>) -> Result<Option<u32>, BadSetting> {
    let Some(said) = given(said) else { return Ok(usual) };
    said.read(|value| match value {
        "off" => Ok(None),
        said => number(said).map(Some).map_err(|_| "must be a number from 1 to 1000000, or off"),
    })
}

fn number(value: &str) -> Result<u32, &'static str> {
    let number = value.parse().ok().filter(|number| LIMITS.contains(number));
    number.ok_or("must be a number from 1 to 1000000")
}

fn stream_age(value: &str) -> Result<Duration, &'static str> {
    let age = duration(value)?;
    if STREAM_AGES.contains(&age) { Ok(age) } else { Err("must be from 10s to 7d") }
}
