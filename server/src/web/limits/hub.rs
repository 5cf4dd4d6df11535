//! The limits of what clients take of the hub: of streams, and of writes.

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use wire::paths::STREAM_PATH;

use super::{Limited, publishes::limit_publishes, streams::limit_streams};

/// Limits what clients take of the hub.
pub(crate) async fn limit_hub(limited: State<Limited>, request: Request, next: Next) -> Response {
    if request.method() == Method::GET && request.uri().path() == STREAM_PATH {
        limit_streams(limited, request, next).await
    } else {
        limit_publishes(limited, request, next).await
    }
}
