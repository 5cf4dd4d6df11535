//! Whether another site's page sent a request.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{HOST, ORIGIN, REFERER},
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

/// Whether a browser that says neither which site it comes from nor which origin follows a link of another
/// site. Such browsers name the page.
pub fn follows_foreign_link(headers: &HeaderMap) -> bool {
    let says_more = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN);
    let is_ours = |page: &HeaderValue| {
        let page = page.to_str().unwrap_or_default();
        let origin = page.match_indices('/').nth(2).map_or(page, |(end, _)| &page[..end]);
        HeaderValue::from_str(origin).is_ok_and(|origin| is_host(&origin, headers.get(HOST)))
    };
    !says_more && headers.get(REFERER).is_some_and(|page| !is_ours(page))
}

fn is_host(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = host.and_then(|host| host.to_str().ok());
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}
