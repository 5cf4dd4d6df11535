//! The configuration: reads flags and environment variables into one plain struct.

mod acme;
mod budgets;
mod data_dir;
mod endpoint;
mod flags;
mod limits;
mod lines;
mod origins;
mod proxies;
mod public;
mod retention;
mod setting;
#[cfg(test)]
mod tests;
mod times;
mod tls;
mod waits;
mod writers;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use belfry_hub::{hub::PUBLISH_DEADLINE, log::Retention};
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::{
    chat::Rooms,
    lines::LineFormat,
    metrics::Exposure,
    origins::{Hosts, Origins},
    status::Visibility,
    web::{base_path::BasePath, client::trust::Trust, limits::Limits},
};

pub use acme::Acme;
pub(crate) use data_dir::DataDir;
pub use endpoint::Endpoint;
pub use flags::Flags;
pub use setting::{BadSetting, Setting, SettingParser};
use setting::{all_given, read_or, switched, yes_or_no};
pub(crate) use setting::{duration, given};
pub use times::CLOSE;
pub use tls::{Pair, Tls};
pub use waits::Waits;

/// How the server runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where to listen. Default 127.0.0.1:3000; nowhere else if systemd passes sockets.
    pub listen: Vec<Endpoint>,
    /// The permissions of unix sockets. Default 0660.
    pub unix_mode: u32,
    /// Where the log and the key are kept. Default `${XDG_DATA_HOME:-~/.local/share}/belfry`; `None`
    /// where nothing is to be written: an ephemeral server whose tokens others sign, and that was
    /// given no folder.
    pub data_dir: Option<PathBuf>,
    /// The certificates of TLS. Default none, so that the server speaks plain HTTP.
    pub tls: Tls,
    /// Where plain HTTP is answered with a redirect to https. Default nowhere.
    pub redirect_http: Vec<Endpoint>,
    /// For how long browsers that came by https are to use nothing else, in whole seconds. Default not said.
    pub hsts: Option<Duration>,
    /// The log is in memory. The key is in `data_dir` all the same. Default false.
    pub ephemeral: bool,
    /// It takes the place of the server that uses the same `data_dir`. Default false.
    pub takeover: bool,
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
    /// The longest that the program runs after SIGTERM, and over how long readers come back, 2 s to 1 h.
    /// Default 30 s.
    pub drain: Duration,
    /// The folder of the wasm, the styles and the icons. Default `target/site`.
    pub site: PathBuf,
    /// The names of those files carry a hash, listed in `hash.txt` beside the binary. Default true.
    pub hashed: bool,
    /// Which proxies are believed about who a client is. Default none.
    pub trust: Trust,
    /// Who may see the server's health. Default requests made on this machine if it listens only on loopback
    /// addresses and unix sockets, otherwise holders of a token for it.
    pub status: Visibility,
    /// The path under which everything is served. Default that of the public URL, which is usually none.
    pub base_path: BasePath,
    /// The hosts that requests may ask for. Default on a loopback address those of this machine and that of
    /// the public origin, elsewhere all.
    pub hosts: Hosts,
    /// The server's own origin, and those of other sites whose pages may use it. Default none.
    pub origins: Origins,
    /// Who may see the metrics. Default holders of a token for the health, wherever it listens.
    pub metrics: Exposure,
    /// The rooms of the chat. Default any for requests made on this machine if it listens only on loopback
    /// addresses and unix sockets, otherwise none: posting in them needs no token.
    pub rooms: Rooms,
    /// The listeners whose connections begin with a header of the PROXY protocol, from a trusted proxy. Default
    /// none.
    pub proxy_protocol: Vec<Endpoint>,
    /// How much clients may take.
    pub limits: Limits,
    /// Each request is logged. Default false: a busy server would write thousands of lines a second, and
    /// the addresses of visitors are personal data.
    pub access_log: bool,
    /// How lines are logged. Default text.
    pub log_format: LineFormat,
    /// What is logged, as `tracing` filters are written. Default `info`.
    pub log: Targets,
    /// A connection that takes less than 1 KiB/s of waiting data for this long is closed. Default 30 s: a
    /// live reader at 8 KB/s goes 13 s between two writes into a buffer of 60 KiB.
    pub write_stall: Duration,
    /// How long to wait for a request.
    pub waits: Waits,
    /// `SO_SNDBUF` of each connection, in bytes; Linux doubles it. Default 60 KiB.
    pub send_buffer: usize,
    /// A peer that acknowledges nothing for this long, while something is waiting to be acknowledged, is
    /// gone. Default 25 s, so that with a comment every 15 s one that vanished is gone within 45 s.
    pub vanished_after: Duration,
    /// How much may be encoded and not sent yet, in bytes. Default 256 MiB.
    pub send_budget: usize,
    /// How much the bodies of requests under way may have, in bytes. Default 64 MiB.
    pub receive_budget: usize,
    /// How many threads send the streams of clients that speak plain HTTP/1.1, 0 to 64; at 0, hyper sends them
    /// like all other answers. Default as many as the process has processors.
    pub writers: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![Endpoint::Tcp(SocketAddr::from(([127, 0, 0, 1], 3000)))],
            unix_mode: 0o660,
            data_dir: None,
            tls: Tls::Off,
            redirect_http: Vec::new(),
            hsts: None,
            ephemeral: false,
            takeover: false,
            retention: Retention::default(),
            secret_file: None,
            public_keys: Vec::new(),
            interval: Duration::from_secs(3),
            publish_deadline: PUBLISH_DEADLINE,
            drain: Duration::from_secs(30),
            site: PathBuf::from("target/site"),
            hashed: true,
            trust: Trust::default(),
            proxy_protocol: Vec::new(),
            limits: Limits::default(),
            status: Visibility::Local,
            metrics: Exposure::Token,
            rooms: Rooms::Local,
            base_path: BasePath::default(),
            hosts: Hosts::default(),
            origins: Origins::default(),
            access_log: false,
            log_format: LineFormat::default(),
            log: Targets::new().with_default(LevelFilter::INFO),
            waits: Waits::default(),
            write_stall: Duration::from_secs(30),
            // Linux doubles it: what it then takes for a client that does not read stays below 128 KiB.
            send_buffer: 60 * 1024,
            vanished_after: Duration::from_secs(25),
            send_budget: 256 << 20,
            receive_budget: 64 << 20,
            writers: writers::usual(),
        }
    }
}

