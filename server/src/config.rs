//! The configuration: flags and environment variables go in, one plain struct comes out.

use std::{fmt, net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::Parser;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// How short and how long the interval may be. Below, a page has no time to notice silence; above,
/// it would be called silent for hours.
const INTERVALS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

/// How the server runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where to listen. Default 127.0.0.1:3000.
    pub listen: SocketAddr,
    /// Between two ticks, 100 ms to 1 h. Default 3 s.
    pub interval: Duration,
    /// The folder of the wasm, the styles and the icons. Default `target/site`.
    pub site: PathBuf,
    /// The names of those files carry a hash, listed in `hash.txt` beside the binary. Default true.
    pub hashed: bool,
    /// What is logged, as `tracing` filters are written. Default `info`.
    pub log: Targets,
    /// A socket that takes none of the bytes waiting for it for so long is closed. Default 30 s: a
    /// live reader at 8 KB/s goes 14 s between two writes into a buffer of 64 KiB.
    pub write_stall: Duration,
    /// `SO_SNDBUF` of each connection, in bytes; Linux doubles it. Default 64 KiB.
    pub send_buffer: usize,
    /// `TCP_USER_TIMEOUT`: a peer that acknowledges nothing for so long is gone. Default 25 s, so
    /// that with a comment every 15 s one that vanished is gone within 45 s. Linux counts a peer
    /// whose window stays shut likewise, so that it most often comes before `write_stall`, which
    /// also catches one that opens its window by a few bytes now and then, or hides behind a proxy.
    pub vanished_after: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            interval: Duration::from_secs(3),
            site: PathBuf::from("target/site"),
            hashed: true,
            log: Targets::new().with_default(LevelFilter::INFO),
            write_stall: Duration::from_secs(30),
            send_buffer: 64 * 1024,
            vanished_after: Duration::from_secs(25),
        }
    }
}

/// Pushes the server's time to every browser over Server-Sent Events.
///
/// Open the address in a browser to see the time tick, or read the stream with
/// `curl -N http://127.0.0.1:3000/sse`.
#[derive(Debug, Default, Parser)]
#[command(name = "belfry", version, after_help = AFTER_HELP)]
pub struct Flags {
    /// Where to listen, as ADDRESS:PORT; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// How long between two pushes of the time, as 3s, 500ms or 1m [default: 3s]
    #[arg(long, value_name = "DURATION")]
    pub interval: Option<String>,
    /// The folder of the wasm, the styles and the icons, made by `make build` [default: target/site]
    #[arg(long, value_name = "FOLDER")]
    pub site: Option<String>,
    /// What to log: error, warn, info, debug, trace, or by module as info,server::edge=debug [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

const AFTER_HELP: &str = "\
Environment (a flag goes before its variable):
  BELFRY_LISTEN    --listen     (then LEPTOS_SITE_ADDR)
  BELFRY_INTERVAL  --interval
  BELFRY_SITE      --site       (then LEPTOS_SITE_ROOT)
  BELFRY_LOG       --log
  LEPTOS_HASH_FILES=false       the names of the site's files carry no hash

Signals:
  SIGTERM          ends the streams, waits at most 10 s for what is under way, and exits
  SIGINT, or any signal again   exits at once

Exit codes:
  0 ended as asked    1 cannot serve (port in use, no site)    2 bad configuration";

/// A setting whose value cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// The flag or variable that holds it.
    pub name: &'static str,
    /// What it holds.
    pub value: String,
    /// Why that is of no use.
    pub reason: String,
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {:?}: {}", self.name, self.value, self.reason)
    }
}

impl std::error::Error for BadSetting {}

