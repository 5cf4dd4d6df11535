//! Sends one request, again and again while the server is not ready.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use ureq::{Agent, Body, http::Response};

use super::{Server, answer::Answer, back_off::BackOff, is_hopeless};
use crate::failure::Failure;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;

/// The waits in between, before the jitter.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

impl Server {
    /// Sends an idempotent request and returns its 2xx answer. Retries if there is no answer, or if it is
    /// 408, 429, 502, 503 or 504; all attempts together take no longer than `timeout`.
    ///
    /// # Errors
    /// The failure of the last attempt.
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
            let (failure, after) = match send(&agent).and_then(Answer::read) {
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

/// Whether a retry may get a different answer.
fn is_passing(answer: &Answer) -> bool {
    let between =
        [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    answer.is_busy() || between.contains(&answer.status)
}
