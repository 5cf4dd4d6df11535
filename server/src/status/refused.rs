//! Why a visitor may not see the server's health, as a problem.

use axum::http::StatusCode;
use belfry_hub::{grant::Grant, http::problem::Problem};
use wire::page_data::Refusal;

/// Why a visitor may not see the server's health, as a problem.
pub(crate) fn refused(why: Refusal, grant: &Grant) -> Problem {
    match why {
        Refusal::Off => Problem::new(StatusCode::NOT_FOUND, "this server does not show its status"),
        _ if grant.until.is_none() => {
            let detail =
                "a token is required to read status; create one with `belfry token --read status`";
            Problem::new(StatusCode::UNAUTHORIZED, detail)
        }
        _ => {
            Problem::new(StatusCode::FORBIDDEN, "the token does not grant the right to read status")
                .of("topic")
        }
    }
}
