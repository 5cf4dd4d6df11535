//! Presence over HTTP: a tab that shows a room renews or ends its lease.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use belfry_hub::{
    budget::Receiving,
    event::Invalid,
    http::{body, problem::Problem},
    presence::Lease,
};
use wire::{
    chat::{answer::Unsent, room},
    parameters::{BROWSER, LEAVE, NAME, TAB},
    paths::HERE_SUFFIX,
};

use super::{
    browser::Browser,
    form::field,
    refused::{refusal, too_fast},
};
use crate::{
    AppState, chat,
    web::{client::Client, sender::Sender},
};

/// The largest lease, in bytes.
const LARGEST_LEASE: usize = 4 * 1024;

/// The longest identifier of a browser or a tab, in bytes.
const LONGEST_WORD: usize = 64;

/// `POST /chat/{room}/here`: renews a lease, or ends it. It may arrive by `sendBeacon`, whose content type
/// means nothing and whose answer nobody reads.
pub(crate) async fn here(
    State(state): State<AppState>,
    client: Client,
    sender: Sender,
    receiving: Receiving,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    if !sender.is_no_other_site() {
        return Err(refusal(Unsent::Elsewhere));
    }
    let room = uri.path().strip_suffix(HERE_SUFFIX).and_then(room::room_at).unwrap_or_default();
    let room = state.chat.rooms(client.local).open(&room).map_err(|_| refusal(Unsent::Closed))?;
    let body = body::whole(body, LARGEST_LEASE, &receiving).await?.data;
    // A browser's own identifier counts only if it keeps no cookies.
    let known = Browser::known(&client, &headers).map(|browser| browser.id().to_owned());
    let browser = known.map_or_else(|| word(&body, BROWSER), Ok)?;
    let tab = word(&body, TAB)?;
    state.chat.limits.lease(client.network()).map_err(too_fast)?;
    let presence = &state.presence;
    if !matches!(&*field(&body, LEAVE), "" | "0" | "false") {
        presence.leave(room.name(), &browser, &tab);
        return Ok(StatusCode::NO_CONTENT);
    }
    let name = chat::name(&field(&body, NAME)).unwrap_or_default();
    let client = client.network();
    if presence.renew(room.name(), Lease { browser, tab, name, client }) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the list of people present is full; try again later",
        ))
    }
}

/// An identifier that a browser chose for itself or a tab.
fn word(body: &[u8], name: &'static str) -> Result<String, Invalid> {
    let word = field(body, name);
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain && (1..=LONGEST_WORD).contains(&word.len()) {
        return Ok(word);
    }
    Err(Invalid::new(name, format!("must be 1 to {LONGEST_WORD} ASCII letters and digits")))
}
