//! Closes a connection whose client may still be sending: first the half of it that we write, and the rest
//! once the client has ended, or has had its time.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    select,
    time::sleep,
};

use super::{
    lingering::{LONGEST, MOST},
    owed::Owed,
    pass_on::pass_on,
};

/// How much is discarded at a time, in bytes.
const PIECE: usize = 16 * 1024;

pin_project! {
    /// Passes everything on to `socket`. Its shutdown reads on where the client may still be sending.
    pub(super) struct Linger<S> {
        #[pin]
        socket: S,
        owed: Owed,
        closing: Closing,
    }
}

enum Closing {
    Open,
    /// Our half is closed.
    HalfClosed,
    /// What comes is discarded, until so much has come or it is over.
    Lingering {
        left: usize,
        over: Pin<Box<dyn Future<Output = ()> + Send>>,
    },
}

impl<S> Linger<S> {
    pub(super) fn new(socket: S, owed: Owed) -> Self {
        Self { socket, owed, closing: Closing::Open }
    }

    /// The socket without this.
    pub(super) fn into_inner(self) -> S {
        self.socket
    }
}

impl<S: AsyncRead> AsyncRead for Linger<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().socket.poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Linger<S> {
    pass_on!(write, flush);

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        if let Closing::Open = this.closing {
            ready!(this.socket.as_mut().poll_shutdown(context))?;
            *this.closing = Closing::HalfClosed;
        }
        loop {
            if let Closing::Lingering { over, .. } = this.closing
                && over.as_mut().poll(context).is_ready()
            {
                return Poll::Ready(Ok(()));
            }
            let mut bytes = [0; PIECE];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = match this.socket.as_mut().poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => buffer.filled().len(),
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => 0,
            };
            match this.closing {
                Closing::Lingering { .. } if read == 0 => return Poll::Pending,
                Closing::Lingering { left, .. } => {
                    *left = left.saturating_sub(read);
                    if *left == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
                // Something came after the last request, or is expected.
                _ if read > 0 || this.owed.lingers() => {
                    *this.closing = Closing::Lingering { left: MOST, over: over(this.owed) };
                }
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// When to give up the client.
fn over(owed: &Owed) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let place = owed.place();
    Box::pin(async move {
        select! {
            () = place.is_taken() => {}
            () = sleep(LONGEST) => {}
        }
    })
}
