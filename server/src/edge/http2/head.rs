//! The limits of a request's head, which h2 does not have, or refuses without a word.

use axum::{
    body::Body,
    http::{HeaderMap, Request, Response, StatusCode, header::COOKIE},
    response::IntoResponse,
};
use belfry_hub::http::problem::Problem;

use crate::edge::refusal::{LARGEST_HEAD, MOST_HEADERS, detail, is_too_long};

/// What each header costs beside its name and value, in bytes
/// ([RFC 9113, section 6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)).
const EACH: usize = 32;

/// The answer to a request whose head is too large.
pub(super) fn refused<B>(request: &Request<B>) -> Option<Response<Body>> {
    let headers = request.headers();
    let status = if is_too_long(request.uri()) {
        StatusCode::URI_TOO_LONG
    } else if number(headers) > MOST_HEADERS || size(headers) > LARGEST_HEAD {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    } else {
        return None;
    };
    Some(Problem::new(status, detail(status)).into_response())
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
        let mut request = Request::get(format!("https://h/{}", "x".repeat(path - 1)));
        for (name, length) in headers {
            request = request.header(*name, "x".repeat(*length));
        }
        refused(&request.body(()).unwrap()).map(|answer| answer.status().as_u16())
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
