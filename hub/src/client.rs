//! The client of a request, as the program around the hub knows it: how logs name it, and whose share of what
//! is limited it uses.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use crate::network::network;

/// The client of a request. A program that knows better than the connection's own address, as it does behind
/// a proxy, puts one into the extensions of each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// How logs name it.
    pub address: Address,
    /// The [network] whose share it uses; `None` if it is not held to a share.
    pub network: Option<IpAddr>,
}

impl From<SocketAddr> for Client {
    /// One that is held to the share of its network.
    fn from(address: SocketAddr) -> Self {
        Self { address: address.into(), network: Some(network(address.ip())) }
    }
}

/// The address of a client, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Address {
    /// Nothing is known, as for a request that came over no connection.
    #[default]
    Unknown,
    /// It is on this machine, and has connected over a Unix socket.
    Unix,
    /// A proxy has named it.
    Ip(IpAddr),
    /// It has connected itself.
    Socket(SocketAddr),
}

impl Address {
    /// The IP address, if there is one; IPv4 even where it was mapped into IPv6.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Unknown | Self::Unix => None,
            Self::Ip(address) => Some(address.to_canonical()),
            Self::Socket(address) => Some(address.ip().to_canonical()),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Socket(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Unix => f.write_str("unix"),
            Self::Ip(address) => address.fmt(f),
            Self::Socket(address) => address.fmt(f),
        }
    }
}
