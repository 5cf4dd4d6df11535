//! Catches up: a task that sends to a socket what there is of a stream already, and then leaves both to a writer,
//! until that has something for it to do. Without writers it goes on by itself.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    select,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{
    Driver,
    driver::Given,
    sent::Sent,
    socket::{Awake, MOST_DISCARDED},
    writer::{Stream, Writers},
};
use crate::frame::chunked;

/// What a stream ends with: the [last chunk](https://www.rfc-editor.org/rfc/rfc9112#section-7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A stream that catches up.
pub(super) struct CatchUp {
    driver: Box<Driver>,
    sent: Option<Sent>,
    socket: Box<dyn Awake>,
    /// `None` where it sends all there will be.
    writers: Option<Writers>,
    /// How many bytes came after the request.
    discarded: usize,
}

impl Writers {
    /// Starts `threads` writers. When one of `ends` is cancelled, their streams learn of it at once.
    ///
    /// # Errors
    /// Where there is no thread or descriptor left.
    pub fn start(threads: usize, ends: &[CancellationToken]) -> io::Result<Self> {
        Self::start_threads(threads, ends, resume)
    }

    /// Starts one that is a task of the runtime, and goes by its time. For tests.
    ///
    /// # Errors
    /// Where there is no descriptor left.
    pub fn start_on_the_runtime(ends: &[CancellationToken]) -> io::Result<Self> {
        Self::start_task(ends, resume)
    }
}

/// Goes on with a stream that a writer has left.
fn resume(stream: Stream, writers: Writers) {
    let Stream { driver, sent, socket, parked, rest, next, discarded } = stream;
    tokio::spawn(async move {
        match parked.wake(socket) {
            Ok(socket) => {
                let catch_up =
                    CatchUp { discarded, ..CatchUp::new(driver, sent, socket, Some(writers)) };
                if next.is_empty() {
                    catch_up.go_on(rest).await;
                } else {
                    catch_up.go_on(rest.chain(chunked(next))).await;
                }
            }
            Err(error) => debug!(%error, "connection failed"),
        }
    });
}

impl CatchUp {
    pub(super) fn new(
        driver: Box<Driver>,
        sent: Option<Sent>,
        socket: Box<dyn Awake>,
        writers: Option<Writers>,
    ) -> Self {
        Self { driver, sent, socket, writers, discarded: 0 }
    }

    /// Sends the head and the greeting in one piece, and goes on.
    pub(super) async fn begin(mut self, head: Bytes) {
        match self.driver.given(false).await {
            Given::Bytes(bytes) => {
                self.count(&bytes);
                self.go_on(head.chain(chunked(bytes))).await;
            }
            Given::All | Given::End => self.go_on(head).await,
        }
    }

    /// Sends what is left of earlier, and then what there is.
    async fn go_on(self, rest: impl Buf) {
        let progress = self.socket.progress().clone();
        let address = self.driver.subscription().reader().address();
        let counters = self.driver.around().hub.counters().clone();
        select! {
            ended = self.send_all(rest) => if let Err(error) = ended {
                debug!(peer = %address, %error, "connection failed");
            },
            () = progress.is_cut() => {
                counters.cut();
                info!(
                    peer = %address,
                    "closed a connection that stopped reading while others waited for memory"
                );
            }
        }
    }

    async fn send_all(mut self, rest: impl Buf) -> io::Result<()> {
        self.send(rest).await?;
        loop {
            let given = select! {
                biased;
                given = self.driver.given(self.writers.is_some()) => given,
                () = poll_fn(|context| poll_left(&mut self.socket, &mut self.discarded, context)) => {
                    return Ok(());
                }
            };
            match given {
                Given::Bytes(bytes) => {
                    self.count(&bytes);
                    self.send(chunked(bytes)).await?;
                }
                Given::All => {
                    let Some(writers) = self.writers.take() else { continue };
                    return self.park(&writers);
                }
                Given::End => break,
            }
        }
        self.send(LAST_CHUNK).await?;
        poll_fn(|context| Pin::new(&mut self.socket).poll_shutdown(context)).await
    }

    /// Leaves the stream to a writer.
    fn park(self, writers: &Writers) -> io::Result<()> {
        let Self { driver, sent, socket, discarded, .. } = self;
        let ((socket, parked), rest, next) = (socket.park()?, Bytes::new(), Bytes::new());
        writers.take(Stream { driver, sent, socket, parked, rest, next, discarded });
        Ok(())
    }

    /// Sends bytes; fails if the reader leaves meanwhile.
    async fn send(&mut self, mut bytes: impl Buf) -> io::Result<()> {
        poll_fn(|context| {
            if let Poll::Ready(sent) = self.poll_send(&mut bytes, context) {
                return Poll::Ready(sent);
            }
            ready!(poll_left(&mut self.socket, &mut self.discarded, context));
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        })
        .await
    }

    fn poll_send(
        &mut self,
        bytes: &mut impl Buf,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while bytes.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 4];
            let filled = bytes.chunks_vectored(&mut slices);
            let socket = Pin::new(&mut self.socket);
            match ready!(socket.poll_write_vectored(context, &slices[..filled]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => bytes.advance(written),
            }
        }
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn count(&self, bytes: &Bytes) {
        if let Some(sent) = &self.sent {
            sent.add(bytes.len());
        }
    }
}

/// Ready once the reader has left: it has ended its side, or sends and sends. What it sends is `discarded`.
fn poll_left(
    socket: &mut Box<dyn Awake>,
    discarded: &mut usize,
    context: &mut Context<'_>,
) -> Poll<()> {
    let mut piece = [0; 512];
    while *discarded <= MOST_DISCARDED {
        let mut buffer = ReadBuf::new(&mut piece);
        match ready!(Pin::new(&mut *socket).poll_read(context, &mut buffer)) {
            Ok(()) if !buffer.filled().is_empty() => *discarded += buffer.filled().len(),
            _ => break,
        }
    }
    Poll::Ready(())
}
