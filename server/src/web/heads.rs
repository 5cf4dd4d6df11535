//! The limits of a request's head, by whichever protocol it comes. h2 has none of its own, or refuses without a
//! word; hyper refuses what is larger over HTTP/1.1, and the edge answers in its place.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, Version, header::COOKIE},
    middleware::Next,
    response::{IntoResponse, Response},
};
use belfry_hub::http::problem::Problem;

use crate::tally::{Rule, Tally};

/// The largest head of a request, in bytes.
pub(crate) const LARGEST_HEAD: usize = 64 * 1024;

/// The most headers of a request: hyper's own limit.
pub(crate) const MOST_HEADERS: usize = 100;

/// The longest target of a request, in bytes.
pub(crate) const LONGEST_TARGET: usize = 16 * 1024;

/// What each header costs beside its name and value, in bytes
/// ([RFC 9113, section 6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)).
const EACH: usize = 32;

/// Why a target is refused.
pub(crate) fn target_too_long() -> String {
    format!("the request's target must be at most {LONGEST_TARGET} bytes")
}

/// Why a head is refused.
pub(crate) fn head_too_large() -> String {
    format!(
        "the request's head must be at most {LARGEST_HEAD} bytes, with at most {MOST_HEADERS} headers"
    )
}

/// Answers a request whose head is too large with 414 or 431.
pub(crate) async fn refuse_large_heads(
    State(tally): State<Tally>,
    request: Request,
    next: Next,
) -> Response {
    match large_head(&tally, &request) {
        Some(refused) => refused.into_response(),
        None => next.run(request).await,
    }
}

/// What is answered to a request whose head is too large, and counts it.
pub(super) fn large_head(tally: &Tally, request: &Request) -> Option<Problem> {
    let rule = excess(request)?;
    tally.refused(rule);
    Some(match rule {
        Rule::TargetSize => Problem::new(StatusCode::URI_TOO_LONG, target_too_long()),
        _ => Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, head_too_large()),
    })
}

/// By which rule a head is too large.
fn excess<B>(request: &axum::http::Request<B>) -> Option<Rule> {
    let headers = request.headers();
    // hyper has counted those of the others.
    let is_uncounted = request.version() == Version::HTTP_2;
    if length(request.uri()) > LONGEST_TARGET {
        Some(Rule::TargetSize)
    } else if is_uncounted && (number(headers) > MOST_HEADERS || size(headers) > LARGEST_HEAD) {
        Some(Rule::HeadSize)
    } else {
        None
    }
}

/// How many bytes the target of a request has.
fn length(target: &Uri) -> usize {
    let authority = target.authority().map_or(0, |authority| authority.as_str().len());
    authority + target.path_and_query().map_or(0, |path| path.as_str().len())
}

/// How many there are. Clients send each cookie as a header of its own (RFC 9113, section 8.2.3).
fn number(headers: &HeaderMap) -> usize {
    let cookies = headers.get_all(COOKIE).iter().count();
    headers.len() - cookies.saturating_sub(1)
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + EACH).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(path: usize, headers: &[(&'static str, usize)]) -> Option<u16> {
        let mut request = axum::http::Request::builder()
            .version(Version::HTTP_2)
            .uri(format!("https://h/{}", "x".repeat(path - 1)));
        for (name, length) in headers {
            request = request.header(*name, "x".repeat(*length));
        }
        let excess = excess(&request.body(()).unwrap())?;
        Some(if excess == Rule::TargetSize { 414 } else { 431 })
    }

    #[test]
    fn a_head_has_16_kib_of_target_100_headers_and_64_kib() {
        assert_eq!(status(16 * 1024 - 1, &[]), None);
        assert_eq!(status(16 * 1024, &[]), Some(414));
        assert_eq!(status(1, &[("a", 0); 100]), None);
        assert_eq!(status(1, &[("a", 0); 101]), Some(431));
        assert_eq!(status(1, &[("a", 64 * 1024 - 33)]), None);
        assert_eq!(status(1, &[("a", 64 * 1024 - 32)]), Some(431));
    }

    #[test]
    fn many_cookies_are_one_header() {
        let cookies = [("cookie", 100); 300];
        assert_eq!(status(1, &cookies), None);
        assert_eq!(status(1, &[&cookies[..], &[("a", 0); 99]].concat()), None);
        assert_eq!(status(1, &[&cookies[..], &[("a", 0); 100]].concat()), Some(431));
    }
}
