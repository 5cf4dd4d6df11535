//! Where a request comes from: the scheme and the network, by its headers and its peer.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, HeaderName,
    header::{FORWARDED, HOST, VIA},
    uri::Authority,
};
use belfry_hub::network::network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whether a proxy says that the request came over https. Whoever claims so falsely only loses their own
/// cookie.
pub(crate) fn came_by_https(headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, words: &str| {
        let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.any(|value| {
            let mut parts = value.split([',', ';']).map(str::trim);
            parts.any(|part| part.replace('"', "").eq_ignore_ascii_case(words))
        })
    };
    says(HeaderName::from_static("x-forwarded-proto"), "https") || says(FORWARDED, "proto=https")
}

/// Whether a request that came from this machine was asked for on it too: by a name that means this
/// machine, and through no proxy that says so.
pub(crate) fn was_asked_here(headers: &HeaderMap) -> bool {
    let proxied = [FORWARDED, X_FORWARDED_FOR, VIA].iter().any(|name| headers.contains_key(name));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    let is_here = host.is_some_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        let address = name.parse().map(|address: IpAddr| address.to_canonical().is_loopback());
        name.eq_ignore_ascii_case("localhost") || address.unwrap_or(false)
    });
    is_here && !proxied
}

/// Who shares a place with whom: the [network] that a request comes from; or, where a proxy on this
/// machine or in this private network has passed it on, the one that it says it comes from. What stands
/// last in `X-Forwarded-For` is what the nearest proxy has added.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let said = headers.get_all(X_FORWARDED_FOR).iter().next_back();
    let last = said.and_then(|said| said.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    network(last.filter(|_| is_near(peer.to_canonical())).unwrap_or(peer))
}

/// Whether an address is of this machine or of a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn who_asks_here_names_this_machine_and_comes_through_no_proxy() {
        let asked = |headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().cloned();
            was_asked_here(
                &headers.map(|(name, value)| (name, HeaderValue::from_static(value))).collect(),
            )
        };
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000"] {
            assert!(asked(&[(HOST, host)]), "{host}");
        }
        for host in ["", "belfry.test", "localhost.test", "192.0.2.1:3000", "[2001:db8::1]"] {
            assert!(!asked(&[(HOST, host)]), "{host}");
        }
        for proxy in [FORWARDED, X_FORWARDED_FOR, VIA] {
            assert!(!asked(&[(HOST, "localhost"), (proxy, "192.0.2.7")]));
        }
        assert!(!asked(&[]));
    }

    #[test]
    fn a_client_is_who_a_near_proxy_says_it_is() {
        let client = |peer: &str, said: &[&'static str]| {
            let said = said.iter().map(|said| (X_FORWARDED_FOR, HeaderValue::from_static(said)));
            client(peer.parse().unwrap(), &said.collect()).to_string()
        };
        for near in ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.2", "192.168.1.1", "fd00::1"] {
            assert_eq!(client(near, &["192.0.2.7"]), "192.0.2.7", "{near}");
            assert_eq!(client(near, &["forged, 192.0.2.7"]), "192.0.2.7");
            assert_eq!(
                client(near, &["forged", "198.51.100.1, 2001:db8:1:2:3::"]),
                "2001:db8:1:2::"
            );
        }
        for nobody in ["", "unknown", "192.0.2.7,", "192.0.2.7:80"] {
            assert_eq!(client("127.0.0.1", &[nobody]), "127.0.0.1", "{nobody}");
        }
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("198.51.100.1", &["192.0.2.7"]), "198.51.100.1");
    }
}
