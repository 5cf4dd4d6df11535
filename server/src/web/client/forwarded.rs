//! What trusted proxies say of a request by their headers, read from right to left: each adds what it knows on
//! the right of what it was told.

mod element;

use std::net::{IpAddr, SocketAddr};

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{FORWARDED, GetAll},
    uri::Authority,
};
use belfry_hub::client::Address;

use super::trust::{Family, Trust};
use element::{Element, elements};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The headers of one family.
pub(crate) const X_FORWARDED: [HeaderName; 3] =
    [X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST];

/// What the trusted proxies of a request say of its client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Its address: the first from the right that is not a trusted proxy's. `None` where they name none.
    pub(super) address: Option<Address>,
    /// Whether it speaks https to the proxy that it is connected to.
    pub(super) secure: Option<bool>,
    /// The host that it asked that proxy for.
    pub(super) host: Option<Authority>,
    /// Something on the way cannot be read: the address is the nearest one that is known.
    pub(super) malformed: bool,
}

/// What one proxy says of whom it was connected to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hop<'a> {
    client: Option<&'a str>,
    proto: Option<&'a str>,
    host: Option<&'a str>,
}

impl<'a> From<&'a Element> for Hop<'a> {
    fn from(Element { client, proto, host }: &'a Element) -> Self {
        let [client, proto, host] = [client, proto, host].map(Option::as_deref);
        Self { client, proto, host }
    }
}

impl Said {
    /// What is said by the headers of a request that a trusted proxy has passed on.
    pub(super) fn by(headers: &HeaderMap, trust: &Trust) -> Self {
        match trust.headers {
            Family::XForwarded => Self::of(x_forwarded(headers), trust),
            Family::Forwarded => match elements(headers.get_all(FORWARDED).iter()) {
                Some(elements) => Self::of(elements.iter().rev().map(Hop::from), trust),
                None => Self { malformed: true, ..Self::default() },
            },
        }
    }

    /// What is said by hops, the nearest first.
    fn of<'a>(hops: impl Iterator<Item = Hop<'a>>, trust: &Trust) -> Self {
        let mut said = Self::default();
        for Hop { client, proto, host } in hops {
            said.secure = proto.and_then(is_secure);
            said.host = host.and_then(|host| authority(host.as_bytes()));
            let Some(client) = client else { break };
            let Some(address) = address(client) else {
                said.malformed = true;
                break;
            };
            said.address = Some(address);
            if !trust.includes(address) {
                break;
            }
        }
        said
    }
}

/// The hops by `X-Forwarded-…`, the nearest first. Proxies add to `-For`, but many replace the other two: where
/// those have fewer values, the last of them holds for the rest too.
fn x_forwarded(headers: &HeaderMap) -> impl Iterator<Item = Hop<'_>> {
    let mut clients = from_right(headers.get_all(X_FORWARDED_FOR));
    let mut protos = from_right(headers.get_all(X_FORWARDED_PROTO));
    let mut hosts = from_right(headers.get_all(X_FORWARDED_HOST));
    let (mut proto, mut host, mut first) = (None, None, true);
    std::iter::from_fn(move || {
        let client = clients.next();
        proto = protos.next().or(proto);
        host = hosts.next().or(host);
        let is_first = std::mem::replace(&mut first, false);
        (is_first || client.is_some()).then_some(Hop { client, proto, host })
    })
}

/// The values of a header with a list, the last first. What is not ASCII reads as empty.
fn from_right(lines: GetAll<'_, HeaderValue>) -> impl Iterator<Item = &str> {
    let lines = lines.into_iter().rev().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.rsplit(',')).map(str::trim)
}

fn is_secure(proto: &str) -> Option<bool> {
    let is = |names: [&str; 2]| names.iter().any(|name| proto.eq_ignore_ascii_case(name));
    if is(["https", "wss"]) { Some(true) } else { is(["http", "ws"]).then_some(false) }
}

/// The address of a node: an IP address, in brackets or not, with a port or not. `None` for whatever else there
/// is, such as `unknown`.
fn address(node: &str) -> Option<Address> {
    if let Ok(socket) = node.parse::<SocketAddr>() {
        return Some(Address::Socket(socket));
    }
    let bare = node.strip_prefix('[').and_then(|node| node.strip_suffix(']')).unwrap_or(node);
    bare.parse::<IpAddr>().ok().map(Address::Ip)
}

/// A host, with or without a port; `None` where it is none, or an empty one.
pub(super) fn authority(host: &[u8]) -> Option<Authority> {
    let host = Authority::try_from(host).ok()?;
    (!host.host().is_empty() && !host.as_str().contains('@')).then_some(host)
}

#[cfg(test)]
mod tests;
