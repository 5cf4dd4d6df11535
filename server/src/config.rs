//! The configuration: flags and environment variables go in, one plain struct comes out.

mod data_dir;
mod flags;
mod retention;
mod setting;

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::{chat::Rooms, log::Retention, status::Shown};

pub(crate) use data_dir::DataDir;
pub use flags::Flags;
pub use setting::BadSetting;
pub(crate) use setting::{Found, Settings, duration};

/// How short and how long the interval may be. Below, a page has no time to notice silence; above,
/// it would be called silent for hours.
const INTERVALS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

/// How the server runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where to listen. Default 127.0.0.1:3000.
    pub listen: SocketAddr,
    /// Where the log and the key are kept. Default `${XDG_DATA_HOME:-~/.local/share}/belfry`; `None`
    /// where nothing is to be written: an ephemeral server whose tokens others sign, and that was
    /// told of no folder.
    pub data_dir: Option<PathBuf>,
    /// The log is in memory. The key is in `data_dir` all the same. Default false.
    pub ephemeral: bool,
    /// What the log keeps. Default 1,000,000 events, 7 days, 1 GiB.
    pub retention: Retention,
    /// A secret with which others sign tokens. Default none.
    pub secret_file: Option<PathBuf>,
    /// Public keys, in PEM, of others who sign tokens. Default none.
    pub public_keys: Vec<PathBuf>,
    /// Between two ticks, 100 ms to 1 h. Default 3 s.
    pub interval: Duration,
    /// The folder of the wasm, the styles and the icons. Default `target/site`.
    pub site: PathBuf,
    /// The names of those files carry a hash, listed in `hash.txt` beside the binary. Default true.
    pub hashed: bool,
    /// Who may see the server's health. Default everybody where `listen` is a loopback address, and
    /// elsewhere who has a token for it.
    pub status: Shown,
    /// The rooms of the chat. Default any where `listen` is a loopback address, and elsewhere none:
    /// who comes there needs no token to say something.
    pub rooms: Rooms,
    /// What is logged, as `tracing` filters are written. Default `info`.
    pub log: Targets,
    /// A socket that takes none of the bytes waiting for it for so long is closed. Default 30 s: a
    /// live reader at 8 KB/s goes 14 s between two writes into a buffer of 64 KiB.
    pub write_stall: Duration,
    /// `SO_SNDBUF` of each connection, in bytes; Linux doubles it. Default 64 KiB.
    pub send_buffer: usize,
    /// A peer that acknowledges nothing for so long, while something waits to be acknowledged, is gone.
    /// Default 25 s, so that with a comment every 15 s one that vanished is gone within 45 s.
    pub vanished_after: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            data_dir: None,
            ephemeral: false,
            retention: Retention::default(),
            secret_file: None,
            public_keys: Vec::new(),
            interval: Duration::from_secs(3),
            site: PathBuf::from("target/site"),
            hashed: true,
            status: Shown::Public,
            rooms: Rooms::Any,
            log: Targets::new().with_default(LevelFilter::INFO),
            write_stall: Duration::from_secs(30),
            send_buffer: 64 * 1024,
            vanished_after: Duration::from_secs(25),
        }
    }
}

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
        let settings = Settings(look_up);
        let mut config = Self::default();
        if let Some(found) =
            settings.find(flags.listen, &["--listen", "BELFRY_LISTEN", "LEPTOS_SITE_ADDR"])
        {
            config.listen = found.read(|value| {
                value.parse().map_err(|_| "not of the form 127.0.0.1:3000 or [::1]:3000")
            })?;
        }
        if let Some(found) = settings.find(flags.interval, &["--interval", "BELFRY_INTERVAL"]) {
            config.interval = found.read(interval)?;
        }
        if let Some(found) =
            settings.find(flags.site, &["--site", "BELFRY_SITE", "LEPTOS_SITE_ROOT"])
        {
            config.site = found.into_value().into();
        }
        if let Some(found) = settings.find(flags.log, &["--log", "BELFRY_LOG"]) {
            config.log = found.read(log_filter)?;
        }
        config.status = match settings.find(flags.status, &["--status", "BELFRY_STATUS"]) {
            Some(found) => found.read(Shown::read)?,
            None => Shown::to_whom_it_listens(config.listen.ip()),
        };
        config.rooms = match settings.find(flags.rooms, &["--rooms", "BELFRY_ROOMS"]) {
            Some(found) => found.read(Rooms::read)?,
            None => Rooms::for_whom_it_listens(config.listen.ip()),
        };
        config.hashed = settings.variable("LEPTOS_HASH_FILES").as_deref() != Some("false");
        config.retention = retention(flags.retain, flags.retain_topic, &settings)?;
        let secret = ["--jwt-secret-file", "BELFRY_JWT_SECRET_FILE"];
        config.secret_file = path(settings.find(flags.jwt_secret_file, &secret));
        let public = ["--jwt-public-key", "BELFRY_JWT_PUBLIC_KEY"];
        let public = settings.find_all(flags.jwt_public_key, public, ':');
        config.public_keys = public.into_iter().map(|found| found.into_value().into()).collect();
        let ephemeral = flags.ephemeral.then(|| "true".into());
        if let Some(found) = settings.find(ephemeral, &["--ephemeral", "BELFRY_EPHEMERAL"]) {
            config.ephemeral = found.read(yes_or_no)?;
        }
        let signed_by_others = config.secret_file.is_some() || !config.public_keys.is_empty();
        config.data_dir = match DataDir::find(flags.data_dir, &settings) {
            DataDir::Said(folder) => Some(folder),
            _ if config.ephemeral && signed_by_others => None,
            usual => Some(usual.folder()?),
        };
        Ok(config)
    }
}

