//! What caches may do with pages and files: values of `Cache-Control`.

use axum::http::HeaderValue;

/// For a page: the browser asks before it shows it again. `no-store` would keep the page out of the
/// back-forward cache.
pub(crate) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// For a file or a document that changes and keeps its name: caches ask before they give it out again.
pub(crate) const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// For a file that seldom changes and keeps its name.
pub(crate) const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// For a file whose name carries a hash: its content never changes.
pub(crate) const FOR_EVER: HeaderValue =
    HeaderValue::from_static("public, max-age=31536000, immutable");
