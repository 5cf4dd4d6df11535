//! The stream: a reader comes in, `text/event-stream` goes out until it leaves.

mod place;
mod request;
mod selection;
mod subscription;

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, RawQuery, State},
    http::{
        HeaderMap, HeaderName, Version,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
};

use crate::{AppState, grant::Grant, problem::Problem};

pub use request::Request;
pub(crate) use request::switch;
pub use subscription::Subscription;

/// What every stream says of itself: nobody on the way may keep, change or hold back its bytes.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/event-stream"),
    (CACHE_CONTROL, "no-store, no-transform"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// `GET /sse`.
pub(crate) async fn stream(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    grant: Grant,
    version: Version,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let request = Request::read(query.as_deref().unwrap_or_default(), &headers)?;
    let subscription =
        Subscription::new(&state.hub, address, state.shutdown, request, grant, version).await?;
    Ok((HEADERS, Body::from_stream(subscription.into_stream())))
}

/// `HEAD /sse`: the headers, and nobody to count.
pub(crate) async fn head(
    _: Grant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    Request::read(query.as_deref().unwrap_or_default(), &headers)?;
    Ok(HEADERS)
}
