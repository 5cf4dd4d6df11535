//! The client of a request: who sends it and how it came, by its connection and by what trusted proxies say.
//!
//! - [`connection`]: what the edge knows of a connection; [`trust`]: which proxies are believed
//! - `forwarded`: what their headers say of a request, from right to left
//!
//! Nothing else reads `Forwarded`, `X-Forwarded-*`, `Via` or the peer's address.

pub mod connection;
mod forwarded;
pub mod trust;

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr},
};

use axum::{
    extract::{FromRequestParts, Request},
    http::{
        Extensions, HeaderMap, HeaderName, Version,
        header::{HOST, ORIGIN, REFERER},
        request::Parts,
        uri::{Authority, Uri},
    },
};
use belfry_hub::{client as hub, network::network};

use crate::{origins::Origin, web::base_path::BasePath};
use connection::Connection;
pub(crate) use forwarded::X_FORWARDED;
use forwarded::{Said, authority};
use trust::Trust;

/// Headers that only proxies add, beside `X-Forwarded-…`.
const OF_PROXIES: [&str; 10] = [
    "cf-connecting-ip",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-original-forwarded-for",
    "x-real-ip",
];

/// The client of a request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// How logs name it, and the network whose limits it uses, if it is held to limits per address.
    pub(crate) sender: hub::Client,
    /// Whether it speaks https, if need be to a proxy.
    pub(crate) secure: bool,
    /// The host that it asked for, perhaps with a port; `None` where it names none.
    pub(crate) host: Option<Authority>,
    /// Whether that is known to be a name of the server.
    pub(crate) known: bool,
    /// The path under which it is served.
    pub(crate) base: BasePath,
    /// Whether it was made on this machine, to a name of this machine, and through no proxy.
    pub(crate) local: bool,
}

impl Client {
    /// The client of a request with this head, which came by `connection`.
    pub(crate) fn of(
        connection: &Connection,
        head: &Request,
        trust: &Trust,
        public: Option<&Origin>,
    ) -> Self {
        let headers = head.headers();
        let trusted = trust.includes(connection.address());
        let said = if trusted { Said::by(headers, trust) } else { Said::default() };
        let address = said.address.unwrap_or(connection.address());
        let host = said.host.or_else(|| asked_host(head));
        // Without a word of a proxy, what is asked for as the public URL came by that.
        let is_public = || {
            public.is_some_and(|public| {
                let asked = host.as_ref().and_then(|host| Origin::of("https", host.as_str()));
                asked.is_some_and(|asked| asked == *public)
            })
        };
        let secure = said.secure.unwrap_or_else(|| connection.is_secure() || is_public());
        let proxied = trusted || connection.is_proxied() || came_by_proxy(head.version(), headers);
        let local = !proxied
            && connection.address().ip().is_some_and(|address| address.is_loopback())
            && host.as_ref().is_some_and(|host| is_this_machine(host.host()))
            && public.is_none_or(|public| is_this_machine(public.host()))
            && !names_another_machine(headers);
        let hidden = said.malformed || connection.hides_its_client();
        let held = hidden || trust.holds(address);
        // All that nothing is known of share one.
        let shared = || hidden.then_some(Ipv6Addr::UNSPECIFIED.into());
        let network = address.ip().or_else(shared).filter(|_| held).map(network);
        let (sender, base) = (hub::Client { address, network }, BasePath::default());
        Self { sender, secure, host, known: false, base, local }
    }

    /// The origin that it asked for.
    pub(crate) fn asked(&self) -> Option<Origin> {
        Origin::of(if self.secure { "https" } else { "http" }, self.host.as_ref()?.as_str())
    }

    /// The network whose limits it uses; `None` if it is not held to limits per address.
    pub(crate) fn network(&self) -> Option<IpAddr> {
        self.sender.network
    }
}

impl Default for Client {
    /// One of which nothing is known.
    fn default() -> Self {
        let (sender, base) = (hub::Client::default(), BasePath::default());
        Self { sender, secure: false, host: None, known: false, base, local: false }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::among(&parts.extensions))
    }
}

impl Client {
    /// The client that was [found](super::identify) for a request with these extensions.
    pub(crate) fn among(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }
}

/// The host that a request itself asks for: what the first line names counts ([RFC 9112, section
/// 3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)).
fn asked_host(head: &Request) -> Option<Authority> {
    head.uri().authority().cloned().or_else(|| authority(head.headers().get(HOST)?.as_bytes()))
}

/// Whether a request shows that a proxy has passed it on. Proxies that speak HTTP/1.0 say nothing else.
fn came_by_proxy(version: Version, headers: &HeaderMap) -> bool {
    let of_proxy = |name: &HeaderName| {
        name.as_str().starts_with("x-forwarded-") || OF_PROXIES.contains(&name.as_str())
    };
    version < Version::HTTP_11 || headers.keys().any(of_proxy)
}

/// Whether a host is a name of this machine that means nothing to others.
fn is_this_machine(host: &str) -> bool {
    let name = host.trim_matches(['[', ']']);
    let address = name.parse().map(|address: IpAddr| address.to_canonical().is_loopback());
    name.eq_ignore_ascii_case("localhost") || address.unwrap_or(false)
}

/// Whether the page that a request comes from is of another machine, or hides where it is from. Where that page
/// is ours, a proxy has replaced the host.
fn names_another_machine(headers: &HeaderMap) -> bool {
    let pages = [ORIGIN, REFERER].into_iter().flat_map(|name| headers.get_all(name));
    let hosts = pages.map(|page| Uri::try_from(page.as_bytes()).ok());
    hosts.into_iter().any(|page| !page.is_some_and(|page| page.host().is_some_and(is_this_machine)))
}

#[cfg(test)]
mod tests;
