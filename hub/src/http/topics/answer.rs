//! An answer whose body is written page by page.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures::{future::BoxFuture, stream::try_unfold};
use tokio::time::timeout;

use crate::{
    budget::Account,
    counters::Counters,
    http::{caching::NO_STORE, gzip::Coding, problem::Problem},
    log::Unavailable,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The longest a response waits before it begins; once begun, it waits on.
const BEGUN_WITHIN: Duration = Duration::from_secs(10);

/// No event is added to a page that holds this many bytes.
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
/// 503 if the first page cannot be read in time, or if there is no memory for it. A later failure breaks off
/// the response.
pub(super) async fn written(
    mut document: impl Document,
    account: &Account,
    coding: Coding,
    counters: &Counters,
) -> Result<Response, Problem> {
    let first = {
        // It still waits while its account is looked at.
        let mut page = document.page();
        timeout(BEGUN_WITHIN, &mut page).await.map_err(|_| late(account, counters))??
    };
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

/// Why a response has not begun in time.
fn late(account: &Account, counters: &Counters) -> Problem {
    if !account.waits() {
        return Unavailable("it has not answered in time".into()).into();
    }
    counters.refused();
    let detail = "no memory left for the response; try again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}
