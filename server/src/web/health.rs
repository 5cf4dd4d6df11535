//! Health checks: whether the server is alive, and whether it can keep its promise to publishers.

use axum::extract::State;
use belfry_hub::http::problem::Problem;

use crate::AppState;

/// `GET /healthz`: the server is alive as long as it answers.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: whether a publish would be durable; 503 with the reason if not.
pub(crate) async fn ready(State(state): State<AppState>) -> Result<&'static str, Problem> {
    state.hub.log().ready()?;
    Ok("ok\n")
}
