//! Which proxies are believed about clients.

use std::net::IpAddr;

use belfry_hub::client::Address;
use ipnet::IpNet;

/// Which proxies are believed, and what they say a client's address by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// The proxies. Default none.
    pub proxies: Vec<Proxy>,
    /// The headers by which they name a client. Default `X-Forwarded-…`.
    pub headers: Family,
}

/// Proxies that are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// Those that connect from a network.
    Network(IpNet),
    /// Those that connect over a Unix socket.
    Unix,
}

/// A family of headers by which proxies name a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// `X-Forwarded-For`, `-Proto` and `-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)).
    Forwarded,
}

impl Trust {
    /// Whether an address is that of a trusted proxy.
    #[must_use]
    pub fn includes(&self, address: Address) -> bool {
        self.proxies.iter().any(|proxy| match proxy {
            Proxy::Unix => address == Address::Unix,
            Proxy::Network(network) => address.ip().is_some_and(|ip| network.contains(&ip)),
        })
    }

    /// Whether a client is held to limits per address. Proxies are not; and where none is declared nobody near
    /// is, because behind an undeclared proxy everybody has its address.
    pub(crate) fn holds(&self, client: Address) -> bool {
        let near = client.ip().is_none_or(is_near);
        if self.proxies.is_empty() { !near } else { !self.includes(client) }
    }
}

/// Whether an address is of this machine or of a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            it.is_loopback() || it.is_private() || it.is_link_local() || is_shared(it.octets())
        }
        IpAddr::V6(it) => it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local(),
    }
}

/// Whether an address is of the space that carriers, and some clouds and overlay networks, use inside
/// ([RFC 6598](https://www.rfc-editor.org/rfc/rfc6598)).
fn is_shared([first, second, ..]: [u8; 4]) -> bool {
    first == 100 && second & 0xc0 == 64
}

impl Proxy {
    /// Reads a network, an address, or `unix`.
    ///
    /// # Errors
    /// Anything else, and a network with bits beside its prefix.
    pub fn read(said: &str) -> Result<Self, &'static str> {
        if said == "unix" {
            return Ok(Self::Unix);
        }
        if let Ok(address) = said.parse::<IpAddr>() {
            return Ok(Self::Network(address.to_canonical().into()));
        }
        let network: IpNet = said
            .parse()
            .map_err(|_| "must be an address, a network such as 10.0.0.0/8 or fd00::/8, or unix")?;
        if network.trunc() == network {
            Ok(Self::Network(network))
        } else {
            Err("must be a network with no host bits set, such as 10.0.0.0/8")
        }
    }
}

impl Family {
    /// Reads its name.
    ///
    /// # Errors
    /// Any other.
    pub fn read(said: &str) -> Result<Self, &'static str> {
        match said {
            "x-forwarded" => Ok(Self::XForwarded),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("must be x-forwarded or forwarded"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_network_an_address_or_unix() {
        let trust = |said: &[&str]| Trust {
            proxies: said.iter().map(|said| Proxy::read(said).unwrap()).collect(),
            ..Trust::default()
        };
        let at = |address: &str| Address::Ip(address.parse().unwrap());
        let some = trust(&["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"]);
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8:1::1"] {
            assert!(some.includes(at(inside)), "{inside}");
        }
        for outside in ["11.0.0.1", "192.0.2.8", "2001:db9::1", "127.0.0.1"] {
            assert!(!some.includes(at(outside)), "{outside}");
        }
        assert!(!some.includes(Address::Unix) && trust(&["unix"]).includes(Address::Unix));
        assert!(!trust(&[]).includes(Address::Unknown));
        for bad in ["", "10.0.0.1/8", "10.0.0.0/33", "proxy", "Unix", "10.0.0.0/8 "] {
            assert!(Proxy::read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn near_clients_are_held_to_limits_once_the_proxies_are_declared() {
        let none = Trust::default();
        let held =
            |trust: &Trust, address: &str| trust.holds(Address::Ip(address.parse().unwrap()));
        let near =
            ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.2", "192.168.1.1", "fd00::1", "100.64.0.1"];
        for near in near {
            assert!(!held(&none, near), "{near}");
        }
        assert!(!none.holds(Address::Unix));
        for far in ["192.0.2.7", "2001:db8::1", "100.128.0.1", "172.32.0.1"] {
            assert!(held(&none, far), "{far}");
        }
        let proxy = Trust { proxies: vec![Proxy::read("10.0.0.1").unwrap()], ..none };
        assert!(held(&proxy, "10.0.0.2") && held(&proxy, "127.0.0.1") && !held(&proxy, "10.0.0.1"));
    }
}
