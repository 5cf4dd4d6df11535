//! The line of a request in the log.

use std::fmt::Write;

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode},
};
use belfry_hub::{client::Address, http::Sent};
use tokio::time::Instant;
use tracing::{Span, info};

use crate::web::client::Client;

/// The longest path and method that are logged, in bytes.
const LONGEST_PATH: usize = 1024;
const LONGEST_METHOD: usize = 32;

/// What is logged of a request: neither its query nor its headers, which may hold tokens. Logged when dropped.
pub(crate) struct Line {
    id: HeaderValue,
    client: Address,
    method: String,
    path: String,
    status: StatusCode,
    bytes: u64,
    /// Those that were sent in other ways.
    sent: Option<Sent>,
    began: Instant,
    span: Span,
}

impl Line {
    pub(super) fn new(request: &Request, id: HeaderValue, span: Span) -> Self {
        Self {
            id,
            client: Client::among(request.extensions()).sender.address,
            method: request.method().as_str().chars().take(LONGEST_METHOD).collect(),
            path: visible(request.uri().path()),
            status: StatusCode::OK,
            bytes: 0,
            sent: None,
            began: Instant::now(),
            span,
        }
    }

    /// Logs bytes that are not a request, whose answer is this long: what they are is not repeated.
    pub(crate) fn of_no_request(
        client: Address,
        id: HeaderValue,
        status: StatusCode,
        bytes: usize,
        began: Instant,
    ) {
        let (method, path, span) = (String::new(), String::new(), Span::none());
        let bytes = bytes as u64;
        drop(Self { id, client, method, path, status, bytes, sent: None, began, span });
    }

    pub(super) fn answers(&mut self, status: StatusCode) {
        self.status = status;
    }

    /// Counts what is sent of the answer in other ways than by its body.
    pub(super) fn counts(&mut self, sent: Option<Sent>) {
        self.sent = sent;
    }

    pub(super) fn sends(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        info!(
            target: "access",
            request_id = self.id.to_str().unwrap_or_default(),
            client = %self.client,
            method = self.method,
            path = self.path,
            status = self.status.as_u16(),
            bytes = self.bytes + self.sent.as_ref().map_or(0, Sent::bytes),
            duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        );
    }
}

/// A path in visible ASCII, and not too long.
fn visible(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if text.len() >= LONGEST_PATH {
            text.push_str("...");
            break;
        }
        match byte {
            b'"' | b'\\' | 0..=b' ' | 0x7f.. => {
                // Writing to a string does not fail.
                let _ = write!(text, "%{byte:02X}");
            }
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_logged_in_visible_ascii_and_not_too_long() {
        assert_eq!(visible("/topics/a"), "/topics/a");
        assert_eq!(visible("/é\"\\ \u{7f}"), "/%C3%A9%22%5C%20%7F");
        assert!(visible(&"é".repeat(100_000)).len() < LONGEST_PATH + 9);
    }
}
