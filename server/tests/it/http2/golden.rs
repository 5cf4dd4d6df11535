//! What a client may send, and what it may not: frame by frame, with what comes of it.
//!
//! The rows go through the rules of RFC 9113 and RFC 7541, section by section. Where h2 does not do what they
//! ask for, the row has what it does:
//!
//! - It ends the connection where only the stream has to end, which is allowed (RFC 9113, section 5.4.1). Such
//!   frames come from no proxy that shares a connection among clients: it makes its own.
//! - It says PROTOCOL_ERROR where there is a more exact error. The client has to mend itself all the same.
//! - It does not insist on SETTINGS after the preface, and leaves out what must not be in trailers.

mod connections;
mod fields;
mod kinds;
mod messages;
mod streams;

use std::net::SocketAddr;

use axum::{Router, body::Bytes, routing::any};

use super::{
    frames::*,
    peer::{Client, Comes, acknowledged},
};
use crate::served::serve;

/// What h2 says where it should be STREAM_CLOSED,
pub(super) const CLOSED: u32 = PROTOCOL_ERROR;
/// FRAME_SIZE_ERROR for a frame that is not too large,
pub(super) const WRONG_SIZE: u32 = PROTOCOL_ERROR;
/// FLOW_CONTROL_ERROR for a setting,
pub(super) const WRONG_WINDOW: u32 = PROTOCOL_ERROR;
/// and COMPRESSION_ERROR.
pub(super) const NO_HPACK: u32 = PROTOCOL_ERROR;

/// A case.
pub(super) struct Row {
    section: &'static str,
    what: &'static str,
    script: Script,
    comes: Comes,
}

/// What a client sends, and what it waits for in between.
#[derive(Default)]
pub(super) struct Script {
    /// It begins without preface and SETTINGS.
    raw: bool,
    acts: Vec<Act>,
}

enum Act {
    Send(Vec<u8>),
    Await(Comes),
}

pub(super) fn row(
    section: &'static str,
    what: &'static str,
    script: impl Into<Script>,
    comes: Comes,
) -> Row {
    Row { section, what, script: script.into(), comes }
}

impl From<Vec<u8>> for Script {
    fn from(bytes: Vec<u8>) -> Self {
        Self::default().send(bytes)
    }
}

impl Script {
    /// Begins with these bytes, and with nothing before them.
    pub(super) fn raw(bytes: &[u8]) -> Self {
        Self { raw: true, ..Self::default() }.send(bytes.to_vec())
    }

    pub(super) fn send(mut self, bytes: Vec<u8>) -> Self {
        self.acts.push(Act::Send(bytes));
        self
    }

    pub(super) fn until(mut self, comes: Comes) -> Self {
        self.acts.push(Act::Await(comes));
        self
    }
}

/// A request that is answered at once.
pub(super) fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, &head("GET", "/", &[]))
}

/// One that is never answered.
pub(super) fn wait(stream: u32) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, &head("GET", "/wait", &[]))
}

/// One that is answered when its body has come.
pub(super) fn post(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &head("POST", "/echo", more))
}

/// Serves what the rows ask for.
async fn serving() -> SocketAddr {
    let application = Router::new()
        .route("/", any(async || "ok\n"))
        .route("/healthz", any(async || "ok\n"))
        .route("/wait", any(std::future::pending::<()>))
        .route("/echo", any(async |body: Bytes| body));
    serve(application).await
}

/// Plays a case, and says what came instead of what should.
async fn play(address: SocketAddr, row: Row) -> Result<(), String> {
    let Row { section, what, script, comes } = row;
    let mut client = Client::connect(address, script.raw).await;
    let mut fits = true;
    for act in script.acts {
        match act {
            Act::Send(bytes) => client.send(&bytes).await,
            Act::Await(comes) => fits = fits && client.until(&comes).await,
        }
    }
    fits = fits
        && match &comes {
            Comes::GoAway(_) => client.until(&comes).await && client.until(&Comes::End).await,
            Comes::End => client.until(&comes).await,
            Comes::Nothing => client.goes_on().await,
            _ => client.until(&comes).await && client.goes_on().await,
        };
    let (seen, end) = (&client.seen, if client.ended { " and the end" } else { "" });
    if fits { Ok(()) } else { Err(format!("{section}: {what}: not {comes:?}: {seen:?}{end}\n")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_what_it_asks_for() {
    let address = serving().await;
    let rows =
        [connections::rows(), streams::rows(), kinds::rows(), messages::rows(), fields::rows()];
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    assert!(rows.len() >= 146, "{} are few", rows.len());
    let mut wrong = String::new();
    for row in rows {
        wrong += &play(address, row).await.err().unwrap_or_default();
    }
    assert!(wrong.is_empty(), "{wrong}");
}
