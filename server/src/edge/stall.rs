//! A socket whose reader may be slow but not dead: a write that makes no progress in time fails, and
//! so does one to a peer that has vanished.
//!
//! The timeout sits on the socket because hyper does not ask for a body's next bytes while the
//! socket takes none: one inside the stream would never run.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::vanished::Peer;
use crate::status::Counters;

/// Between two looks at whether the peer is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);

pin_project! {
    /// Passes everything on to `socket`, and fails a write that waits for longer than `patience`.
    #[derive(Debug)]
    pub(super) struct WriteDeadline<S> {
        #[pin]
        socket: S,
        patience: Duration,
        vanished_after: Duration,
        looked: Instant,
        // Only while a write waits, so that an idle reader costs nothing.
        deadline: Option<Pin<Box<Sleep>>>,
        // `None` once this one is counted among those who were cut off.
        counters: Option<Counters>,
    }
}

impl<S> WriteDeadline<S> {
    pub(super) fn new(
        socket: S,
        patience: Duration,
        vanished_after: Duration,
        counters: Counters,
    ) -> Self {
        let (looked, counters) = (Instant::now(), Some(counters));
        Self { socket, patience, vanished_after, looked, deadline: None, counters }
    }

    /// Passes on what a write said, unless it has waited for too long.
    fn bounded<T>(
        patience: Duration,
        deadline: &mut Option<Pin<Box<Sleep>>>,
        counters: &mut Option<Counters>,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            *deadline = None;
            return written;
        }
        let waiting = deadline.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(context));
        if let Some(counters) = counters.take() {
            counters.stalled();
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader stopped reading")))
    }
}

impl<S: Peer> WriteDeadline<S> {
    /// Fails where the peer is gone. Streams write at least every 15 s, so that it is asked often enough.
    fn look_for_peer(self: Pin<&mut Self>) -> io::Result<()> {
        let this = self.project();
        if this.looked.elapsed() < LOOK_AFTER {
            return Ok(());
        }
        *this.looked = Instant::now();
        if this.socket.is_silent(*this.vanished_after) {
            if let Some(counters) = this.counters.take() {
                counters.vanished();
            }
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the reader has vanished"));
        }
        Ok(())
    }
}

impl<S: AsyncRead> AsyncRead for WriteDeadline<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().socket.poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Peer> AsyncWrite for WriteDeadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.as_mut().look_for_peer()?;
        let this = self.project();
        let written = this.socket.poll_write(context, bytes);
        Self::bounded(*this.patience, this.deadline, this.counters, context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.as_mut().look_for_peer()?;
        let this = self.project();
        let written = this.socket.poll_write_vectored(context, slices);
        Self::bounded(*this.patience, this.deadline, this.counters, context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let flushed = this.socket.poll_flush(context);
        Self::bounded(*this.patience, this.deadline, this.counters, context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().socket.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::Instant,
    };

    use super::*;

    const HALF_A_MINUTE: Duration = Duration::from_secs(30);

    /// A peer in memory vanishes when it is told to.
    impl Peer for DuplexStream {
        fn is_silent(&self, patience: Duration) -> bool {
            patience.is_zero()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_to_a_peer_that_has_vanished_fails() {
        let (ours, _theirs) = duplex(16);
        let counters = Counters::default();
        let mut ours = WriteDeadline::new(ours, HALF_A_MINUTE, Duration::ZERO, counters.clone());
        ours.write_all(b"just opened").await.unwrap();
        sleep(LOOK_AFTER).await;
        let error = ours.write_all(b"!").await.unwrap_err();
        assert_eq!(error.to_string(), "the reader has vanished");
        sleep(LOOK_AFTER).await;
        ours.write_all(b"?").await.unwrap_err();
        assert_eq!((counters.read().stalled, counters.read().vanished), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stops_is_given_up_after_the_patience() {
        let (ours, _theirs) = duplex(16);
        let counters = Counters::default();
        let mut ours = WriteDeadline::new(ours, HALF_A_MINUTE, HALF_A_MINUTE, counters.clone());
        let begun = Instant::now();
        let error = ours.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), 30);
        ours.shutdown().await.unwrap();
        assert_eq!((counters.read().stalled, counters.read().vanished), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_waited_for() {
        let (ours, mut theirs) = duplex(16);
        let counters = Counters::default();
        let mut ours = WriteDeadline::new(ours, HALF_A_MINUTE, HALF_A_MINUTE, counters.clone());
        let reading = tokio::spawn(async move {
            for _ in 0..4 {
                sleep(Duration::from_secs(20)).await;
                theirs.read_exact(&mut [0; 16]).await.unwrap();
            }
        });
        ours.write_all(&[0; 64]).await.unwrap();
        reading.await.unwrap();
        assert_eq!(counters.read().stalled, 0);
    }
}
