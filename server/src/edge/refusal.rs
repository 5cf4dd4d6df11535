//! What is answered to bytes that are no request: hyper's own answers are empty.

use std::time::SystemTime;

use axum::http::{StatusCode, Uri};
use httpdate::fmt_http_date;
use wire::problem::ProblemDocument;

/// The largest head of a request, in bytes.
pub(super) const LARGEST_HEAD: usize = 64 * 1024;

/// The most headers of a request: hyper's own limit.
pub(super) const MOST_HEADERS: usize = 100;

/// The longest target of a request, in bytes.
pub(super) const LONGEST_TARGET: usize = 16 * 1024;

/// Whether the target of a request is longer than that.
pub(super) fn is_too_long(target: &Uri) -> bool {
    let authority = target.authority().map_or(0, |authority| authority.as_str().len());
    let path = target.path_and_query().map_or(0, |path| path.as_str().len());
    authority + path > LONGEST_TARGET
}

/// Why a request is refused before it is one.
pub(super) fn detail(status: StatusCode) -> String {
    match status {
        StatusCode::REQUEST_TIMEOUT => "the request's head did not arrive in time".into(),
        StatusCode::URI_TOO_LONG => {
            format!("the request's target must be at most {LONGEST_TARGET} bytes")
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => format!(
            "the request's head must be at most {LARGEST_HEAD} bytes, with at most {MOST_HEADERS} headers"
        ),
        _ => "the request is not valid HTTP/1.1".into(),
    }
}

/// The bytes of an answer, after which the connection ends.
pub(super) fn refusal(status: StatusCode) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    let (title, detail) = (reason.into(), detail(status));
    let document =
        ProblemDocument { title, status: status.as_u16(), detail, field: None, reason: None };
    let body = serde_json::to_string(&document).unwrap_or_default() + "\n";
    let (number, length, date) = (status.as_u16(), body.len(), fmt_http_date(SystemTime::now()));
    let head = format!(
        "HTTP/1.1 {number} {reason}\r\ncontent-type: application/problem+json\r\n\
         content-length: {length}\r\nconnection: close\r\ndate: {date}\r\n\r\n"
    );
    (head + &body).into_bytes()
}
