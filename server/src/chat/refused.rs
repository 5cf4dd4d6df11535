//! Refused: why a message was not taken goes in, the answer that says so comes out.

use std::time::Duration;

use app::chat::{LONGEST_NAME, LONGEST_TEXT, Unsent};
use axum::http::StatusCode;

use crate::{log::AppendError, problem::Problem};

/// A reason as a problem of the request.
pub(super) fn refusal(reason: Unsent) -> Problem {
    let (status, field, detail) = match reason {
        Unsent::NoName => (StatusCode::BAD_REQUEST, Some("name"), "the name is empty".to_owned()),
        Unsent::BadName => {
            let detail = format!(
                "the name has more than {LONGEST_NAME} characters, or one that is not seen, or too \
                 many marks on a letter"
            );
            (StatusCode::BAD_REQUEST, Some("name"), detail)
        }
        Unsent::NoText => (StatusCode::BAD_REQUEST, Some("text"), "the text is empty".into()),
        Unsent::BadText => {
            let detail =
                "the text holds a control character, or one that turns the direction of others";
            (StatusCode::BAD_REQUEST, Some("text"), detail.into())
        }
        Unsent::LongText => {
            let detail = format!("the text has more than {LONGEST_TEXT} bytes");
            (StatusCode::PAYLOAD_TOO_LARGE, Some("text"), detail)
        }
        Unsent::OtherText => {
            let detail = "the key was used for another message".into();
            (StatusCode::UNPROCESSABLE_ENTITY, Some("key"), detail)
        }
        Unsent::TooFast => (StatusCode::TOO_MANY_REQUESTS, None, "too many came too fast".into()),
        Unsent::Elsewhere => {
            (StatusCode::FORBIDDEN, None, "only pages of this server may say something here".into())
        }
        Unsent::Closed => (StatusCode::NOT_FOUND, None, "the room is not open".into()),
        Unsent::Unavailable | Unsent::Refused | Unsent::Unreached => {
            (StatusCode::SERVICE_UNAVAILABLE, None, "the message cannot be kept now".into())
        }
    };
    let problem = Problem::new(status, detail).because(reason);
    field.map_or(problem.clone(), |field| problem.of(field))
}

/// Too many came too fast; another would be taken after so long.
pub(super) fn too_fast(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    refusal(Unsent::TooFast).again_after(seconds)
}

/// The log has not taken it. A key that was used for another message is a problem of the request, and
/// none that would go away.
pub(super) fn unavailable(error: AppendError) -> Problem {
    match error {
        AppendError::KeyUsed => refusal(Unsent::OtherText),
        error => Problem::from(error).because(Unsent::Unavailable),
    }
}
