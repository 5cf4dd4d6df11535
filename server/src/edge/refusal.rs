//! What is answered to bytes that are not a request: hyper's own answers are empty.

use std::time::SystemTime;

use axum::http::{HeaderValue, StatusCode};
use belfry_hub::client::Address;
use httpdate::fmt_http_date;
use tokio::time::Instant;
use wire::problem::ProblemDocument;

use crate::{
    tally::{Rule, Tally},
    web::{
        access::{Line, REQUEST_ID, new_id},
        heads::{head_too_large, target_too_long},
    },
};

/// Refuses what the client of a connection sends, counts it, and, where that is asked for, logs it.
#[derive(Clone, Debug)]
pub(super) struct Refusals {
    client: Address,
    tally: Tally,
    access_log: bool,
}

impl Refusals {
    pub(super) fn new(client: Address, tally: Tally, access_log: bool) -> Self {
        Self { client, tally, access_log }
    }

    /// The bytes of an answer to what began to come then. The connection ends after it.
    pub(super) fn refuse(&self, status: StatusCode, began: Instant) -> Vec<u8> {
        let id = new_id();
        let (head, body) = answer(status, &id);
        self.tally.refused(rule(status));
        self.tally.answered(status);
        if self.access_log {
            Line::of_no_request(self.client, id, status, body.len(), began);
        }
        (head + &body).into_bytes()
    }
}

fn rule(status: StatusCode) -> Rule {
    match status {
        StatusCode::REQUEST_TIMEOUT => Rule::HeadTimeout,
        StatusCode::URI_TOO_LONG => Rule::TargetSize,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Rule::HeadSize,
        _ => Rule::Malformed,
    }
}

/// Why a request is refused before it is one.
fn detail(status: StatusCode) -> String {
    match status {
        StatusCode::REQUEST_TIMEOUT => "the request's head did not arrive in time".into(),
        StatusCode::URI_TOO_LONG => target_too_long(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => head_too_large(),
        _ => "the request is not valid HTTP/1.1".into(),
    }
}

/// The head and the body of an answer.
fn answer(status: StatusCode, id: &HeaderValue) -> (String, String) {
    let reason = status.canonical_reason().unwrap_or_default();
    let (title, detail) = (reason.into(), detail(status));
    let document =
        ProblemDocument { title, status: status.as_u16(), detail, field: None, reason: None };
    let body = serde_json::to_string(&document).unwrap_or_default() + "\n";
    let (number, length, date) = (status.as_u16(), body.len(), fmt_http_date(SystemTime::now()));
    let id = id.to_str().unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {number} {reason}\r\ncontent-type: application/problem+json\r\n\
         content-length: {length}\r\nconnection: close\r\n{REQUEST_ID}: {id}\r\ndate: {date}\r\n\r\n"
    );
    (head, body)
}
