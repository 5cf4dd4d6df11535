//! The configuration: reads flags and environment variables into one plain struct.

mod acme;
mod data_dir;
mod endpoint;
mod flags;
mod public;
mod retention;
mod setting;
#[cfg(test)]
mod tests;
mod tls;
mod waits;

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use belfry_hub::{hub::PUBLISH_DEADLINE, log::Retention};
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::{
    chat::Rooms,
    lines::LineFormat,
    metrics::Exposure,
    origins::{Hosts, Origin, Origins},
    status::Visibility,
    web::{
        base_path::BasePath,
        client::trust::{Family, Proxy, Trust},
        limits::Limits,
    },
};

pub use acme::Acme;
pub(crate) use data_dir::DataDir;
pub use endpoint::Endpoint;
pub use flags::Flags;
pub use setting::BadSetting;
use setting::Reason;
pub use setting::{Setting, SettingParser};
pub(crate) use setting::{all_given, duration, given, yes_or_no};
pub use tls::{Pair, Tls};
pub use waits::Waits;

/// The limits of the interval and of the publish deadline. Below, a page has no time to notice silence;
/// above, it would take hours to.
const INTERVALS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(3600);

/// The limits of limits, and of the age of streams.
const LIMITS: RangeInclusive<u32> = 1..=1_000_000;
const STREAM_AGES: RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(7 * 24 * 3600);

/// How much of the time after SIGTERM is reserved for closing the log, and the longest that the program runs
/// after SIGINT.
pub const CLOSE: Duration = Duration::from_secs(2);

/// The least that a budget may have, in bytes: a client gets a sixteenth.
const LEAST_BUDGET: usize = 1 << 20;

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
    /// Every connection begins with a header of the PROXY protocol, from a trusted proxy. Default false.
    pub proxy_protocol: bool,
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
    /// live reader at 8 KB/s goes 14 s between two writes into a buffer of 64 KiB.
    pub write_stall: Duration,
    /// How long to wait for a request.
    pub waits: Waits,
    /// `SO_SNDBUF` of each connection, in bytes; Linux doubles it. Default 64 KiB.
    pub send_buffer: usize,
    /// A peer that acknowledges nothing for this long, while something is waiting to be acknowledged, is
    /// gone. Default 25 s, so that with a comment every 15 s one that vanished is gone within 45 s.
    pub vanished_after: Duration,
    /// How much may be encoded and not sent yet, in bytes. Default 256 MiB.
    pub send_budget: usize,
    /// How much the bodies of requests under way may have, in bytes. Default 64 MiB.
    pub receive_budget: usize,
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
            proxy_protocol: false,
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
            send_buffer: 64 * 1024,
            vanished_after: Duration::from_secs(25),
            send_budget: 256 << 20,
            receive_budget: 64 << 20,
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
        let mut config = Self::default();
        let mut listen = all_given(flags.listen, ',');
        if listen.is_empty() && flags.passed.is_empty() {
            listen.extend(leptos("LEPTOS_SITE_ADDR"));
        }
        if !listen.is_empty() || !flags.passed.is_empty() {
            let endpoints = listen.iter().map(|listen| listen.read(str::parse::<Endpoint>));
            config.listen = endpoints.collect::<Result<_, _>>()?;
        }
        if let Some(mode) = given(flags.unix_mode) {
            config.unix_mode = mode.read(permissions)?;
        }
        let is_local = config.listen.iter().chain(&flags.passed).all(Endpoint::is_local);
        if let Some(between) = given(flags.interval) {
            config.interval = between.read(interval)?;
        }
        if let Some(deadline) = given(flags.publish_deadline) {
            config.publish_deadline = deadline.read(interval)?;
        }
        if let Some(drain) = given(flags.drain) {
            config.drain = drain.read(drain_of)?;
        }
        if let Some(site) = given(flags.site).or_else(|| leptos("LEPTOS_SITE_ROOT")) {
            config.site = site.into_value().into();
        }
        if let Some(filter) = given(flags.log) {
            config.log = filter.read(log_filter)?;
        }
        config.status = match given(flags.status) {
            Some(shown) => shown.read(Visibility::read)?,
            None => Visibility::to_whom_it_listens(is_local),
        };
        if let Some(format) = given(flags.log_format) {
            config.log_format = format.read(LineFormat::read)?;
        }
        if let Some(access) = given(flags.access_log) {
            config.access_log = access.read(on_or_off)?;
        }
        if let Some(shown) = given(flags.metrics) {
            config.metrics = shown.read(Exposure::read)?;
        }
        config.rooms = match given(flags.rooms) {
            Some(rooms) => rooms.read(Rooms::read)?,
            None => Rooms::for_whom_it_listens(is_local),
        };
        (config.origins.public, config.base_path) =
            public::read(given(flags.public_url), given(flags.base_path))?;
        for allowed in all_given(flags.allow_origin, ' ') {
            match allowed.value() {
                "*" => config.origins.any = true,
                _ => config.origins.allowed.push(allowed.read(origin)?),
            }
        }
        if let Some(cross) = given(Some(flags.cross_site_cookies)) {
            config.origins.cross_site_cookies = cross.read(yes_or_no)?;
        }
        if config.origins.cross_site_cookies && config.origins.allowed.is_empty() {
            let why = "--cross-site-cookies needs the origins whose pages may use the cookies";
            return Err(BadSetting::missing("--allow-origin", why));
        }
        let hosts = all_given(flags.host, ' ').into_iter();
        let hosts: Vec<_> = hosts.map(|host| host.read(Hosts::read)).collect::<Result<_, _>>()?;
        config.hosts = Hosts::new(&hosts, config.origins.public.as_ref());
        config.limits = Limits {
            streams_per_client: limit(flags.max_streams_per_client, 100)?,
            streams_per_token: limit(flags.max_streams_per_token, 100)?,
            publish_rate: limit(flags.max_publish_rate, 1000)?,
            renders: limit(flags.max_renders, 64)?,
            connections: given(flags.max_connections).map(|most| most.read(number)).transpose()?,
            connection_rate: limit(flags.max_connection_rate, 100)?,
            stream_max_age: given(flags.stream_max_age)
                .map(|age| age.read(stream_age))
                .transpose()?,
        };
        config.trust = trust(flags.trusted_proxy, flags.client_header)?;
        if let Some(spoken) = given(Some(flags.proxy_protocol)) {
            config.proxy_protocol = spoken.read(yes_or_no)?;
        }
        if config.proxy_protocol && config.trust.proxies.is_empty() {
            let why = "--proxy-protocol needs the proxies that speak it";
            return Err(BadSetting::missing("--trusted-proxy", why));
        }
        let hashed = leptos("LEPTOS_HASH_FILES");
        config.hashed = hashed.is_none_or(|hashed| hashed.value() != "false");
        if let Some(size) = given(flags.send_budget) {
            config.send_budget = size.read(budget)?;
        }
        if let Some(size) = given(flags.receive_budget) {
            config.receive_budget = size.read(budget)?;
        }
        config.hsts = tls::hsts(flags.tls.hsts.clone())?;
        let redirect_http = flags.tls.redirect_http.clone();
        config.tls = Tls::read(flags.tls)?;
        config.hosts.include(config.tls.domains());
        config.redirect_http = tls::redirect_http(redirect_http, &config.tls)?;
        config.retention = retention(flags.retain, flags.retain_topic)?;
        config.secret_file = given(flags.jwt_secret_file).map(|file| file.into_value().into());
        let public = all_given(flags.jwt_public_key, ':');
        config.public_keys = public.into_iter().map(|file| file.into_value().into()).collect();
        if let Some(ephemeral) = given(Some(flags.ephemeral)) {
            config.ephemeral = ephemeral.read(yes_or_no)?;
        }
        if let Some(takeover) = given(Some(flags.takeover)) {
            config.takeover = takeover.read(|said| take_over(said, config.ephemeral))?;
        }
        let signed_by_others = config.secret_file.is_some() || !config.public_keys.is_empty();
        config.data_dir = match DataDir::find(flags.data_dir, look_up)? {
            DataDir::Said(folder) => Some(folder),
            _ if config.ephemeral && signed_by_others && config.tls.domains().is_empty() => None,
            usual => Some(usual.folder()?),
        };
        Ok(config)
    }
}

