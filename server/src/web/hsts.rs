//! Tells browsers that came by https to use nothing else
//! ([RFC 6797](https://www.rfc-editor.org/rfc/rfc6797)).

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header::STRICT_TRANSPORT_SECURITY},
    middleware::Next,
    response::Response,
};

use crate::web::client::Client;

/// Adds the header for as long as the configuration says. Over plain HTTP it would mean nothing (RFC 6797,
/// section 7.2).
pub(super) async fn insist_on_https(
    State(hsts): State<Option<Duration>>,
    request: Request,
    next: Next,
) -> Response {
    let secure = Client::among(request.extensions()).secure;
    let mut response = next.run(request).await;
    if let Some(Ok(value)) = hsts.filter(|_| secure).map(header) {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

fn header(hsts: Duration) -> Result<HeaderValue, axum::http::header::InvalidHeaderValue> {
    HeaderValue::try_from(format!("max-age={}", hsts.as_secs()))
}
