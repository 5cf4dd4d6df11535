//! How much clients may take, from flags and variables.

use std::{ops::RangeInclusive, time::Duration};

use clap::Args;
use wire::limits::MOST_TOPICS_OF_A_STREAM;

use super::setting::{BadSetting, Setting, duration, given, read_or};
use crate::web::limits::Limits;

/// The limits of limits, and of the age of streams.
const LIMITS: RangeInclusive<u32> = 1..=1_000_000;
const STREAM_AGES: RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(7 * 24 * 3600);

/// The flags of limits.
#[derive(Clone, Debug, Args)]
pub struct LimitFlags {
    /// Streams that one client, an IPv4 address or an IPv6 /64 network, may have at once, or off. Clients
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
    /// Topics that one stream may follow, from 1 to 100; a request for more gets 400 [default: 100]
    #[arg(long, env = "BELFRY_MAX_TOPICS", hide_env_values = true, value_name = "NUMBER")]
    pub max_topics: Option<Setting>,
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
    /// connection closed [default: three quarters of the open-file limit, or all but 1024 if that is more]
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
            topics: read_or(self.max_topics, usual.topics, topics)?,
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

fn topics(value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| (1..=MOST_TOPICS_OF_A_STREAM).contains(number));
    number.ok_or_else(|| format!("must be a number from 1 to {MOST_TOPICS_OF_A_STREAM}"))
}

fn stream_age(value: &str) -> Result<Duration, &'static str> {
    let age = duration(value)?;
    if STREAM_AGES.contains(&age) { Ok(age) } else { Err("must be from 10s to 7d") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    #[test]
    fn limits_are_numbers_or_off() {
        let limits = |said: &[&str], variable: &str| {
            config(said, &[("BELFRY_MAX_RENDERS", variable)]).map(|config| config.limits)
        };
        assert_eq!(limits(&[], "").unwrap(), Limits::default());
        let some = ["--max-streams-per-client", "7", "--max-streams-per-token", "off"];
        let some = limits(&[&some[..], &["--stream-max-age", "1h"]].concat(), "3").unwrap();
        assert_eq!((some.streams_per_client, some.streams_per_token), (Some(7), None));
        assert_eq!((some.renders, some.stream_max_age), (Some(3), Some(Duration::from_secs(3600))));
        for bad in ["0", "1000001", "many", "Off", "1.5"] {
            let said = limits(&["--max-publish-rate", bad], "").unwrap_err().to_string();
            assert!(said.ends_with(": must be a number from 1 to 1000000, or off"), "{said}");
        }
        let said = limits(&["--max-connections", "off"], "").unwrap_err().to_string();
        assert!(said.ends_with(": must be a number from 1 to 1000000"), "{said}");
        assert_eq!(limits(&["--max-topics", "7"], "").unwrap().topics, 7);
        for bad in ["0", "101", "off"] {
            let said = limits(&["--max-topics", bad], "").unwrap_err().to_string();
            assert!(said.ends_with(": must be a number from 1 to 100"), "{said}");
        }
        let said = limits(&["--stream-max-age", "1s"], "").unwrap_err().to_string();
        assert!(said.ends_with(": must be from 10s to 7d"), "{said}");
    }
}
