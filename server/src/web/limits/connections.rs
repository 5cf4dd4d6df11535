//! Answers what comes by a connection over a limit, which its edge closes then.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use wire::paths::STREAM_PATH;

use super::{Limited, streams::refused};
use crate::{tally::Rule, web::client::connection::Connection};

/// When a stream that found no room may come back, in seconds. It differs, so that not all come back at once.
const AGAIN_AFTER_S: std::ops::RangeInclusive<u64> = 5..=15;

/// Refuses what a connection over a limit asks for: whatever it is, if its client connects too fast; streams
/// alone, which would keep its descriptor, if there are too many connections.
pub(crate) async fn limit_connections(
    State(limited): State<Limited>,
    request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<Connection>();
    let Some(rule) = connection.and_then(Connection::rule) else { return next.run(request).await };
    let is_stream = request.method() == Method::GET && request.uri().path() == STREAM_PATH;
    match rule {
        Rule::ConnectionRate if is_stream => {
            limited.0.tally.refused(rule);
            refused("too many connections were opened from this address")
        }
        Rule::ConnectionRate => {
            let why = "too many connections were opened from this address; try again later";
            let (status, wait) = (StatusCode::TOO_MANY_REQUESTS, Duration::from_secs(1));
            limited.refuse(rule, status, wait, why).into_response()
        }
        _ if is_stream => {
            let why = "this server has as many connections as it can have; try again later";
            let wait = Duration::from_secs(fastrand::u64(AGAIN_AFTER_S));
            limited.refuse(rule, StatusCode::SERVICE_UNAVAILABLE, wait, why).into_response()
        }
        _ => next.run(request).await,
    }
}
