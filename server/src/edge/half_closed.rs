//! Half-closed connections: a client that shuts down its sending side after its request still gets its
//! answer.
//!
//! hyper abandons its response when reading ends. With its own `half_close`, it would not notice that the
//! reader of a stream is gone until a write fails. So the end of reading is hidden from it while a response
//! is pending; for a stream, only its beginning counts.

use std::{
    io::{self, IoSlice},
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use axum::http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use hyper::body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Whether a response is pending on a connection. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Owed(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    debt: Debt,
    /// The end came in the middle of a request's body.
    breaks_off: bool,
    /// Waits to be told about the end, which was kept from it.
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

    fn wake_reader(state: &mut State) {
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    fn flushed(&self) {
        let mut state = self.state();
        if state.debt == Debt::Flush {
            state.debt = Debt::Nothing;
            Self::wake_reader(&mut state);
        }
    }

    /// Whether the end of reading is kept from the caller.
    fn hides_end(&self, context: &Context<'_>) -> bool {
        let mut state = self.state();
        let hides = state.debt != Debt::Nothing && !state.breaks_off;
        state.reader = hides.then(|| context.waker().clone());
        hides
    }

    /// The body of the request has no more for now; if hyper has met the end already, it never will.
    fn body_waits(&self) {
        let mut state = self.state();
        if state.reader.is_some() {
            state.breaks_off = true;
            Self::wake_reader(&mut state);
        }
    }

    /// From here on, a response is pending.
    pub(super) fn request<B>(&self, request: Request<B>) -> Request<Asked<B>> {
        self.set(Debt::Answer);
        request.map(|body| Asked { body, owed: self.clone() })
    }

    /// Once this has been sent, no response is pending.
    pub(super) fn response<B>(&self, response: Response<B>) -> Response<Answer<B>> {
        let begins = is_stream(response.headers());
        let made = Made(self.clone());
        response.map(|body| Answer { body, begins, made })
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
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
            this.owed.body_waits();
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
        // A stream that has not begun: only its beginning is pending.
        begins: bool,
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
        let frame = ready!(this.body.poll_frame(context));
        if mem::take(this.begins) {
            this.made.0.set(Debt::Flush);
        }
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
    /// Passes everything on to `socket`, but the end of reading only if no response is pending.
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
        let ended = room > 0 && buffer.remaining() == room;
        if ended && this.owed.hides_end(context) { Poll::Pending } else { Poll::Ready(Ok(())) }
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

    /// hyper calls this when it has written everything that it holds.
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
