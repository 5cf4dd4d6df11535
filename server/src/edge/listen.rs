//! The sockets that connections are accepted on: binds addresses and paths, and takes those that systemd
//! passes.

mod listener;
mod passed;
mod unix;

use std::{error::Error, io, net::SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::{Config, config::Endpoint};

use listener::BACKLOG;
pub use listener::Listener;
pub(super) use listener::Listening;
pub use passed::Passed;

/// Binds everything that the configuration names, after what was passed.
///
/// # Errors
/// If one of them cannot be bound, or outside of a runtime.
pub fn listen(config: &Config, passed: Passed) -> Result<Vec<Listener>, Box<dyn Error>> {
    let mut listeners = passed.listeners()?;
    for endpoint in &config.listen {
        let listener = match endpoint {
            Endpoint::Tcp(address) => bind(*address, &config.listen),
            Endpoint::Unix(path) => unix::bind(path, config.unix_mode),
        };
        let cannot = |error| format!("cannot listen on {endpoint}: {error}");
        listeners.push(listener.map_err(cannot)?);
    }
    Ok(listeners)
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
