//! The answers to messages that were not taken, with the reason.

use std::time::Duration;

use axum::http::StatusCode;
use belfry_hub::{http::problem::Problem, log::AppendError};
use wire::chat::{LONGEST_TEXT, answer::Unsent, visible::LONGEST_NAME};

/// A reason as a problem of the request.
pub(super) fn refusal(reason: Unsent) -> Problem {
    let (status, field, detail) = match reason {
        Unsent::NoName => {
            (StatusCode::BAD_REQUEST, Some("name"), "name must not be empty".to_owned())
        }
        Unsent::BadName => {
            let detail = format!(
                "name must be at most {LONGEST_NAME} characters, all visible, without stacked \
                 combining marks"
            );
            (StatusCode::BAD_REQUEST, Some("name"), detail)
        }
        Unsent::NoText => (StatusCode::BAD_REQUEST, Some("text"), "text must not be empty".into()),
        Unsent::BadText => {
            let detail = "text must not contain control characters, characters that change the text \
                          direction, or stacked combining marks";
            (StatusCode::BAD_REQUEST, Some("text"), detail.into())
        }
        Unsent::LongText => {
            let detail = format!("text must be at most {LONGEST_TEXT} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, Some("text"), detail)
        }
        Unsent::OtherText => {
            let detail = "key was already used for a different message".into();
            (StatusCode::UNPROCESSABLE_ENTITY, Some("key"), detail)
        }
        Unsent::TooFast => (
            StatusCode::TOO_MANY_REQUESTS,
            None,
            "too many requests; wait as long as Retry-After says".into(),
        ),
        Unsent::Elsewhere => {
            (StatusCode::FORBIDDEN, None, "requests from pages of other sites are refused".into())
        }
        Unsent::Closed => (StatusCode::NOT_FOUND, None, "the room is not open".into()),
        Unsent::Unavailable | Unsent::Refused | Unsent::Unreached => (
            StatusCode::SERVICE_UNAVAILABLE,
            None,
            "the message cannot be stored at the moment".into(),
        ),
    };
    let problem = Problem::new(status, detail).because(reason);
    field.map_or(problem.clone(), |field| problem.of(field))
}

/// The sender is over its rate limit; another would be accepted after `wait`.
pub(super) fn too_fast(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    refusal(Unsent::TooFast).again_after(seconds)
}

/// The log did not accept it. A key used for another message is an error in the request, which retrying
/// does not fix.
pub(super) fn unavailable(error: AppendError) -> Problem {
    match error {
        AppendError::KeyUsed => refusal(Unsent::OtherText),
        error => Problem::from(error).because(Unsent::Unavailable),
    }
}
