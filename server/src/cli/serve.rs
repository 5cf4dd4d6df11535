//! `belfry serve`: opens the log and the keys that the configuration asks for.

use std::{
    env,
    error::Error,
    path::{Path, absolute},
    sync::Arc,
};

use app::command::{publish, token_maker};
use belfry_hub::{
    Clock, Log,
    log::{Embedded, Memory},
    tail,
};
use tracing::{info, warn};

use crate::{
    Authority, Config, Keys,
    chat::Rooms,
    config::{self, Endpoint},
    edge::tls::Tls,
    origins::Hosts,
    token::{self, Revocations},
};

/// The log of events; the one on disk can be handed over.
#[derive(Debug)]
pub struct Opened {
    /// The log.
    pub log: Arc<dyn Log>,
    /// The same, if it is on disk.
    pub on_disk: Option<Arc<Embedded>>,
}

/// The log of events, where the configuration says that it is.
///
/// # Errors
/// Where it cannot be opened.
pub fn open_log(config: &Config) -> Result<Opened, Box<dyn Error>> {
    let (clock, tail, retention) =
        (Clock::system(), tail::Bounds::default(), config.retention.clone());
    Ok(match &config.data_dir {
        Some(folder) if !config.ephemeral => {
            let log = Arc::new(Embedded::open(folder, clock, retention, tail)?);
            Opened { log: log.clone(), on_disk: Some(log) }
        }
        _ => Opened { log: Arc::new(Memory::new(clock, retention, tail)), on_disk: None },
    })
}

/// The keys that tokens are verified with: that of the data directory, which is made where there is
/// none, and those that are configured.
///
/// # Errors
/// Where one of them cannot be read or made, or is weak.
fn open_keys(config: &Config) -> Result<Keys, Box<dyn Error>> {
    let mut keys = match &config.data_dir {
        Some(folder) => Keys::generated(folder)?,
        None => Keys::default(),
    };
    if let Some(file) = &config.secret_file {
        keys = keys.with_secret_file(file)?;
    }
    for file in &config.public_keys {
        keys = keys.with_public_key(file)?;
    }
    Ok(keys)
}

/// The authority on tokens, with the keys of the configuration and what was revoked in its data directory.
///
/// # Errors
/// Where a key or the list of revocations cannot be used.
pub fn open_authority(config: &Config) -> Result<Authority, Box<dyn Error>> {
    let keys = open_keys(config)?;
    let revocations = match &config.data_dir {
        Some(folder) => Revocations::open(folder)?,
        None => Revocations::default(),
    };
    Ok(Authority::new(keys, revocations)?)
}

/// The certificates that the configuration asks for; `None` where it asks for no TLS.
///
/// # Errors
/// Where one of them cannot be used or made.
pub fn open_tls(config: &Config) -> Result<Option<Tls>, Box<dyn Error>> {
    // What was ordered is kept: authorities limit orders.
    let is_kept = !config.ephemeral || matches!(config.tls, config::Tls::Acme(..));
    let folder = config.data_dir.as_deref().filter(|_| is_kept);
    Tls::open(&config.tls, folder)
}

/// Whether the data directory has no key yet.
#[must_use]
pub fn is_first_start(config: &Config) -> bool {
    let key = config.data_dir.as_deref().map(token::read_secret);
    matches!(key, Some(Err(error)) if error.is_missing())
}

/// Logs a command that publishes, for whoever starts the server for the first time. It contains no token,
/// but the command that makes one. `places` are where the server listens.
pub fn say_how_to_publish(config: &Config, places: &[String]) {
    let Some(maker) = token_maker_here(config) else { return };
    let url = places.iter().find(|place| place.starts_with("http"));
    match url.map(|url| publish(Some(&maker), url.trim_end_matches('/'), "hello", " ")) {
        Some(command) => info!("created a key; publish with: {command}"),
        None => info!("created a key; make a token with: {maker} --publish hello"),
    }
}

/// The beginning of a command that makes a token with this server's key, from any folder; `None` if the
/// server has no key of its own.
#[must_use]
pub fn token_maker_here(config: &Config) -> Option<String> {
    let folder = config.data_dir.as_deref()?;
    let whole = |path: &Path| absolute(path).unwrap_or_else(|_| path.into()).display().to_string();
    Some(token_maker(&program(), Some(&whole(folder))))
}

/// How a shell finds this program: by name if it was started by name, otherwise by path.
fn program() -> String {
    let called = env::args_os()
        .next()
        .filter(|name| !name.is_empty() && !name.as_encoded_bytes().contains(&b'/'));
    let place = || env::current_exe().ok().map(|place| place.display().to_string());
    called
        .map(|name| name.to_string_lossy().into_owned())
        .or_else(place)
        .unwrap_or_else(|| "belfry".into())
}

/// Warns of rooms that a page of another site can get into by making its name mean this server (DNS rebinding):
/// where other machines can reach a listener, or a container hides that they cannot, every host is answered for.
pub fn warn_of_every_host<'a>(config: &Config, mut endpoints: impl Iterator<Item = &'a Endpoint>) {
    let open = *config.rooms.seen(false) != Rooms::Off && matches!(config.hosts, Hosts::Usual(_));
    if let Some(listener) = endpoints.find(|endpoint| open && !endpoint.is_local()) {
        warn!(%listener, "rooms are open here for every host name; list the server's own with --host");
    }
}
