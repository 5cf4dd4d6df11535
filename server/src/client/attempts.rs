//! One request, sent again while the server is not ready: a request goes in, its answer comes out.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use ureq::{Agent, Body, http::Response};

use super::{Server, back_off::BackOff, is_hopeless};
use crate::command::Failure;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;

/// The waits in between, before the jitter.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

impl Server {
    /// Sends a request that does the same when it comes twice, and returns its answer of 2xx.
    /// Another attempt follows where there is no answer, or where it is 408, 429, 502, 503 or 504;
    /// all of them together take no longer than `timeout`.
    ///
    /// # Errors
    /// What the last attempt has come to.
    pub(super) fn ask(
        &self,
        timeout: Duration,
        send: impl Fn(&Agent) -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, Failure> {
        let deadline = Instant::now() + timeout;
        let mut back_off = BackOff::new(FIRST_WAIT, LONGEST_WAIT);
        let mut attempts = 1;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let agent = Self::agent().timeout_global(Some(left)).build().new_agent();
            let (failure, after) = match send(&agent).and_then(Self::read) {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) if is_passing(&answer) => (self.refusal(&answer), answer.retry_after()),
                Ok(answer) => return Err(self.refusal(&answer)),
                Err(error) if is_hopeless(&error) => return Err(self.unreachable(&error)),
                Err(error) => (self.unreachable(&error), None),
            };
            let wait = back_off.wait(after, fastrand::f64());
            let late = deadline.saturating_duration_since(Instant::now()) <= wait;
            if attempts == ATTEMPTS || late {
                return Err(failure);
            }
            sleep(wait);
            attempts += 1;
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Whether the server only asks for patience.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 429)
    }

    /// How long the server asks to be left alone, where it says so in seconds.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// Whether the answer may be another in a moment.
fn is_passing(answer: &Answer) -> bool {
    let between =
        [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    answer.is_busy() || between.contains(&answer.status)
}
