//! The body of an answer on its way into a stream: tells whether it moves.
//!
//! hyper asks for the next piece once a byte of the one before fits into the stream's window. So a piece that was
//! handed over, and after which nothing was asked for, waits. Of a small one that fits only in part, the rest is
//! not known to wait until the next piece does. A large answer ends once the last of it has
//! gone to the socket: budgets count it until then, and after its end nobody can reset the stream alone.

use std::{
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use axum::body::Bytes;
use belfry_hub::budget::Progress;
use hyper::body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::tally::Open;

/// The largest piece that a stream is handed at once, in bytes: as much as a frame of HTTP/2 has, unless the
/// client allows more. So whatever is taken of an answer counts as progress.
const PIECE: usize = 16 * 1024;

/// Whether an answer moves. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Moving(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    progress: Progress,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// A piece was handed over, and nothing has been asked for since.
    handed: bool,
    /// How many large pieces are on their way.
    large: usize,
    /// The end waits for them.
    ending: Option<Waker>,
}

impl Moving {
    pub(super) fn new(progress: Progress) -> Self {
        Self(Arc::new(Inner { progress, held: Mutex::default() }))
    }

    /// How far the answer has come.
    pub(super) fn progress(&self) -> &Progress {
        &self.0.progress
    }

    /// Waits until no large piece is on its way any more.
    fn poll_sent(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut held = self.held();
        if held.large == 0 {
            return Poll::Ready(());
        }
        held.ending = Some(context.waker().clone());
        Poll::Pending
    }

    fn is_sent(&self) -> bool {
        self.held().large == 0
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has moved: what still waits, waits since now.
    fn moved(&self, held: &Held) {
        if held.handed || held.large > 0 {
            self.0.progress.stops();
        } else {
            self.0.progress.moves();
        }
    }

    fn asked(&self) {
        let mut held = self.held();
        if mem::take(&mut held.handed) {
            self.moved(&held);
        }
    }

    fn hands_over(&self) {
        let mut held = self.held();
        held.handed = true;
        self.moved(&held);
    }

    /// The same piece of large data, which tells when it has gone.
    fn track(&self, piece: Bytes) -> Bytes {
        self.held().large += 1;
        Bytes::from_owner(Large { piece, moving: self.clone() })
    }
}

struct Large {
    piece: Bytes,
    moving: Moving,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.piece
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        let mut held = self.moving.held();
        held.large -= 1;
        self.moving.moved(&held);
        let ending = held.ending.take();
        drop(held);
        if let Some(ending) = ending {
            ending.wake();
        }
    }
}

pin_project! {
    /// Passes a body on in pieces, and tells how they move.
    pub(super) struct Sending<B> {
        #[pin]
        body: B,
        rest: Bytes,
        // It is of more than one piece.
        large: bool,
        // The body has; all of it may still be on its way.
        ended: bool,
        moving: Moving,
        // Counted until this is dropped.
        stream: Option<Open>,
    }
}

impl<B> Sending<B> {
    pub(super) fn new(body: B, moving: Moving, stream: Option<Open>) -> Self {
        Self { body, rest: Bytes::new(), large: false, ended: false, moving, stream }
    }
}

impl<B: Body<Data = Bytes>> Body for Sending<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        this.moving.asked();
        if this.rest.is_empty() && !*this.ended {
            match ready!(this.body.poll_frame(context)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => {
                    *this.large = data.len() > PIECE;
                    *this.rest = data;
                }
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => *this.ended = true,
            }
        }
        if *this.ended {
            return this.moving.poll_sent(context).map(|()| None);
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        let piece = if *this.large { this.moving.track(piece) } else { piece };
        this.moving.hands_over();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream() && self.moving.is_sent()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use belfry_hub::budget::Party;
    use futures::FutureExt;
    use http_body_util::{BodyExt, Full};
    use tokio::time::{Instant, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn piece(body: &mut Sending<Full<Bytes>>) -> Option<Bytes> {
        body.frame().await.map(|frame| frame.unwrap().into_data().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_waits_until_the_next_is_asked_for_and_a_large_one_until_it_is_let_go() {
        let moving = Moving::new(Progress::new());
        let waits = || moving.progress().stalled_since();
        let data = vec![7; 2 * PIECE + 1];
        let mut body = Sending::new(Full::new(data.clone().into()), moving.clone(), None);
        assert_eq!(body.size_hint().exact(), Some(data.len() as u64));
        assert_eq!(waits(), None);
        let first = piece(&mut body).await.unwrap();
        assert_eq!((first.len(), waits()), (PIECE, Some(Instant::now())));
        let handed = Instant::now();
        sleep(SECOND).await;
        assert_eq!(waits(), Some(handed));
        let second = piece(&mut body).await.unwrap();
        assert_eq!((second.len(), waits()), (PIECE, Some(Instant::now())));
        let third = piece(&mut body).await.unwrap();
        assert!(!body.is_end_stream() && piece(&mut body).now_or_never().is_none());
        assert_eq!([&first[..], &second, &third].concat(), data);
        sleep(SECOND).await;
        drop(first);
        sleep(SECOND).await;
        drop(second);
        assert_eq!(waits(), Some(Instant::now()), "what goes on its way counts, to the last");
        let ending = tokio::spawn(async move { piece(&mut body).await.is_none() });
        sleep(SECOND).await;
        assert!(!ending.is_finished());
        drop(third);
        assert_eq!(waits(), None);
        assert!(ending.await.unwrap(), "it does not end");
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_answer_waits_only_until_more_is_asked_for() {
        let moving = Moving::new(Progress::new());
        let mut body = Sending::new(Full::new(Bytes::from_static(b"small")), moving.clone(), None);
        let small = piece(&mut body).await.unwrap();
        assert!(moving.progress().stalled_since().is_some());
        assert!(piece(&mut body).await.is_none());
        assert_eq!(moving.progress().stalled_since(), None);
        drop(small);
    }
}
