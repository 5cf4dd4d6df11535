//! Health: a probe comes in, whether the server lives and can keep its promise goes out.

use axum::extract::State;

use crate::{AppState, problem::Problem};

/// `GET /healthz`: it lives, as long as it answers.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: a publish would be durable; 503 and why not where it would not.
pub(crate) async fn ready(State(state): State<AppState>) -> Result<&'static str, Problem> {
    state.hub.log().ready()?;
    Ok("ok\n")
}
