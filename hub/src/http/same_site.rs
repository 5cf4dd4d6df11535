//! Whether another site's page sent a request.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{HOST, ORIGIN},
};
use wire::headers::SEC_FETCH_SITE;

/// Whether the request was not sent by another site's page, which could act here in its visitor's name.
/// Over plain HTTP, browsers do not send the site, but they do send the origin. Programs send neither.
pub fn is_no_other_site(headers: &HeaderMap) -> bool {
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
