//! The names of the versions of HTTP, as pages and streams state them.

use axum::http::Version;

/// The name of a version, as [RFC 9110, section 2.5](https://www.rfc-editor.org/rfc/rfc9110#section-2.5)
/// writes it.
#[must_use]
pub fn name(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP",
    }
}
