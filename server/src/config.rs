//! The configuration: flags and environment variables go in, one plain struct comes out.

mod data_dir;
mod flags;
mod retention;
mod setting;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::{chat::Rooms, hub::PUBLISH_DEADLINE, log::Retention, status::Shown};

pub(crate) use data_dir::DataDir;
pub use flags::Flags;
pub use setting::BadSetting;
pub(crate) use setting::{Found, Settings, duration};

/// How short and how long the interval may be, and the wait of a publish. Below, a page has no time to notice silence; above,
/// it would be called silent for hours.
const INTERVALS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

/// The least that a budget may have, in bytes: a client gets a sixteenth.
const LEAST_BUDGET: usize = 1 << 20;

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
    /// How long a publish waits for the log, 100 ms to 1 h. Default 10 s.
    pub publish_deadline: Duration,
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
    /// A connection for which data waits, and that takes less than 1 KiB/s of it over so long, is closed.
    /// Default 30 s: a live reader at 8 KB/s goes 14 s between two writes into a buffer of 64 KiB.
    pub write_stall: Duration,
    /// `SO_SNDBUF` of each connection, in bytes; Linux doubles it. Default 64 KiB.
    pub send_buffer: usize,
    /// A peer that acknowledges nothing for so long, while something waits to be acknowledged, is gone.
    /// Default 25 s, so that with a comment every 15 s one that vanished is gone within 45 s.
    pub vanished_after: Duration,
    /// How much may be encoded and not sent yet, in bytes. Default 256 MiB.
    pub send_budget: usize,
    /// How much the bodies of requests under way may have, in bytes. Default 64 MiB.
    pub receive_budget: usize,
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
            publish_deadline: PUBLISH_DEADLINE,
            site: PathBuf::from("target/site"),
            hashed: true,
            status: Shown::Public,
            rooms: Rooms::Any,
            log: Targets::new().with_default(LevelFilter::INFO),
            write_stall: Duration::from_secs(30),
            send_buffer: 64 * 1024,
            vanished_after: Duration::from_secs(25),
            send_budget: 256 << 20,
            receive_budget: 64 << 20,
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
        let deadline = ["--publish-deadline", "BELFRY_PUBLISH_DEADLINE"];
        if let Some(found) = settings.find(flags.publish_deadline, &deadline) {
            config.publish_deadline = found.read(interval)?;
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
        if let Some(found) =
            settings.find(flags.send_budget, &["--send-budget", "BELFRY_SEND_BUDGET"])
        {
            config.send_budget = found.read(budget)?;
        }
        if let Some(found) =
            settings.find(flags.receive_budget, &["--receive-budget", "BELFRY_RECEIVE_BUDGET"])
        {
            config.receive_budget = found.read(budget)?;
        }
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
        config.data_dir = match DataDir::find(flags.data_dir, &settings)? {
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

fn budget(value: &str) -> Result<usize, String> {
    let bytes = retention::size(value)?.try_into().unwrap_or(usize::MAX);
    if bytes < LEAST_BUDGET { Err("less than 1MiB".into()) } else { Ok(bytes) }
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
