//! The 404 for programs.

use axum::http::StatusCode;

use super::client::Client;

/// It names the paths that exist.
pub(crate) async fn not_found(client: Client) -> (StatusCode, String) {
    let base = client.base;
    (
        StatusCode::NOT_FOUND,
        format!("Not found. The time is at {base}/, its stream at {base}/sse.\n"),
    )
}
