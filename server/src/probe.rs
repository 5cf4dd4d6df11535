//! The clock probe: a request comes in, the instants of its coming and of the answer go out.

use app::ProbeReply;
use axum::{extract::State, http::header::CACHE_CONTROL, response::IntoResponse};

use crate::{AppState, json::Json, token::Asking};

/// `GET /api/time`.
pub(crate) async fn probe(State(state): State<AppState>, asking: Asking) -> impl IntoResponse {
    let clock = state.hub.clock();
    let received = clock.now();
    let (synchronised, identity) = (clock.synchronised(), asking.0.mark);
    // A clock that is set back in between must not make the answer leave before its request came.
    let sent = clock.now().max(received);
    ([(CACHE_CONTROL, "no-store")], Json(ProbeReply { received, sent, synchronised, identity }))
}
