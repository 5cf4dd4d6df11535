//! What caches may do with an answer: the values of `Cache-Control` for what nobody may keep.

use axum::http::{HeaderName, HeaderValue, header::CACHE_CONTROL};

/// Nobody keeps the answer: it is about one moment, or for one visitor.
pub const NO_STORE: (HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// For a stream: nobody on the way keeps its bytes or changes them.
pub const NO_STORE_NO_TRANSFORM: (HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