impl Config {
    /// Builds the configuration from what clap has found, and from the variables of others that `look_up`
    /// finds: cargo-leptos', and where the user keeps data. An empty variable counts as absent.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn from_flags(
        flags: Flags,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        let leptos = |name| Setting::of_variable(name, &look_up);
        let usual = Self::default();
        let listen = endpoints(flags.listen, leptos("LEPTOS_SITE_ADDR"), &flags.passed)?;
        let (budgets, times) = (flags.budgets, flags.times);
        let (mut hosts, origins, base_path) = flags.origins.read()?;
        let (hsts, redirect) =
            (tls::hsts(flags.tls.hsts.clone())?, flags.tls.redirect_http.clone());
        let tls = Tls::read(flags.tls)?;
        hosts.include(tls.domains());
        let redirect_http = tls::redirect_http(redirect, &tls)?;
        let is_local = listen.iter().chain(&flags.passed).all(Endpoint::is_local);
        let endpoints: Vec<_> =
            listen.iter().chain(&flags.passed).chain(&redirect_http).cloned().collect();
        let (trust, proxy_protocol) = flags.proxies.read(&endpoints)?;
        let ephemeral = switched(flags.ephemeral)?;
        let site = given(flags.site).or_else(|| leptos("LEPTOS_SITE_ROOT"));
        let hashed = leptos("LEPTOS_HASH_FILES");
        let mut config = Self {
            listen,
            unix_mode: read_or(flags.unix_mode, usual.unix_mode, endpoint::permissions)?,
            redirect_http,
            hsts,
            tls,
            ephemeral,
            takeover: read_or(Some(flags.takeover), false, |said| take_over(said, ephemeral))?,
            retention: retention::read(flags.retain, flags.retain_topic)?,
            secret_file: given(flags.jwt_secret_file).map(|file| file.into_value().into()),
            public_keys: files(flags.jwt_public_key),
            interval: read_or(times.interval, usual.interval, times::interval)?,
            publish_deadline: read_or(
                times.publish_deadline,
                usual.publish_deadline,
                times::interval,
            )?,
            drain: read_or(times.drain, usual.drain, times::drain)?,
            site: site.map_or(usual.site, |site| site.into_value().into()),
            hashed: hashed.is_none_or(|hashed| hashed.value() != "false"),
            trust,
            proxy_protocol,
            status: read_or(
                flags.status,
                Visibility::to_whom_it_listens(is_local),
                Visibility::read,
            )?,
            hosts,
            origins,
            base_path,
            metrics: read_or(flags.metrics, usual.metrics, Exposure::read)?,
            rooms: read_or(flags.rooms, Rooms::for_whom_it_listens(is_local), Rooms::read)?,
            limits: flags.limits.read()?,
            access_log: read_or(flags.lines.access_log, usual.access_log, lines::on_or_off)?,
            log_format: read_or(flags.lines.log_format, usual.log_format, LineFormat::read)?,
            log: read_or(flags.lines.log, usual.log, lines::filter)?,
            send_budget: read_or(budgets.send_budget, usual.send_budget, budgets::budget)?,
            receive_budget: read_or(budgets.receive_budget, usual.receive_budget, budgets::budget)?,
            writers: read_or(flags.writers, usual.writers, writers::number)?,
            ..usual
        };
        let signed_by_others = config.secret_file.is_some() || !config.public_keys.is_empty();
        config.data_dir = match DataDir::find(flags.data_dir, look_up)? {
            DataDir::Said(folder) => Some(folder),
            _ if config.ephemeral && signed_by_others && config.tls.domains().is_empty() => None,
            usual => Some(usual.folder()?),
        };
        Ok(config)
    }
}