fn retention(whole: Option<Setting>, rules: Vec<Setting>) -> Result<Retention, BadSetting> {
    let mut kept = Retention::default();
    if let Some(whole) = given(whole) {
        kept.total = whole.read(retention::whole)?;
    }
    let rules = all_given(rules, ';').into_iter();
    kept.rules = rules.map(|rule| rule.read(retention::rule)).collect::<Result<_, _>>()?;
    Ok(kept)
}

fn origin(value: &str) -> Result<Origin, &'static str> {
    Origin::read(value)
        .ok_or("must have the form https://app.example or http://localhost:8080, or be *")
}

/// A log in memory ends with its process.
fn take_over(said: &str, ephemeral: bool) -> Result<bool, Reason> {
    let takeover = yes_or_no(said)?;
    if takeover && ephemeral {
        return Err("must not be combined with --ephemeral, whose events would be lost".into());
    }
    Ok(takeover)
}

/// Reads a limit; `None` where there is none.
fn limit(said: Option<Setting>, usual: u32) -> Result<Option<u32>, BadSetting> {
    let Some(said) = given(said) else { return Ok(Some(usual)) };
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

fn trust(proxies: Vec<Setting>, headers: Option<Setting>) -> Result<Trust, BadSetting> {
    let proxies = all_given(proxies, ',').into_iter().map(|proxy| proxy.read(Proxy::read));
    let headers = given(headers).map(|family| family.read(Family::read)).transpose()?;
    let proxies = proxies.collect::<Result<_, _>>()?;
    Ok(Trust { proxies, headers: headers.unwrap_or_default() })
}

fn permissions(value: &str) -> Result<u32, &'static str> {
    let mode = u32::from_str_radix(value, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or("must be an octal number from 0 to 777, such as 660")
}

fn on_or_off(value: &str) -> Result<bool, &'static str> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off"),
    }
}

fn budget(value: &str) -> Result<usize, Reason> {
    let bytes = retention::size(value)?.try_into().unwrap_or(usize::MAX);
    if bytes < LEAST_BUDGET { Err("must be at least 1MiB".into()) } else { Ok(bytes) }
}

fn interval(value: &str) -> Result<Duration, &'static str> {
    let interval = duration(value)?;
    if INTERVALS.contains(&interval) { Ok(interval) } else { Err("must be from 100ms to 1h") }
}

fn drain_of(value: &str) -> Result<Duration, &'static str> {
    let drain = duration(value)?;
    let longest = Duration::from_secs(3600);
    if (CLOSE..=longest).contains(&drain) { Ok(drain) } else { Err("must be from 2s to 1h") }
}

/// A lone word must be a level: `tracing` would take any other for the name of a module and log nothing.
fn log_filter(value: &str) -> Result<Targets, Reason> {
    for word in value.split(',').filter(|part| !part.contains('=')) {
        if word.parse::<LevelFilter>().is_err() {
            let must = format!("\"{word}\" must be error, warn, info, debug, trace or off");
            return Err(must.into());
        }
    }
    Ok(value.parse()?)
}
