//! The clock probe: answers with the instants at which the request arrived and the answer left.

use axum::{extract::State, response::IntoResponse};
use belfry_hub::http::{caching::NO_STORE, json::Json};
use wire::probe::ProbeReply;

use crate::{AppState, synchronised::synchronised, web::asking::Asking};

/// `GET /api/time`.
pub(crate) async fn probe(State(state): State<AppState>, asking: Asking) -> impl IntoResponse {
    let clock = state.hub.clock();
    let received = clock.now();
    let (synchronised, identity) = (synchronised(&clock), asking.0.mark);
    // A clock that is set back in between must not make the answer leave before its request came.
    let sent = clock.now().max(received);
    ([NO_STORE], Json(ProbeReply { received, sent, synchronised, identity }))
}
