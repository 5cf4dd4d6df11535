//! Here: what a tab says of itself while it shows a room goes in, a lease of presence comes out.

use std::net::SocketAddr;

use app::chat::{self, Unsent};
use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, Uri},
};

use super::{
    browser::Browser,
    form::field,
    refused::{refusal, too_fast},
    words,
};
use crate::{
    AppState, body,
    budget::Receiving,
    event::Invalid,
    origin::{client, is_no_other_site, network},
    presence::Lease,
    problem::Problem,
};

/// How many bytes a lease may have.
const LARGEST_LEASE: usize = 4 * 1024;

/// The longest word for a browser or a tab, in bytes.
const LONGEST_WORD: usize = 64;

/// `POST /chat/{room}/here`: renews a lease, or ends it. It comes by `sendBeacon` too, whose content
/// type says nothing and whose answer nobody reads.
pub(crate) async fn here(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    receiving: Receiving,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    if !is_no_other_site(&headers) {
        return Err(refusal(Unsent::Elsewhere));
    }
    let room = uri.path().strip_suffix("/here").and_then(chat::room_at).unwrap_or_default();
    let room = state.chat.rooms.open(&room).map_err(|_| refusal(Unsent::Closed))?;
    let body = body::whole(body, LARGEST_LEASE, &receiving).await?.data;
    // The word of a browser's own counts only where it keeps no cookies.
    let known = Browser::known(&headers).map(Browser::into_id);
    let browser = known.map_or_else(|| word(&body, "browser"), Ok)?;
    let tab = word(&body, "tab")?;
    state.chat.limits.lease(network(address.ip())).map_err(too_fast)?;
    let presence = state.hub.presence();
    if !matches!(&*field(&body, "leave"), "" | "0" | "false") {
        presence.leave(room.name(), &browser, &tab);
        return Ok(StatusCode::NO_CONTENT);
    }
    let name = words::name(&field(&body, "name")).unwrap_or_default();
    let client = client(address.ip(), &headers);
    if presence.renew(room.name(), Lease { browser, tab, name, client }) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many are here to count another"))
    }
}

/// A word that a browser made up for itself or a tab.
fn word(body: &[u8], name: &'static str) -> Result<String, Invalid> {
    let word = field(body, name);
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain && (1..=LONGEST_WORD).contains(&word.len()) {
        return Ok(word);
    }
    Err(Invalid::new(name, format!("is not of 1 to {LONGEST_WORD} ASCII letters and digits")))
}
