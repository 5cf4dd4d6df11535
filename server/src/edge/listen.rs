//! The sockets that connections are accepted on: binds addresses and paths, and takes those that systemd
//! or the process before this one passes.

mod handed;
mod listener;
mod passed;
mod unix;

use std::{error::Error, io, net::SocketAddr};

use socket2::{Domain, Socket, Type};
use tracing::info;

use crate::{Config, config::Endpoint, metrics::Exposure};

pub use handed::{About, Copied, Inherited, Purpose};
use listener::BACKLOG;
pub use listener::Listener;
pub(super) use listener::Listening;
pub use passed::Passed;

/// What the server listens on.
#[derive(Debug, Default)]
pub struct Listeners {
    /// Belfry.
    pub all: Vec<Listener>,
    /// Redirects to https, and nothing else.
    pub redirecting: Vec<Listener>,
    /// The metrics, and nothing else.
    pub scraped: Option<Listener>,
}

impl Listeners {
    /// Each of them, and what it is for.
    pub fn each(&self) -> impl Iterator<Item = (Purpose, &Listener)> {
        let all = self.all.iter().map(|one| (Purpose::Everything, one));
        let redirecting = self.redirecting.iter().map(|one| (Purpose::Redirects, one));
        let scraped = self.scraped.iter().map(|one| (Purpose::Metrics, one));
        all.chain(redirecting).chain(scraped)
    }
}

/// Binds everything that the configuration names and that is not inherited, after what was passed.
///
/// # Errors
/// If one of them cannot be bound, or outside of a runtime.
pub fn listen(
    config: &Config,
    passed: Passed,
    inherited: &mut Inherited,
) -> Result<Vec<Listener>, Box<dyn Error>> {
    let passed = passed.listeners()?.into_iter().chain(inherited.take_passed()?);
    let passed = passed.map(|listener| {
        let proxied = config.proxy_protocol.contains(listener.endpoint());
        listener.with_proxy_protocol(proxied)
    });
    let mut listeners: Vec<_> = passed.collect();
    listeners.extend(listen_at(&config.listen, Purpose::Everything, config, inherited)?);
    Ok(listeners)
}

/// Listens where plain HTTP is redirected.
///
/// # Errors
/// If one of them cannot be bound, or outside of a runtime.
pub fn listen_to_redirect(
    config: &Config,
    inherited: &mut Inherited,
) -> Result<Vec<Listener>, Box<dyn Error>> {
    listen_at(&config.redirect_http, Purpose::Redirects, config, inherited)
}

fn listen_at(
    endpoints: &[Endpoint],
    purpose: Purpose,
    config: &Config,
    inherited: &mut Inherited,
) -> Result<Vec<Listener>, Box<dyn Error>> {
    let mut open = |endpoint: &Endpoint| {
        let bound = || match endpoint {
            Endpoint::Tcp(address) => bind(*address, endpoints),
            Endpoint::Unix(path) => unix::bind(path, config.unix_mode),
        };
        let listener = inherited.take(purpose, endpoint).transpose().unwrap_or_else(bound);
        let proxied = config.proxy_protocol.contains(endpoint);
        let listener = listener.map(|listener| listener.with_proxy_protocol(proxied));
        listener.map_err(|error| format!("cannot listen on {endpoint}: {error}").into())
    };
    endpoints.iter().map(&mut open).collect()
}

/// Listens at the address of the metrics, if they have one of their own.
///
/// # Errors
/// If it cannot be bound, or outside of a runtime.
pub fn listen_for_metrics(
    config: &Config,
    inherited: &mut Inherited,
) -> Result<Option<Listener>, Box<dyn Error>> {
    let Exposure::At(address) = config.metrics else { return Ok(None) };
    let listener = inherited.take(Purpose::Metrics, &Endpoint::Tcp(address)).transpose();
    let listener = listener.unwrap_or_else(|| bind(address, &[]));
    let listener = listener.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    info!("metrics are at http://{}/metrics", listener.endpoint());
    Ok(Some(listener))
}

fn bind(address: SocketAddr, all: &[Endpoint]) -> io::Result<Listener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    // `[::]` usually takes the IPv4 connections too. It leaves them to a listener of their own.
    let has_own = |other: &Endpoint| matches!(other, Endpoint::Tcp(other) if other.is_ipv4() && other.port() == address.port());
    if address.is_ipv6() && address.port() != 0 && all.iter().any(has_own) {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Listener::tcp(socket.into())
}