impl Config {
    /// Builds the configuration from flags, then from the variables that `look_up` finds. An empty
    /// variable counts as absent.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn from_flags(
        flags: Flags,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        let setting = |flag: Option<String>, names: &[&'static str]| match flag {
            Some(value) => Some((names[0], value)),
            None => names[1..].iter().find_map(|name| {
                look_up(name).filter(|value| !value.is_empty()).map(|value| (*name, value))
            }),
        };
        let mut config = Self::default();
        if let Some(found) =
            setting(flags.listen, &["--listen", "BELFRY_LISTEN", "LEPTOS_SITE_ADDR"])
        {
            config.listen = used(found, |value| {
                value.parse().map_err(|_| "not of the form 127.0.0.1:3000 or [::1]:3000")
            })?;
        }
        if let Some(found) = setting(flags.interval, &["--interval", "BELFRY_INTERVAL"]) {
            config.interval = used(found, interval)?;
        }
        if let Some((_, folder)) =
            setting(flags.site, &["--site", "BELFRY_SITE", "LEPTOS_SITE_ROOT"])
        {
            config.site = folder.into();
        }
        if let Some(found) = setting(flags.log, &["--log", "BELFRY_LOG"]) {
            config.log = used(found, log_filter)?;
        }
        config.hashed = look_up("LEPTOS_HASH_FILES").as_deref() != Some("false");
        Ok(config)
    }
}

/// Reads a value, or says which setting holds one that cannot be read.
fn used<T, E: Into<String>>(
    (name, value): (&'static str, String),
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, BadSetting> {
    read(&value).map_err(|reason| BadSetting { name, value: value.clone(), reason: reason.into() })
}

fn interval(value: &str) -> Result<Duration, String> {
    let interval = humantime::parse_duration(value)
        .map_err(|_| "not a number with a unit, as 3s, 500ms or 1m".to_owned())?;
    if INTERVALS.contains(&interval) {
        Ok(interval)
    } else {
        Err("not from 100ms to 1h".to_owned())
    }
}

/// A word alone is a level: `tracing` would take any other for the name of a module, and be silent.
fn log_filter(value: &str) -> Result<Targets, String> {
    for word in value.split(',').filter(|part| !part.contains('=')) {
        if word.parse::<LevelFilter>().is_err() {
            return Err(format!("{word:?} is none of error, warn, info, debug, trace and off"));
        }
    }
    value.parse::<Targets>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn config(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, BadSetting> {
        let flags = Flags::parse_from([&["belfry"], arguments].concat());
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        Config::from_flags(flags, |name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn nothing_said_is_the_default() {
        assert_eq!(config(&[], &[]), Ok(Config::default()));
        assert_eq!(config(&[], &[("BELFRY_LISTEN", "")]), Ok(Config::default()));
    }

    #[test]
    fn a_flag_goes_before_our_variable_before_that_of_leptos() {
        let port = |arguments: &[&str], variables: &[(&str, &str)]| {
            config(arguments, variables).unwrap().listen.port()
        };
        let both = [("BELFRY_LISTEN", "127.0.0.1:2"), ("LEPTOS_SITE_ADDR", "127.0.0.1:3")];
        assert_eq!(port(&["--listen", "127.0.0.1:1"], &both), 1);
        assert_eq!(port(&[], &both), 2);
        assert_eq!(port(&[], &both[1..]), 3);
    }

    #[test]
    fn a_bad_value_is_named_with_its_setting() {
        let said = |arguments: &[&str], variables: &[(&str, &str)]| {
            config(arguments, variables).unwrap_err().to_string()
        };
        assert_eq!(
            said(&["--listen", "here"], &[]),
            r#"--listen is "here": not of the form 127.0.0.1:3000 or [::1]:3000"#
        );
        assert_eq!(
            said(&[], &[("BELFRY_INTERVAL", "3")]),
            r#"BELFRY_INTERVAL is "3": not a number with a unit, as 3s, 500ms or 1m"#
        );
        assert_eq!(said(&["--interval", "0s"], &[]), r#"--interval is "0s": not from 100ms to 1h"#);
        assert!(said(&["--log", "loud"], &[]).starts_with(r#"--log is "loud": "loud" is none of"#));
    }
}
