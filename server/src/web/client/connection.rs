//! What the edge knows of a connection, for the client of each request on it.

use std::net::SocketAddr;

use belfry_hub::client::Address;

use crate::tally::Rule;

/// What the edge knows of a connection. It puts one into the extensions of each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    address: Address,
    secure: bool,
    proxied: bool,
    to_loopback: bool,
    /// The limit that it is over.
    rule: Option<Rule>,
}

impl Connection {
    /// One that a peer has opened, without TLS. A Unix socket's peer is [`Address::Unix`].
    pub fn new(peer: impl Into<Address>) -> Self {
        let address = peer.into();
        Self { address, secure: false, proxied: false, to_loopback: false, rule: None }
    }

    /// The same, with TLS.
    #[must_use]
    pub fn with_tls(self) -> Self {
        Self { secure: true, ..self }
    }

    /// The same, to a listener whose address may be a loopback one.
    #[must_use]
    pub fn to_loopback(self, to_loopback: bool) -> Self {
        Self { to_loopback, ..self }
    }

    /// The same, which a trusted proxy has opened for another by the PROXY protocol. `secure` is whether that one
    /// spoke TLS to the proxy.
    #[must_use]
    pub fn of_proxy(self, client: SocketAddr, secure: bool) -> Self {
        Self { address: client.into(), secure: self.secure || secure, proxied: true, ..self }
    }

    /// The same, which a trusted proxy has opened for another whom it does not name. `secure` is whether that one
    /// spoke TLS to the proxy.
    #[must_use]
    pub fn of_unnamed(self, secure: bool) -> Self {
        let secure = self.secure || secure;
        Self { address: Address::Unknown, secure, proxied: true, ..self }
    }

    /// The same, which is over a limit: what it asks for may be refused, and it is closed after its answer.
    #[must_use]
    pub fn over(self, rule: Rule) -> Self {
        Self { rule: Some(rule), ..self }
    }

    pub(crate) fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// The other end: the peer, or for whom it has opened the connection.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether its listener has a loopback address.
    pub(crate) fn is_to_loopback(&self) -> bool {
        self.to_loopback
    }

    /// Whether it is for somebody whom its proxy does not name.
    pub(super) fn hides_its_client(&self) -> bool {
        self.proxied && self.address == Address::Unknown
    }

    pub(crate) fn is_proxied(&self) -> bool {
        self.proxied
    }
}

impl From<SocketAddr> for Connection {
    fn from(peer: SocketAddr) -> Self {
        Self::new(peer)
    }
}
