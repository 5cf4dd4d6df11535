//! Finds the client of each request before anything else looks at it.

use std::sync::atomic::Ordering;

use axum::{
    extract::Request,
    http::{HeaderMap, header::FORWARDED},
};
use tracing::warn;

use crate::{
    AppState,
    web::{
        client::{Client, X_FORWARDED, connection::Connection},
        sender::Sender,
    },
};

/// Finds the client of a request, for all that answer it: ours as [`Client`], the hub's as
/// [`belfry_hub::client::Client`].
pub(super) fn identify(state: &AppState, request: &mut Request) {
    let connection = request.extensions().get().copied().unwrap_or_default();
    let public = state.origins.public.as_ref();
    let mut client = Client::of(&connection, request, &state.trust, public);
    client.base = state.base_path.clone();
    let to_loopback = connection.is_to_loopback();
    client.known =
        client.host.as_ref().is_some_and(|host| state.hosts.know(host.host(), to_loopback));
    // A page of another origin could read what is for this machine's visitors, if it is listed.
    client.local &= Sender::of(&state.origins, &client, request.headers()).is_no_other_site();
    warn_of_undeclared(state, &connection, request.headers());
    let extensions = request.extensions_mut();
    extensions.insert(client.sender);
    extensions.insert(client);
}

/// Says once that a proxy may not have been declared.
fn warn_of_undeclared(state: &AppState, connection: &Connection, headers: &HeaderMap) {
    let said = X_FORWARDED.into_iter().chain([FORWARDED]).find(|name| headers.contains_key(name));
    // What a client of the PROXY protocol claims tells nothing about its proxy, which is declared.
    let declared = connection.is_proxied() || state.trust.includes(connection.address());
    let Some(header) = said.filter(|_| !declared) else { return };
    if !state.warned_of_proxy().swap(true, Ordering::Relaxed) {
        let peer = connection.address();
        warn!(
            %peer, %header,
            "ignored a forwarding header: the peer is not a trusted proxy; if it is a proxy of yours, declare it \
             with --trusted-proxy"
        );
    }
}
