//! An answer that is written page by page: the pages of a document go in, its body comes out.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures::{future::BoxFuture, stream::try_unfold};
use tokio::time::timeout;

use super::NO_STORE;
use crate::{gzip::Coding, log::Unavailable, problem::Problem, status::Counters};

/// For room in the memory an answer is not waited longer than this; once begun, it goes on waiting.
const ROOM_WITHIN: Duration = Duration::from_secs(10);

/// No event is added to a page that holds so many bytes.
pub(super) const PAGE_BYTES: usize = 64 * 1024;

/// A JSON document whose pages are made as they are sent.
pub(super) trait Document: Send + 'static {
    /// Makes the next page, compressed where that was asked for, once the last one is sent.
    fn page(&mut self) -> BoxFuture<'_, Result<Bytes, Unavailable>>;

    /// Whether the last page is made.
    fn is_over(&self) -> bool;
}

/// Answers with a document, in one piece where it has one page.
///
/// # Errors
/// 503 where the first page cannot be read, or there is no memory for it. After it the answer breaks.
pub(super) async fn written(
    mut document: impl Document,
    coding: Coding,
    counters: &Counters,
) -> Result<Response, Problem> {
    let first = timeout(ROOM_WITHIN, document.page()).await.map_err(|_| {
        counters.refused();
        let detail = "the server has no memory for the answer for now";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    })??;
    let body = if document.is_over() {
        Body::from(first)
    } else {
        Body::from_stream(try_unfold((Some(first), document), async |(first, mut document)| {
            if let Some(first) = first {
                return Ok(Some((first, (None, document))));
            }
            if document.is_over() {
                return Ok(None);
            }
            let page = document.page().await?;
            Ok::<_, Unavailable>(Some((page, (None, document))))
        }))
    };
    let mut answer = ([NO_STORE, (CONTENT_TYPE, JSON)], body).into_response();
    coding.say(answer.headers_mut());
    Ok(answer)
}

const JSON: axum::http::HeaderValue = axum::http::HeaderValue::from_static("application/json");
