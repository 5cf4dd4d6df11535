//! Refuses requests that name no host, or one that the server does not answer for.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Version, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use belfry_hub::http::problem::Problem;

use crate::{
    AppState,
    tally::{Rule, Tally},
    web::client::{Client, connection::Connection},
};

/// What load balancers ask by address, whatever the server's names are. It tells nothing about anybody.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Answers 400 to an HTTP/1.1 request that does not name exactly one host, and to one whose host is invalid
/// ([RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
pub(super) async fn refuse_what_names_no_host(
    State(tally): State<Tally>,
    mut request: Request,
    next: Next,
) -> Response {
    let hosts = request.headers().get_all(HOST);
    let one = hosts.iter().count() == 1 || request.version() != Version::HTTP_11;
    if !one || !hosts.iter().all(is_host) {
        tally.refused(Rule::Malformed);
        let detail = "Host must name exactly one host";
        return Problem::new(StatusCode::BAD_REQUEST, detail).into_response();
    }
    // What the first line names counts, and in HTTP/2 `:authority` (RFC 9112, section 3.2.2; RFC 9113,
    // section 8.3.1).
    let named = request.uri().authority().map(|named| HeaderValue::from_str(named.as_str()));
    if let Some(Ok(named)) = named {
        request.headers_mut().insert(HOST, named);
    }
    next.run(request).await
}

/// Answers 421 to a request for a host that the server does not answer for: the one that a trusted proxy says was
/// asked for, or else its own. One without a host comes from no browser.
pub(super) async fn refuse_other_hosts(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let asked = Client::among(request.extensions()).host;
    let connection: Connection = request.extensions().get().copied().unwrap_or_default();
    let is_probe = PROBES.contains(&request.uri().path());
    match asked {
        Some(asked)
            if !is_probe && !state.hosts.answer(asked.host(), connection.is_to_loopback()) =>
        {
            state.tally.refused(Rule::Host);
            misdirected(&asked).into_response()
        }
        _ => next.run(request).await,
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
