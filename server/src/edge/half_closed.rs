//! Half-closed connections: a client that says no more after its request still gets its answer.
//!
//! hyper gives up what it answers where reading ends. With its own `half_close` it would not notice that
//! the reader of a stream is gone, until a write fails. So the end of reading is kept from it while an
//! answer is owed; of a stream, that is its beginning.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use axum::http::{HeaderMap, Request, Response, header::CONTENT_TYPE};
use hyper::body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Whether a connection owes an answer. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Owed(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    debt: Debt,
    /// Who answers waits for more of the request than has come.
    awaits_more: bool,
    /// Waits to be told that reading has ended.
    reader: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Debt {
    #[default]
    Nothing,
    /// A request has begun, and its answer is not all made.
    Answer,
    /// It is made, and may lie in a buffer.
    Flush,
}

impl Owed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, debt: Debt) {
        self.state().debt = debt;
    }

    fn flushed(&self) {
        let mut state = self.state();
        if state.debt == Debt::Flush {
            state.debt = Debt::Nothing;
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
        }
    }

    /// Whether the end of reading is kept from who asks. It is not where a body breaks off: it would be
    /// waited for.
    fn hides_end(&self, context: &Context<'_>) -> bool {
        let mut state = self.state();
        let hides = state.debt != Debt::Nothing && !state.awaits_more;
        state.reader = hides.then(|| context.waker().clone());
        hides
    }

    fn more_came(&self) {
        self.state().awaits_more = false;
    }

    fn awaits_more(&self) {
        let mut state = self.state();
        state.awaits_more = true;
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// From here on an answer is owed.
    pub(super) fn request<B>(&self, request: Request<B>) -> Request<Asked<B>> {
        self.set(Debt::Answer);
        request.map(|body| Asked { body, owed: self.clone() })
    }

    /// None is once it was sent.
    pub(super) fn response<B>(&self, response: Response<B>) -> Response<Answer<B>> {
        let is_stream = is_stream(response.headers());
        let made = Made(self.clone());
        response.map(|body| Answer { body, is_stream, begun: false, made })
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    said.is_some_and(|said| said.starts_with(b"text/event-stream"))
}

pin_project! {
    /// The body of a request.
    pub(super) struct Asked<B> {
        #[pin]
        body: B,
        owed: Owed,
    }
}

impl<B: Body> Body for Asked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = this.body.poll_frame(context);
        if frame.is_pending() {
            this.owed.awaits_more();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Dropped with the body of an answer.
struct Made(Owed);

impl Drop for Made {
    fn drop(&mut self) {
        self.0.set(Debt::Flush);
    }
}

pin_project! {
    /// The body of an answer.
    pub(super) struct Answer<B> {
        #[pin]
        body: B,
        is_stream: bool,
        begun: bool,
        made: Made,
    }
}

impl<B: Body> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        if *this.is_stream && *this.begun {
            this.made.0.set(Debt::Flush);
        }
        let frame = ready!(this.body.poll_frame(context));
        *this.begun = true;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pin_project! {
    /// Passes everything on to `socket`, but the end of reading only where nothing is owed.
    #[derive(Debug)]
    pub(super) struct HalfClosed<S> {
        #[pin]
        socket: S,
        owed: Owed,
    }
}

impl<S> HalfClosed<S> {
    pub(super) fn new(socket: S, owed: Owed) -> Self {
        Self { socket, owed }
    }
}

impl<S: AsyncRead> AsyncRead for HalfClosed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let room = buffer.remaining();
        ready!(this.socket.poll_read(context, buffer))?;
        if buffer.remaining() < room {
            this.owed.more_came();
        } else if room > 0 && this.owed.hides_end(context) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite> AsyncWrite for HalfClosed<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().socket.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().socket.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// hyper calls it when all that it has was written.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        ready!(this.socket.poll_flush(context))?;
        this.owed.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().socket.poll_shutdown(context)
    }
}
