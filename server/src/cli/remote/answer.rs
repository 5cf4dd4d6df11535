//! What a server answers to a command.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use ureq::{Body, http::Response};

/// The most bytes read of an answer: receipts and problems are shorter.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// What every answer is read from: its status, its headers, and a body of bounded length.
    pub(super) fn read(answer: Response<Body>) -> Result<Self, ureq::Error> {
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Self { status: head.status, headers: head.headers, body })
    }

    /// Whether the server only asks to be tried again later.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429)
    }

    /// How long the server asks to wait, if it says so in seconds.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}
