//! Refuses requests that name no host, or one that the server does not answer for.

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, Version, header::HOST, uri::Authority},
};
use belfry_hub::http::problem::Problem;

use crate::{
    AppState,
    tally::{Rule, Tally},
    web::client::{Client, connection::Connection},
};

/// What load balancers ask by address, whatever the server's names are. It tells nothing about anybody.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// What is answered to a request that does not name exactly one host, and to one whose host is invalid, with 400
/// ([RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)); HTTP/1.0 may leave it out. Over
/// HTTP/2 `Host` may stand for `:authority`, but must not differ from it ([RFC 9113, section
/// 8.3.1](https://www.rfc-editor.org/rfc/rfc9113#section-8.3.1)). Counts it. In `Host`, others find the one that a
/// request names.
pub(super) fn no_host(tally: &Tally, request: &mut Request) -> Option<Problem> {
    if !names_one_host(request) {
        tally.refused(Rule::Malformed);
        return Some(Problem::new(StatusCode::BAD_REQUEST, "Host must name exactly one host"));
    }
    // What the first line names counts, and in HTTP/2 `:authority` (RFC 9112, section 3.2.2; RFC 9113,
    // section 8.3.1).
    let named = request.uri().authority().map(|named| HeaderValue::from_str(named.as_str()));
    if let Some(Ok(named)) = named {
        request.headers_mut().insert(HOST, named);
    }
    None
}

fn names_one_host(request: &Request) -> bool {
    let (named, mut hosts) = (request.uri().authority(), request.headers().get_all(HOST).iter());
    let (host, others) = (hosts.next(), hosts.count());
    let is_valid =
        host.is_none_or(is_host) && named.is_none_or(|named| !named.as_str().contains('@'));
    is_valid
        && others == 0
        && match (request.version(), named, host) {
            (Version::HTTP_11, _, host) => host.is_some(),
            (Version::HTTP_2, None, host) => host.is_some_and(|host| !host.is_empty()),
            (Version::HTTP_2, Some(_), Some(host)) => is_the_same(request.uri(), host),
            _ => true,
        }
}

/// Whether a header names the host of an address, whose scheme has a port of its own.
fn is_the_same(address: &Uri, host: &HeaderValue) -> bool {
    let usual = if address.scheme_str() == Some("http") { 80 } else { 443 };
    let parts =
        |host: &Authority| (host.host().to_ascii_lowercase(), host.port_u16().unwrap_or(usual));
    let host = Authority::try_from(host.as_bytes()).ok();
    address.authority().map(parts) == host.as_ref().map(parts)
}

/// What is answered to a request for a host that the server does not answer for, 421, and counts it: the one that a trusted proxy says was
/// asked for, or else its own. One without a host comes from no browser.
pub(super) fn other_host(state: &AppState, request: &Request) -> Option<Problem> {
    let asked = Client::among(request.extensions()).host;
    let connection: Connection = request.extensions().get().copied().unwrap_or_default();
    let is_probe = PROBES.contains(&request.uri().path());
    match asked {
        Some(asked)
            if !is_probe && !state.hosts.answer(asked.host(), connection.is_to_loopback()) =>
        {
            state.tally.refused(Rule::Host);
            Some(misdirected(&asked))
        }
        _ => None,
    }
}

/// The answer to a request for a host that the server does not answer for.
pub(super) fn misdirected(asked: &Authority) -> Problem {
    let detail = format!(
        "this server does not answer for the host {}; its operator can list it with --host",
        asked.host()
    );
    Problem::new(StatusCode::MISDIRECTED_REQUEST, detail)
}

/// Whether a header names a host, with or without a port; it may be empty.
fn is_host(value: &HeaderValue) -> bool {
    let host = value.as_bytes();
    host.is_empty() || (!host.contains(&b'@') && Authority::try_from(host).is_ok())
}
