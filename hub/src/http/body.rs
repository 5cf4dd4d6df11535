//! Reads a request's body whole, within limits of size, time and memory.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    http::StatusCode,
};
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::{
    select,
    time::{Instant, timeout, timeout_at},
};
use tracing::info;

use crate::{
    budget::{Receiving, Reservation},
    http::problem::Problem,
};

/// The longest wait for a single piece,
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// and for the whole body: 1 MiB at 64 kbit/s takes 131 s.
const WHOLE_WITHIN: Duration = Duration::from_secs(180);

/// The longest a body waits for memory.
const ROOM_WITHIN: Duration = Duration::from_secs(10);

/// A received body. Its memory counts towards the budget until this is dropped.
#[derive(Debug)]
pub struct Received {
    /// What it holds.
    pub data: Vec<u8>,
    /// What is reserved for it.
    pub held: Reservation,
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// 413 if it is larger, 408 if it does not arrive in time, 400 if it is cut short, 503 if there is no
/// memory for it, or if it stalls while others need the memory.
pub async fn whole(
    mut body: Body,
    most: usize,
    receiving: &Receiving,
) -> Result<Received, Problem> {
    let size = body.size_hint();
    if size.lower() > most as u64 {
        return Err(too_large(most));
    }
    let size = size.exact().and_then(|size| usize::try_from(size).ok()).unwrap_or(most);
    let room = timeout(ROOM_WITHIN, receiving.reserve(size)).await;
    let held = room.map_err(|_| {
        receiving.counters().refused();
        no_room("no memory left for the request body; try again later")
    })?;
    let end = Instant::now() + WHOLE_WITHIN;
    // One buffer: many small pieces would take several times their contents.
    let mut data = Vec::new();
    loop {
        let Some(piece) = piece(&mut body, end, receiving).await? else {
            return Ok(Received { data, held });
        };
        // Trailers are ignored.
        let Ok(piece) = piece.into_data() else { continue };
        if data.len() + piece.len() > most {
            return Err(too_large(most));
        }
        data.extend_from_slice(&piece);
    }
}

/// Waits for the next piece of a body, until `end` at most, and only while nobody else needs its memory.
async fn piece(
    body: &mut Body,
    end: Instant,
    receiving: &Receiving,
) -> Result<Option<Frame<Bytes>>, Problem> {
    let within = end.min(Instant::now() + PIECE_WITHIN);
    let progress = receiving.progress();
    let coming = async {
        select! {
            biased;
            piece = body.frame() => Ok(piece),
            () = progress.is_cut() => {
                receiving.counters().cut();
                info!(client = %receiving.client().address, "refused a request whose body stalled while others waited for memory");
                Err(no_room("the request body arrived too slowly, and its memory was needed elsewhere"))
            }
        }
    };
    progress.stops();
    let piece = timeout_at(within, coming).await;
    progress.moves();
    let piece = piece.map_err(|_| {
        let (whole, pause) = (WHOLE_WITHIN.as_secs(), PIECE_WITHIN.as_secs());
        let detail =
            format!("data must arrive within {whole} s, with no pause longer than {pause} s");
        Problem::new(StatusCode::REQUEST_TIMEOUT, detail).of("data")
    })?;
    let cut = |_| {
        Problem::new(StatusCode::BAD_REQUEST, "data was cut short: the request ended early")
            .of("data")
    };
    piece?.transpose().map_err(cut)
}

fn too_large(most: usize) -> Problem {
    let detail = format!("data must be at most {most} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).of("data")
}

fn no_room(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use futures::{StreamExt, stream};

    use super::*;
    use crate::{budget::Budget, client::Client, counters::Counters};

    fn from(number: u8) -> Client {
        SocketAddr::from(([192, 0, 2, number], 50_000)).into()
    }

    fn receiving() -> Receiving {
        Receiving::new(&Budget::new(16 << 20), from(7), &Counters::default())
    }

    fn endless(piece: &'static str, every: Duration) -> Body {
        Body::from_stream(stream::repeat(()).then(move |()| async move {
            tokio::time::sleep(every).await;
            Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))
        }))
    }

    async fn status(body: Body) -> (StatusCode, u64) {
        let begun = Instant::now();
        let refused = whole(body, 1000, &receiving()).await.unwrap_err();
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
        let whole = whole(Body::from("a".repeat(1000)), 1000, &receiving()).await.unwrap();
        assert_eq!(whole.data.len(), 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_for_which_there_is_no_memory_is_refused_after_10_s() {
        const MIB: usize = 1 << 20;
        let (budget, counters) = (Budget::new(16 * MIB), Counters::default());
        let client = |number| Receiving::new(&budget, from(number), &counters);
        let first = whole(Body::from("a".repeat(MIB)), MIB, &client(7)).await.unwrap();
        let begun = Instant::now();
        let refused = whole(Body::from("a".repeat(MIB)), MIB, &client(7)).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((begun.elapsed().as_secs(), counters.read().refused), (10, 1));
        // Another's, and one that is small, are received all the same.
        whole(Body::from("a".repeat(MIB)), MIB, &client(8)).await.unwrap();
        whole(Body::from("a".repeat(1000)), MIB, &client(7)).await.unwrap();
        drop(first);
        whole(Body::from("a".repeat(MIB)), MIB, &client(7)).await.unwrap();
        assert_eq!(budget.used(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_makes_way_after_a_second() {
        const MIB: usize = 1 << 20;
        let (budget, counters) = (Budget::new(16 * MIB), Counters::default());
        let receiving = Receiving::new(&budget, from(7), &counters);
        let slow = tokio::spawn(async move {
            whole(endless("a", Duration::from_secs(20)), MIB, &receiving).await
        });
        tokio::task::yield_now().await;
        let receiving = Receiving::new(&budget, from(7), &counters);
        let begun = Instant::now();
        whole(Body::from("a".repeat(MIB)), MIB, &receiving).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 1);
        let cut = slow.await.unwrap().unwrap_err();
        assert_eq!(cut.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(counters.read().cut, 1);
    }
}
