//! `OPTIONS`: which methods a path supports, also for those who ask whether the server is there.

use axum::{
    http::{HeaderValue, StatusCode, header::ALLOW},
    response::{IntoResponse, Response},
};

/// Answers 204 to `OPTIONS`, with the methods in `Allow` ([RFC 9110, section
/// 9.3.7](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7)). Each route knows its own: it says them when
/// it refuses one that it has not.
pub(super) fn answer_options(is_asked: bool, mut response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let methods = response.headers().get(ALLOW).and_then(|methods| methods.to_str().ok());
    let methods = methods.filter(|it| !it.is_empty()).unwrap_or("GET,HEAD");
    if let Ok(methods) = HeaderValue::try_from(format!("{methods},OPTIONS")) {
        response.headers_mut().insert(ALLOW, methods);
    }
    if !is_asked {
        return response;
    }
    let allow = response.headers_mut().remove(ALLOW).map(|methods| [(ALLOW, methods)]);
    allow.map_or_else(
        || StatusCode::NO_CONTENT.into_response(),
        |allow| (StatusCode::NO_CONTENT, allow).into_response(),
    )
}
