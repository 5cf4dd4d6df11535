//! A socket of which the beginning was read already, and is read again by what comes next.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pass_on::pass_on;

pin_project! {
    /// Passes everything on to `socket`, after its `beginning` was read.
    #[derive(Debug)]
    pub(super) struct Rewound<S> {
        #[pin]
        socket: S,
        beginning: Bytes,
    }
}

impl<S> Rewound<S> {
    pub(super) fn new(beginning: impl Into<Bytes>, socket: S) -> Self {
        Self { socket, beginning: beginning.into() }
    }

    /// The socket without this, once its beginning was read again.
    pub(super) fn into_inner(self) -> S {
        self.socket
    }
}

impl<S: AsyncRead> AsyncRead for Rewound<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        if this.beginning.is_empty() {
            return this.socket.poll_read(context, buffer);
        }
        let read = this.beginning.len().min(buffer.remaining());
        buffer.put_slice(&this.beginning[..read]);
        this.beginning.advance(read);
        if this.beginning.is_empty() {
            // Its memory is not needed any more.
            *this.beginning = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite> AsyncWrite for Rewound<S> {
    pass_on!(write, flush, shutdown);
}
