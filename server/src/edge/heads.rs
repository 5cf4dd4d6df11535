//! Bounds the wait for a request: for its first byte, for all of its head, and for the next one on a
//! connection that is kept; and answers what is not a request with a problem.
//!
//! hyper has one limit for all three, and ends a connection without a word.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::http::StatusCode;
use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, sleep_until},
};

use super::{owed::Owed, refusal::Refusals};
use crate::{config::Waits, web::heads::LONGEST_TARGET};

pin_project! {
    /// Passes everything on to `socket`, and ends reading when a request does not come.
    pub(super) struct Heads<S> {
        #[pin]
        socket: S,
        owed: Owed,
        waits: Waits,
        refusals: Refusals,
        awaited: Awaited,
        // Only between requests.
        timer: Option<Pin<Box<Sleep>>>,
        refusal: Option<Refusal>,
    }
}

/// How far the next request has come.
#[derive(Debug, Default)]
struct Awaited {
    /// How many came before it.
    after: u32,
    /// When it began to come.
    begun: Option<Instant>,
    /// Its first line is all there.
    has_line: bool,
    /// How long that line is so far, in bytes.
    line: usize,
}

/// An answer of ours in the place of hyper's.
struct Refusal {
    bytes: Vec<u8>,
    written: usize,
}

impl<S> Heads<S> {
    pub(super) fn new(socket: S, owed: Owed, (waits, refusals): (Waits, Refusals)) -> Self {
        let (awaited, timer, refusal) = (Awaited::default(), None, None);
        Self { socket, owed, waits, refusals, awaited, timer, refusal }
    }

    /// The same, where the first head has been coming for a while.
    pub(super) fn since(mut self, begun: Option<Instant>) -> Self {
        if let Some(begun) = begun {
            self.awaited.begun = Some(begun);
            self.timer = Some(Box::pin(sleep_until(begun + self.waits.head)));
        }
        self
    }

    /// The socket without this.
    pub(super) fn into_inner(self) -> S {
        self.socket
    }
}

impl Awaited {
    /// Counts what was read, and says whether it is the beginning.
    fn come(&mut self, bytes: &[u8]) -> bool {
        // Some clients send an empty line after a body.
        let begins = self.begun.is_none() && bytes.iter().any(|byte| !b"\r\n".contains(byte));
        if begins {
            self.begun = Some(Instant::now());
        }
        if self.begun.is_some() && !self.has_line {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            self.has_line = end.is_some();
            self.line += end.unwrap_or(bytes.len());
        }
        begins
    }
}

impl<S: AsyncWrite> Heads<S> {
    /// Answers a head that never came to its end. Nothing else is being written then, and so little always
    /// fits into the socket's buffer.
    fn give_up(self: Pin<&mut Self>, status: StatusCode, context: &mut Context<'_>) {
        let mut this = self.project();
        if let Some(begun) = this.awaited.begun.filter(|_| this.refusal.is_none()) {
            let bytes = this.refusals.refuse(status, begun);
            let _ = this.socket.as_mut().poll_write(context, &bytes);
            let _ = this.socket.poll_flush(context);
            let written = bytes.len();
            *this.refusal = Some(Refusal { bytes, written });
        }
    }

    /// Writes an answer of ours for one of hyper's: it has just begun to write `bytes`, and no request is
    /// being answered. `None` where they are not such an answer.
    fn refuse(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
        length: usize,
    ) -> Option<Poll<io::Result<usize>>> {
        let mut this = self.project();
        if this.refusal.is_none() {
            if this.owed.is_busy() {
                return None;
            }
            let status = bytes.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5))?;
            let mut status =
                StatusCode::from_bytes(status).ok().filter(StatusCode::is_client_error)?;
            if status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
                && this.awaited.line > LONGEST_TARGET
            {
                status = StatusCode::URI_TOO_LONG;
            }
            this.owed.linger();
            let begun = this.awaited.begun.unwrap_or_else(Instant::now);
            let bytes = this.refusals.refuse(status, begun);
            *this.refusal = Some(Refusal { bytes, written: 0 });
        }
        let refusal = this.refusal.as_mut()?;
        while let Some(rest @ [_, ..]) = refusal.bytes.get(refusal.written..) {
            match this.socket.as_mut().poll_write(context, rest) {
                Poll::Ready(Ok(written @ 1..)) => refusal.written += written,
                other => return Some(other),
            }
        }
        Some(Poll::Ready(Ok(length)))
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Heads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.as_mut().project();
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        let read = this.socket.poll_read(context, buffer)?;
        if this.owed.is_busy() {
            *this.timer = None;
            // hyper does not ask again after its answer as long as nothing comes.
            if read.is_pending() {
                this.owed.wakes_when_answered(context);
            }
            return read.map(Ok);
        }
        if this.awaited.after != this.owed.requests() {
            *this.awaited = Awaited { after: this.owed.requests(), ..Awaited::default() };
            *this.timer = None;
        }
        if read.is_ready() {
            let come = &buffer.filled()[before..];
            if this.awaited.come(come) {
                *this.timer = None;
            }
            if come.is_empty() && room > 0 {
                self.give_up(StatusCode::BAD_REQUEST, context);
            }
            return Poll::Ready(Ok(()));
        }
        let wait = match this.awaited {
            Awaited { begun: Some(_), .. } => this.waits.head,
            Awaited { after: 0, .. } => this.waits.first_byte,
            _ => this.waits.idle,
        };
        ready!(this.timer.get_or_insert_with(|| Box::pin(sleep(wait))).as_mut().poll(context));
        self.give_up(StatusCode::REQUEST_TIMEOUT, context);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite> AsyncWrite for Heads<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.as_mut().refuse(context, bytes, bytes.len()) {
            Some(written) => written,
            None => self.project().socket.poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
        let length = || slices.iter().map(|slice| slice.len()).sum();
        match self.as_mut().refuse(context, first, length()) {
            Some(written) => written,
            None => self.project().socket.poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().socket.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().socket.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
