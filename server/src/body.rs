//! A request's body: it comes in pieces, and goes out whole, or not at all in time.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    http::StatusCode,
};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::problem::Problem;

/// No piece is waited for longer than this,
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// and the whole no longer than this: 1 MiB at 64 kbit/s takes 131 s.
const WHOLE_WITHIN: Duration = Duration::from_secs(180);

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// 413 where it has more, 408 where it does not come in time, 400 where it is cut.
pub(crate) async fn whole(mut body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the data has more than {most} bytes"))
    };
    if body.size_hint().lower() > most as u64 {
        return Err(too_large().of("data"));
    }
    let end = Instant::now() + WHOLE_WITHIN;
    // One buffer: small pieces kept one by one would take many times what they hold.
    let mut data = Vec::new();
    loop {
        let piece = timeout_at(end.min(Instant::now() + PIECE_WITHIN), body.frame()).await;
        let piece = piece.map_err(|_| {
            let detail = "the body did not come in time";
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail).of("data")
        })?;
        let Some(piece) = piece else { return Ok(data) };
        let piece = piece.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "the body ended before its end").of("data")
        })?;
        // Trailers say nothing that is asked for.
        let Ok(piece) = piece.into_data() else { continue };
        if data.len() + piece.len() > most {
            return Err(too_large().of("data"));
        }
        data.extend_from_slice(&piece);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use futures::{StreamExt, stream};

    use super::*;

    fn endless(piece: &'static str, every: Duration) -> Body {
        Body::from_stream(stream::repeat(()).then(move |()| async move {
            tokio::time::sleep(every).await;
            Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))
        }))
    }

    async fn status(body: Body) -> (StatusCode, u64) {
        let begun = Instant::now();
        let refused = whole(body, 1000).await.unwrap_err();
        (refused.status(), begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_in_time_is_not_waited_for() {
        let late = StatusCode::REQUEST_TIMEOUT;
        assert_eq!(status(endless("a", Duration::from_secs(31))).await, (late, 30));
        assert_eq!(status(endless("a", Duration::from_secs(29))).await, (late, 180));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_have_so_many_bytes_and_no_more() {
        let large = StatusCode::PAYLOAD_TOO_LARGE;
        assert_eq!(status(endless("aaaa", Duration::from_millis(1))).await, (large, 0));
        assert_eq!(status(Body::from("a".repeat(1001))).await, (large, 0));
        assert_eq!(whole(Body::from("a".repeat(1000)), 1000).await.unwrap().len(), 1000);
    }
}