fn path(found: Option<Found>) -> Option<PathBuf> {
    found.map(|found| found.into_value().into())
}

fn retention<F: Fn(&str) -> Option<String>>(
    whole: Option<String>,
    rules: Vec<String>,
    settings: &Settings<F>,
) -> Result<Retention, BadSetting> {
    let mut kept = Retention::default();
    if let Some(found) = settings.find(whole, &["--retain", "BELFRY_RETAIN"]) {
        kept.total = found.read(retention::whole)?;
    }
    let rules = settings.find_all(rules, ["--retain-topic", "BELFRY_RETAIN_TOPIC"], ';');
    kept.rules =
        rules.into_iter().map(|found| found.read(retention::rule)).collect::<Result<_, _>>()?;
    Ok(kept)
}

fn yes_or_no(value: &str) -> Result<bool, &'static str> {
    match value {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err("none of 1, true, 0 and false"),
    }
}

fn interval(value: &str) -> Result<Duration, &'static str> {
    let interval = duration(value)?;
    if INTERVALS.contains(&interval) { Ok(interval) } else { Err("not from 100ms to 1h") }
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

    use clap::Parser;

    use super::*;
    use crate::command::{Command, CommandLine};

    fn config(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, BadSetting> {
        let at_home = [&[("HOME", "/home/ada")], variables].concat();
        homeless(arguments, &at_home)
    }

    fn homeless(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, BadSetting> {
        let Command::Serve(flags) =
            CommandLine::parse_from([&["belfry"], arguments].concat()).command()
        else {
            panic!("{arguments:?} do not serve");
        };
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        Config::from_flags(flags, |name| variables.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn nothing_said_is_the_default() {
        let data_dir = Some(PathBuf::from("/home/ada/.local/share/belfry"));
        let default = Ok(Config { data_dir, ..Config::default() });
        assert_eq!(config(&[], &[]), default);
        assert_eq!(config(&["serve"], &[]), default);
        assert_eq!(config(&[], &[("BELFRY_LISTEN", "")]), default);
    }

    #[test]
    fn an_ephemeral_server_keeps_its_key_unless_others_sign() {
        let ephemeral = config(&["--ephemeral"], &[]).unwrap();
        assert!(ephemeral.ephemeral && ephemeral.data_dir.is_some());
        assert!(config(&[], &[("BELFRY_EPHEMERAL", "1")]).unwrap().ephemeral);
        assert!(homeless(&["--ephemeral"], &[]).is_err());
        let signed = ["--ephemeral", "--jwt-secret-file", "secret"];
        assert_eq!(homeless(&signed, &[]).unwrap().data_dir, None);
        let here = [&signed[..], &["--data-dir", "here"]].concat();
        assert_eq!(config(&here, &[]).unwrap().data_dir, Some("here".into()));
    }

    #[test]
    fn the_status_is_for_everybody_on_loopback_and_for_tokens_elsewhere() {
        let shown = |listen: &str, said: &[&str], variable: &str| {
            let arguments = [&["--listen", listen], said].concat();
            config(&arguments, &[("BELFRY_STATUS", variable)]).unwrap().status
        };
        for listen in ["127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(shown(listen, &[], ""), Shown::Public, "{listen}");
        }
        for listen in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[2001:db8::1]:1"] {
            assert_eq!(shown(listen, &[], ""), Shown::Token, "{listen}");
        }
        assert_eq!(shown("0.0.0.0:1", &[], "public"), Shown::Public);
        assert_eq!(shown("0.0.0.0:1", &["--status", "off"], "public"), Shown::Off);
        assert_eq!(shown("127.0.0.1:1", &["--status", "token"], ""), Shown::Token);
        let bad = config(&["--status", "all"], &[]).unwrap_err().to_string();
        assert_eq!(bad, r#"--status is "all": none of public, token and off"#);
    }

    #[test]
    fn rooms_are_open_on_loopback_and_where_somebody_says_so() {
        let rooms = |listen: &str, said: &[&str], variable: &str| {
            let arguments = [&["--listen", listen], said].concat();
            config(&arguments, &[("BELFRY_ROOMS", variable)]).map(|config| config.rooms)
        };
        assert_eq!(rooms("[::1]:1", &[], ""), Ok(Rooms::Any));
        assert_eq!(rooms("0.0.0.0:1", &[], ""), Ok(Rooms::Off));
        assert_eq!(rooms("0.0.0.0:1", &[], "any"), Ok(Rooms::Any));
        assert_eq!(rooms("127.0.0.1:1", &["--rooms", "off"], "any"), Ok(Rooms::Off));
        assert_eq!(
            rooms("0.0.0.0:1", &[], "team,lobby"),
            Rooms::read("lobby,team").map_err(|_| unreachable!())
        );
        let bad = rooms("[::1]:1", &["--rooms", "lobby,a/b"], "").unwrap_err().to_string();
        assert!(bad.starts_with(r#"--rooms is "lobby,a/b": "a/b" is no name of a room"#), "{bad}");
    }

    #[test]
    fn what_is_said_again_and_again_is_all_there() {
        let said = ["--jwt-public-key", "a", "--jwt-public-key", "b", "--jwt-secret-file", "c"];
        let keys = config(&said, &[]).unwrap();
        assert_eq!(keys.public_keys, [PathBuf::from("a"), "b".into()]);
        assert_eq!(keys.secret_file, Some("c".into()));
        let keys = config(&[], &[("BELFRY_JWT_PUBLIC_KEY", "/a:/b")]).unwrap();
        assert_eq!(keys.public_keys, [PathBuf::from("/a"), "/b".into()]);

        let kept = config(&["--retain", "-,1h,-", "--retain-topic", "chat/*=10,-,-"], &[]).unwrap();
        assert_eq!(kept.retention.total.age, Duration::from_secs(3600));
        let rules = [("BELFRY_RETAIN_TOPIC", "a=1,-,-;b=2,-,-")];
        let rules = config(&[], &rules).unwrap().retention.rules;
        assert_eq!(rules.iter().map(|(_, bounds)| bounds.events).collect::<Vec<_>>(), [1, 2]);
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
        assert_eq!(
            said(&["--retain", "many"], &[]),
            r#"--retain is "many": not of the form EVENTS,AGE,BYTES, as 1000000,7d,1GiB or -,1h,-"#
        );
        assert!(said(&[], &[("BELFRY_RETAIN_TOPIC", "a=1,-,-;b")]).contains(r#"is "b": not of"#));
        assert!(said(&["--log", "loud"], &[]).starts_with(r#"--log is "loud": "loud" is none of"#));
    }
}
