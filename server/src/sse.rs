//! The stream: a reader comes in, `text/event-stream` goes out until it leaves.

mod place;
mod request;
mod selection;
mod states;
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

use crate::{AppState, budget::Account, grant::Grant, problem::Problem, status::refused};

pub use request::Request;
pub(crate) use request::switch;
pub use subscription::Subscription;

/// What every stream says of itself: nobody on the way may keep, change or hold back its bytes.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
    (CACHE_CONTROL, "no-store, no-transform"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// `GET /sse`.
pub(crate) async fn stream(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    grant: Grant,
    account: Account,
    version: Version,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let mut request = Request::read(query.as_deref().unwrap_or_default(), &headers)?;
    refuse_silence(&state, &request, &grant)?;
    // Nobody is where no room is, and each one followed takes memory.
    request.closed = request.here.extract_if(.., |room| !is_open(&state, room)).collect();
    let subscription =
        Subscription::new(&state, &account, address, request, grant, version).await?;
    Ok((HEADERS, Body::from_stream(subscription.into_stream())))
}

/// `HEAD /sse`: the headers, and nobody to count.
pub(crate) async fn head(
    State(state): State<AppState>,
    grant: Grant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let request = Request::read(query.as_deref().unwrap_or_default(), &headers)?;
    refuse_silence(&state, &request, &grant)?;
    Ok(HEADERS)
}

fn is_open(state: &AppState, room: &str) -> bool {
    state.chat.rooms().open(room).is_ok()
}

/// Refuses a stream that would carry nothing: the topic `status` alone, where it is not shown. Beside
/// other topics it is left out in silence, because a refusal would end the one stream that all pages
/// of a browser share.
fn refuse_silence(state: &AppState, request: &Request, grant: &Grant) -> Result<(), Problem> {
    let vitals = state.hub.vitals();
    if request.is_status_alone() {
        vitals.show_to(grant).map_err(|why| refused(why, grant))
    } else {
        Ok(())
    }
}
