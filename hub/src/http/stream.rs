//! The stream: answers a reader with `text/event-stream` until it leaves.

use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, Version, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use tokio::time::Instant;

use super::outlet::{Driver, Handover, StreamAge, WithSocket};
use crate::{
    budget::Account,
    client::Client,
    grant::Grant,
    http::{caching::NO_STORE_NO_TRANSFORM, problem::Problem},
    routes::Routes,
    subscription::{Granted, Refused, Request, begin},
};

/// The headers of every stream: no intermediary may store, change or buffer it.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
    NO_STORE_NO_TRANSFORM,
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

/// As many headers a stream usually has, with those of the program around the hub.
const USUAL_HEADERS: usize = 12;

/// Stands in the extensions of an answer that is a stream, for what counts those.
#[derive(Clone, Copy, Debug)]
pub struct EventStream;

/// What the program around the hub says about the connection of a request.
type AboutConnection = (Version, Option<Extension<StreamAge>>, Option<Extension<WithSocket>>);

/// `GET /sse`.
pub(crate) async fn stream(
    State(routes): State<Routes>,
    client: Client,
    grant: Grant,
    account: Account,
    (version, age, with_socket): AboutConnection,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request = request(&routes, query, &headers)?;
    // Asked before anything else: what happens from now on ends the stream.
    let revoked = routes.authoriser.revoked(&grant);
    let begun = begin(&routes, &account, client.address, (&request, &grant), version).await?;
    let driver = Driver::new(begun, &routes, revoked);
    let driver = driver.until(age.map(|Extension(StreamAge(age))| Instant::now() + age));
    let is_stream = (HEADERS, Extension(EventStream));
    let mut response = match with_socket {
        Some(Extension(WithSocket(writers))) => {
            Extension(Handover::new(driver, writers)).into_response()
        }
        None => Body::from_stream(driver.into_stream()).into_response(),
    };
    response.headers_mut().reserve(USUAL_HEADERS);
    Ok((is_stream, response).into_response())
}

/// `HEAD /sse`: the headers, and nobody to count.
pub(crate) async fn head(
    State(routes): State<Routes>,
    grant: Grant,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let request = request(&routes, query, &headers)?;
    Granted::of(&request, routes.hub.state_topics(), &grant).refuse_silence(&request)?;
    Ok(HEADERS)
}

/// What a reader asks for; too many topics are counted.
fn request(
    routes: &Routes,
    query: Option<String>,
    headers: &HeaderMap,
) -> Result<Request, Problem> {
    let (states, most) = (routes.hub.state_topics(), routes.most_topics);
    let read = Request::read(&query.unwrap_or_default(), headers, states, most);
    if let Err(Refused::TooManyTopics(_)) = read {
        routes.hub.counters().too_many_topics();
    }
    Ok(read?)
}
