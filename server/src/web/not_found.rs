//! The 404 for programs.

use axum::http::StatusCode;

/// It names the paths that exist.
pub(crate) async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Not found. The time is at /, its stream at /sse.\n")
}
