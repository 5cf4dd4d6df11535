//! Limits how fast a client publishes and removes events.

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use wire::paths::TOPICS_PATH;

use super::Limited;
use crate::{tally::Rule, web::client::Client};

/// Refuses a write for which its client comes too early.
pub(super) async fn limit_publishes(
    State(limited): State<Limited>,
    request: Request,
    next: Next,
) -> Response {
    let writes = matches!(*request.method(), Method::POST | Method::DELETE);
    if !writes || !request.uri().path().starts_with(TOPICS_PATH) {
        return next.run(request).await;
    }
    let network = Client::among(request.extensions()).network();
    let both = limited.0.publishes.as_ref().zip(network);
    match both.map(|(limit, network)| limit.count(&network)) {
        Some(Err(wait)) => {
            let why = "too many events were published from this address; try again later";
            let status = StatusCode::TOO_MANY_REQUESTS;
            limited.refuse(Rule::PublishRate, status, wait, why).into_response()
        }
        _ => next.run(request).await,
    }
}
