//! Tells browsers that came by https to use nothing else
//! ([RFC 6797](https://www.rfc-editor.org/rfc/rfc6797)).

use std::time::Duration;

use axum::{
    http::{HeaderValue, header::STRICT_TRANSPORT_SECURITY},
    response::Response,
};

/// Adds the header for as long as the configuration says. Over plain HTTP it would mean nothing (RFC 6797,
/// section 7.2).
pub(super) fn insist_on_https(hsts: Option<Duration>, secure: bool, response: &mut Response) {
    if let Some(Ok(value)) = hsts.filter(|_| secure).map(header) {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value);
    }
}

fn header(hsts: Duration) -> Result<HeaderValue, axum::http::header::InvalidHeaderValue> {
    HeaderValue::try_from(format!("max-age={}", hsts.as_secs()))
}