/// The data directory of the server to take over, if that is asked for. It is read before all else: what that
/// server hands over can be configured here.
///
/// # Errors
/// Where that cannot be done, or a setting cannot be read.
pub fn folder_to_take_over(
    flags: &Flags,
    look_up: impl Fn(&str) -> Option<String>,
) -> Result<Option<PathBuf>, BadSetting> {
    let ephemeral = switched(flags.ephemeral.clone())?;
    let takeover = Some(flags.takeover.clone());
    if !read_or(takeover, false, |said| take_over(said, ephemeral))? {
        return Ok(None);
    }
    DataDir::find(flags.data_dir.clone(), look_up)?.folder().map(Some)
}

/// Where to listen: as `said`, or else as cargo-leptos says, or else, unless sockets were `passed`, as usual.
fn endpoints(
    said: Vec<Setting>,
    of_leptos: Option<Setting>,
    passed: &[Endpoint],
) -> Result<Vec<Endpoint>, BadSetting> {
    let mut said = all_given(said, ',');
    if said.is_empty() && passed.is_empty() {
        said.extend(of_leptos);
    }
    if said.is_empty() && passed.is_empty() {
        return Ok(Config::default().listen);
    }
    said.iter().map(|said| said.read(str::parse)).collect()
}

/// A log in memory ends with its process.
fn take_over(said: &str, ephemeral: bool) -> Result<bool, &'static str> {
    let takeover = yes_or_no(said)?;
    if takeover && ephemeral {
        return Err("must not be combined with --ephemeral, whose events would be lost");
    }
    Ok(takeover)
}

/// The files that a setting names; in its variable with colons between them.
fn files(said: Vec<Setting>) -> Vec<PathBuf> {
    all_given(said, ':').into_iter().map(|file| file.into_value().into()).collect()
}
