//! A socket whose reader may be slow but not dead: while data waits, enough of it has to move in time, or a
//! write fails, as does one to a peer that has vanished.
//!
//! The deadline sits on the socket because hyper does not ask for a body's next bytes while the
//! socket takes none: one inside the stream would never run.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use belfry_hub::{budget::Progress, counters::Counters};
use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::vanished::Peer;

/// How often to check whether the peer is still there.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// The least throughput while data is waiting, in bytes per second.
const LEAST: u64 = 1024;

/// If writes have succeeded for this long, nothing was waiting in between.
const IDLE: Duration = Duration::from_secs(1);

pin_project! {
    /// Passes everything on to `socket`, and fails a write where data waits and, over any `patience`,
    /// moves by less than [`LEAST`].
    #[derive(Debug)]
    pub(super) struct WriteDeadline<S> {
        #[pin]
        socket: S,
        patience: Duration,
        vanished_after: Duration,
        looked: Instant,
        written: u64,
        // Only once a write has waited, so that an idle reader costs nothing.
        waiting: Option<Waiting>,
        progress: Progress,
        // `None` once this one is counted among those who were cut off.
        counters: Option<Counters>,
    }
}

/// A span in which data waits.
#[derive(Debug)]
struct Waiting {
    until: Pin<Box<Sleep>>,
    /// How many bytes had moved when it began, see [`WriteDeadline::bounded`].
    moved: i64,
    /// When the last write went through; `None` while one waits.
    went_through: Option<Instant>,
}

/// What is left of a [`WriteDeadline`] while its socket is elsewhere.
#[derive(Debug)]
pub(super) struct WithoutSocket {
    looked: Instant,
    written: u64,
    progress: Progress,
    /// It is counted among those who were cut off.
    is_counted: bool,
}

impl<S> WriteDeadline<S> {
    pub(super) fn new(
        socket: S,
        patience: Duration,
        vanished_after: Duration,
        counters: Counters,
    ) -> Self {
        let (looked, progress) = (Instant::now(), Progress::new());
        WithoutSocket { looked, written: 0, progress, is_counted: false }.with(
            socket,
            (patience, vanished_after),
            counters,
        )
    }

    /// The socket, and what is left without it.
    pub(super) fn part(self) -> (S, WithoutSocket) {
        let Self { socket, looked, written, progress, counters, .. } = self;
        (socket, WithoutSocket { looked, written, progress, is_counted: counters.is_none() })
    }

    /// How far the connection has come.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl WithoutSocket {
    /// One with a socket, and with the patience with its reader and its peer.
    pub(super) fn with<S>(
        self,
        socket: S,
        (patience, vanished_after): (Duration, Duration),
        counters: Counters,
    ) -> WriteDeadline<S> {
        let Self { looked, written, progress, is_counted } = self;
        let counters = (!is_counted).then_some(counters);
        let waiting = None;
        WriteDeadline {
            socket,
            patience,
            vanished_after,
            looked,
            written,
            waiting,
            progress,
            counters,
        }
    }

    /// Whether the peer of its socket has been gone for so long. Counts that.
    pub(super) fn has_vanished(
        &mut self,
        peer: &impl Peer,
        after: Duration,
        counters: &Counters,
    ) -> bool {
        let mut counters = Some(counters.clone()).filter(|_| !self.is_counted);
        let is_gone = is_gone(peer, after, &mut counters);
        self.is_counted = counters.is_none();
        is_gone
    }
}

impl<S: Peer> WriteDeadline<S> {
    /// Fails if the peer is gone. Streams write at least every 15 s, so that this is checked often enough.
    fn look_for_peer(self: Pin<&mut Self>) -> io::Result<()> {
        let this = self.project();
        if this.looked.elapsed() < LOOK_AFTER {
            return Ok(());
        }
        *this.looked = Instant::now();
        if is_gone(&*this.socket, *this.vanished_after, this.counters) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the client has vanished"));
        }
        Ok(())
    }

    /// Passes on the result of a write, unless too little has moved for too long.
    fn bounded(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        if let Poll::Ready(went) = written {
            *this.written += went.as_ref().map_or(0, |bytes| *bytes as u64);
            if let Some(waiting) = this.waiting
                && waiting.went_through.replace(Instant::now()).is_none()
            {
                this.progress.moves();
            }
            return Poll::Ready(went);
        }
        // What the peer has not acknowledged lies in the kernel, and has not moved.
        // A writer may have sent some of it, which is not in `written`: only differences count.
        let moved = this.written.cast_signed() - this.socket.unacknowledged().cast_signed();
        let idle = |went: &Option<Instant>| went.is_some_and(|at| at.elapsed() >= IDLE);
        if this.waiting.as_ref().is_none_or(|waiting| idle(&waiting.went_through)) {
            let until = Box::pin(sleep(*this.patience));
            *this.waiting = Some(Waiting { until, moved, went_through: Some(Instant::now()) });
        }
        let Some(waiting) = this.waiting else { return Poll::Pending };
        if waiting.went_through.take().is_some() {
            this.progress.stops();
        }
        let least = (LEAST * this.patience.as_millis() as u64 / 1000).cast_signed();
        loop {
            ready!(waiting.until.as_mut().poll(context));
            let more = moved - waiting.moved;
            if more < least {
                if let Some(counters) = this.counters.take() {
                    counters.stalled();
                }
                this.socket.give_up();
                let why = if more <= 0 { "stopped reading" } else { "read too slowly" };
                let why = format!("the client {why}");
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)));
            }
            waiting.moved = moved;
            waiting.until.as_mut().reset(Instant::now() + *this.patience);
        }
    }
}

/// Whether a peer is gone; if so, it is counted and given up.
fn is_gone(socket: &impl Peer, after: Duration, counters: &mut Option<Counters>) -> bool {
    let gone = socket.is_silent(after);
    if gone {
        if let Some(counters) = counters.take() {
            counters.vanished();
        }
        socket.give_up();
    }
    gone
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
        let written = self.as_mut().project().socket.poll_write(context, bytes);
        self.bounded(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.as_mut().look_for_peer()?;
        let written = self.as_mut().project().socket.poll_write_vectored(context, slices);
        self.bounded(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// Every write is as good as flushed: a socket keeps nothing back.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().socket.poll_flush(context)
    }

    /// Whoever has left the rest of an answer unread for so long will not get it from the kernel either. Over TLS
    /// the end is a write too, and waits behind it.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let unread = this.looked.elapsed() >= *this.patience && this.socket.unacknowledged() > 0;
        if unread || this.socket.is_stuck(*this.patience) {
            this.socket.give_up();
        }
        this.socket.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
