//! Watches the frames of an HTTP/2 connection: ends it where its client sends too many that carry nothing, or
//! does not finish a head in time, and says so.
//!
//! h2 itself ends a connection that sends too many CONTINUATION frames, small DATA frames, or resets of
//! streams that were not accepted yet. It answers every PING and SETTINGS, and every reset of an accepted
//! stream costs a request.

use std::{
    future::Future,
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

use super::frames::{
    At, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Head, PREFACE, Point,
    WINDOW_UPDATE, calm,
};
use crate::{
    edge::owed::Owed,
    tally::{Rule, Tally},
};

/// How many frames that carry nothing a client may send at once,
const BURST: u32 = 1000;
/// and how many more in each second. A client that pings does so once in some seconds; one that leaves a
/// page cancels as many streams as it has, at most a hundred.
const PER_SECOND: u32 = 100;

/// The longest that the preface takes, and a head from its first frame to the end of its last.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// Why a connection is ended, in words and in metrics.
type Fault = (&'static str, Rule);

const TOO_MANY: Fault = ("too many frames that carry nothing", Rule::Frames);
const TOO_SLOW: Fault = ("the preface or a head was not finished in time", Rule::HeadTimeout);

/// How many frames that carry nothing the client may still send.
#[derive(Debug)]
struct Allowance {
    left: u32,
    counted: Instant,
}

impl Allowance {
    /// Takes one. `false` where there is none left.
    fn take(&mut self) -> bool {
        let seconds = self.counted.elapsed().as_secs();
        if seconds > 0 {
            let more = u32::try_from(seconds).unwrap_or(u32::MAX).saturating_mul(PER_SECOND);
            self.left = self.left.saturating_add(more).min(BURST);
            self.counted += Duration::from_secs(seconds);
        }
        let takes = self.left > 0;
        self.left = self.left.saturating_sub(1);
        takes
    }
}

/// The preface or the head that the client is sending.
#[derive(Debug, Default)]
struct Coming {
    /// It has begun.
    begun: bool,
    /// The frame that is coming is its last.
    ends: bool,
    /// By when it has to end.
    until: Option<Pin<Box<Sleep>>>,
}

impl Coming {
    /// What comes before all heads.
    fn preface() -> Self {
        Self { begun: true, ends: true, until: Some(Box::pin(sleep(HEAD_WITHIN))) }
    }
}

/// What has been written.
#[derive(Debug)]
struct Written {
    at: At,
    /// The client knows that the connection ends.
    goodbye: bool,
}

/// An end of ours: a last frame, of which this is left, and then nothing.
#[derive(Debug)]
struct Ending {
    rest: Vec<u8>,
    why: &'static str,
}

pin_project! {
    /// Passes everything on to `socket` until its client does what it must not.
    #[derive(Debug)]
    pub(super) struct Watched<S> {
        #[pin]
        socket: S,
        owed: Owed,
        tally: Tally,
        at: At,
        allowance: Allowance,
        coming: Coming,
        last_stream: u32,
        written: Written,
        ending: Option<Ending>,
    }
}

impl<S> Watched<S> {
    /// What is `owed` is that the client may learn why the connection ends. `tally` counts that.
    pub(super) fn new(socket: S, owed: Owed, tally: Tally) -> Self {
        Self {
            socket,
            owed,
            tally,
            at: At::Contents(PREFACE),
            allowance: Allowance { left: BURST, counted: Instant::now() },
            coming: Coming::preface(),
            last_stream: 0,
            written: Written { at: At::BETWEEN, goodbye: false },
            ending: None,
        }
    }

    /// Follows what was read. Fails with the reason why the connection has to end.
    fn see(self: Pin<&mut Self>, mut bytes: &[u8]) -> Result<(), Fault> {
        let this = self.project();
        while let Some(point) = this.at.next(&mut bytes) {
            match point {
                Point::Head(head, _) => {
                    if carries_nothing(head) && !this.allowance.take() {
                        return Err(TOO_MANY);
                    }
                    if let Head { kind: HEADERS | CONTINUATION, flags, stream, .. } = head {
                        (this.coming.begun, this.coming.ends) = (true, flags & END_HEADERS != 0);
                        *this.last_stream = stream.max(*this.last_stream);
                    }
                }
                Point::End if this.coming.ends => *this.coming = Coming::default(),
                Point::End => {}
            }
        }
        if this.coming.begun && this.coming.until.is_none() {
            this.coming.until = Some(Box::pin(sleep(HEAD_WITHIN)));
        }
        Ok(())
    }

    /// Follows what was written.
    fn wrote(self: Pin<&mut Self>, mut bytes: &[u8]) {
        let this = self.project();
        while let Some(point) = this.written.at.next(&mut bytes) {
            if let Point::Head(Head { kind: GOAWAY, .. }, contents) = point {
                this.written.goodbye = true;
                // After an error, the client may be sending still: it is to see the error, and no reset.
                if contents.get(4..8) != Some(&[0; 4][..]) {
                    this.owed.linger();
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite> Watched<S> {
    /// Ends the connection, with a frame that says why unless one is half written, or says something else.
    fn end(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        (why, rule): Fault,
    ) -> Poll<io::Result<()>> {
        let this = self.as_mut().project();
        this.tally.refused(rule);
        if !this.written.at.is_between() || this.written.goodbye {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
        }
        this.owed.linger();
        *this.ending = Some(Ending { rest: calm(*this.last_stream, why), why });
        self.poll_end(context)
    }

    fn poll_end(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut this = self.project();
        let Some(ending) = this.ending else { return Poll::Ready(Ok(())) };
        while !ending.rest.is_empty() {
            match ready!(this.socket.as_mut().poll_write(context, &ending.rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(ending.rest.drain(..written)),
            }
        }
        ready!(this.socket.as_mut().poll_flush(context))?;
        ready!(this.socket.poll_shutdown(context))?;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, ending.why)))
    }
}

fn carries_nothing(Head { kind, flags, length, .. }: Head) -> bool {
    match kind {
        DATA => length == 0 && flags & END_STREAM == 0,
        HEADERS | WINDOW_UPDATE => false,
        _ => true,
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ending.is_some() {
            return self.poll_end(context);
        }
        let known = buffer.filled().len();
        let fault = match self.as_mut().project().socket.poll_read(context, buffer)? {
            Poll::Ready(()) => match self.as_mut().see(&buffer.filled()[known..]) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(fault) => fault,
            },
            Poll::Pending => {
                let this = self.as_mut().project();
                let Some(until) = &mut this.coming.until else { return Poll::Pending };
                ready!(until.as_mut().poll(context));
                TOO_SLOW
            }
        };
        buffer.set_filled(known);
        self.end(context, fault)
    }
}

/// What is written once the connection ends goes nowhere.
impl<S: AsyncRead + AsyncWrite> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.ending.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = ready!(self.as_mut().project().socket.poll_write(context, bytes))?;
        self.wrote(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.ending.is_some() {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let written = ready!(self.as_mut().project().socket.poll_write_vectored(context, slices))?;
        let mut left = written;
        for slice in slices {
            let of_it = left.min(slice.len());
            self.as_mut().wrote(&slice[..of_it]);
            left -= of_it;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ending.is_some() {
            return Poll::Ready(Ok(()));
        }
        self.project().socket.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ending.is_some() {
            return self.poll_end(context);
        }
        self.project().socket.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
