//! Limits how many streams a client, and a token, has at once, and how long each lasts.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header::CONTENT_TYPE},
    middleware::Next,
    response::{IntoResponse, Response},
};
use belfry_hub::http::{StreamAge, caching::NO_STORE_NO_TRANSFORM};
use futures::StreamExt;

use super::Limited;
use crate::{
    tally::Rule,
    token::token_of,
    web::{
        client::Client,
        presented::{bearer, cookie},
    },
};

/// When a browser whose stream was refused comes back, in milliseconds. It differs, so that not all come back
/// at once.
const RETRY_MS: std::ops::RangeInclusive<u64> = 5000..=15_000;

/// A stream ends this much of its greatest age earlier, at random: those that began together do not end
/// together.
const JITTER: f64 = 0.2;

/// Refuses a stream for which its client or its token has no place, and ends others at their age.
pub(super) async fn limit_streams(
    State(limited): State<Limited>,
    mut request: Request,
    next: Next,
) -> Response {
    let limits = &limited.0;
    let client = Client::among(request.extensions());
    let token = token(&client, request.headers());
    let mut held = (None, None);
    if let Some((places, network)) = limits.streams_per_client.as_ref().zip(client.network()) {
        held.0 = places.take(network);
        if held.0.is_none() {
            limits.tally.refused(Rule::StreamsPerClient);
            return refused("this address has as many streams as it may have");
        }
    }
    if let Some((places, token)) = limits.streams_per_token.as_ref().zip(token) {
        held.1 = places.take(token);
        if held.1.is_none() {
            limits.tally.refused(Rule::StreamsPerToken);
            return refused("this token has as many streams as it may have");
        }
    }
    if let Some(most) = limits.stream_max_age {
        let age = most.mul_f64(1.0 - JITTER * fastrand::f64());
        request.extensions_mut().insert(StreamAge(age));
    }
    let response = next.run(request).await;
    if matches!(held, (None, None)) || !response.status().is_success() {
        return response;
    }
    response.map(|body| holding(body, held))
}

/// A number for the token that a request presents, or that its session was made from; `None` without one.
fn token(client: &Client, headers: &HeaderMap) -> Option<u128> {
    let bearer = bearer(headers).ok().flatten().map(token_of);
    bearer.or_else(|| cookie(client, headers).ok().flatten().map(|cookie| token_of(&cookie)))
}

/// A body that holds its places until it is gone.
fn holding<H: Send + 'static>(body: Body, held: H) -> Body {
    Body::from_stream(body.into_data_stream().map(move |piece| {
        let _ = &held;
        piece
    }))
}

/// A stream that says when to come back, and ends. A browser that got a status of 400 or more would not come
/// back at all.
pub(super) fn refused(why: &str) -> Response {
    let text = format!(": {why}; try again later\nretry: {}\n\n", fastrand::u64(RETRY_MS));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        NO_STORE_NO_TRANSFORM,
    ];
    (headers, text).into_response()
}
