//! Problems: responses that say what is wrong with a request ([RFC
//! 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use wire::{chat::answer::Unsent, problem::ProblemDocument};

use crate::{
    event::Invalid,
    http::json::Json,
    log::{AppendError, Unavailable},
};

/// After how many seconds to retry if the log is unavailable.
const RETRY_AFTER_S: u64 = 2;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    field: Option<&'static str>,
    reason: Option<Unsent>,
    /// After how many seconds to retry.
    retry_after_s: Option<u64>,
    /// What `WWW-Authenticate` says with a 401.
    challenge: &'static str,
}

impl Problem {
    /// A problem with a detail.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let again = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S);
        Self {
            status,
            detail: detail.into(),
            field: None,
            reason: None,
            retry_after_s: again,
            challenge: "Bearer",
        }
    }

    /// The token is invalid ([RFC 6750, section 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)).
    pub fn invalid_token(detail: impl Into<String>) -> Self {
        let challenge = r#"Bearer error="invalid_token""#;
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The same, about one field of the request.
    #[must_use]
    pub fn of(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// The same, with the reason why a chat message was refused.
    #[must_use]
    pub fn because(mut self, reason: Unsent) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Why a chat message was refused, if it is about one.
    #[must_use]
    pub fn reason(&self) -> Option<Unsent> {
        self.reason
    }

    /// The same, with the number of seconds after which to retry.
    #[must_use]
    pub fn again_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The headers of a response with this problem, whatever its body.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(self.challenge));
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::new(StatusCode::BAD_REQUEST, invalid.to_string()).of(invalid.field)
    }
}

impl From<Unavailable> for Problem {
    fn from(why: Unavailable) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, why.to_string())
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        let status = match error {
            AppendError::KeyUsed => StatusCode::UNPROCESSABLE_ENTITY,
            AppendError::Full => StatusCode::INSUFFICIENT_STORAGE,
            AppendError::Late(_) => StatusCode::SERVICE_UNAVAILABLE,
            AppendError::Unavailable(why) => return why.into(),
        };
        let problem = Self::new(status, error.to_string());
        if error == AppendError::KeyUsed { problem.of("Idempotency-Key") } else { problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            title: self.status.canonical_reason().unwrap_or_default().into(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            field: self.field.map(Into::into),
            reason: self.reason,
        };
        let mut response = (self.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.add_headers(headers);
        response
    }
}
