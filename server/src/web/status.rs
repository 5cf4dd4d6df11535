//! The server's health over HTTP: the last minutes of it.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use belfry_hub::{
    grant::Grant,
    http::{caching::NO_STORE, gzip::Coding, json::Json, problem::Problem},
};

use crate::{AppState, status::refused};

/// `GET /api/status`: the last minutes.
pub(crate) async fn trend(
    State(state): State<AppState>,
    grant: Grant,
    coding: Coding,
) -> Result<Response, Problem> {
    let health = &state.health;
    health.show_to(&grant).map_err(|why| refused(why, &grant))?;
    let answer = ([NO_STORE], Json(health.trend())).into_response();
    Ok(coding.apply(answer).await)
}
