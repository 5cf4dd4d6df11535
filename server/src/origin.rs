//! Where a request comes from: its headers and its peer go in, the site, the scheme and the network come
//! out.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{FORWARDED, HOST, ORIGIN, VIA},
    uri::Authority,
};

use crate::token::SEC_FETCH_SITE;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whether no other site's page sent it, which could make its visitor say or be here what they do not
/// know of. Over plain HTTP browsers do not say the site, but they do say the origin. Programs say
/// neither.
pub(crate) fn is_no_other_site(headers: &HeaderMap) -> bool {
    match (headers.get(SEC_FETCH_SITE), headers.get(ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_host(origin, headers.get(HOST)),
        (None, None) => true,
    }
}

fn is_host(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = host.and_then(|host| host.to_str().ok());
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

/// Whether a proxy says that it was asked by https. Whoever says so untruly keeps the cookie from
/// themselves.
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

/// The least of an address that one subscriber has to themselves: all of IPv4's, and of IPv6's the
/// first 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
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
    fn a_subscriber_is_one_network() {
        for (address, of) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::"),
        ] {
            assert_eq!(network(address.parse().unwrap()), of.parse::<IpAddr>().unwrap());
        }
    }
}
