//! Half-closed connections: a client that shuts down its sending side after its request still gets its
//! answer.
//!
//! hyper abandons its response when reading ends. With its own `half_close`, it would not notice that the
//! reader of a stream is gone until a write fails. So the end of reading is hidden from it while a response
//! is pending; for a stream, only its beginning counts.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{owed::Owed, pass_on::pass_on};

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

    /// The socket without this.
    pub(super) fn into_inner(self) -> S {
        self.socket
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
    pass_on!(write, shutdown);

    /// hyper calls this when it has written everything that it holds.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        ready!(this.socket.poll_flush(context))?;
        this.owed.flushed();
        Poll::Ready(Ok(()))
    }
}
