//! Watches the frames that an HTTP/2 client sends: reading fails where they carry nothing for too long, or
//! where the preface or a head is not finished in time.
//!
//! h2 itself ends a connection that sends too many CONTINUATION frames, small DATA frames, or resets of
//! streams that were not accepted yet. It answers every PING and SETTINGS, and every reset of an accepted
//! stream costs a request.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use crate::edge::pass_on::pass_on;

/// How many frames that carry nothing a client may send at once,
const BURST: u32 = 1000;
/// and how many more in each second. A client that pings does so once in some seconds; one that leaves a
/// page cancels as many streams as it has, at most a hundred.
const PER_SECOND: u32 = 100;

/// The longest that the preface takes, and a head from its first frame to the end of its last.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The length of the client's preface, which comes before all frames.
const PREFACE: usize = 24;

/// The length of a frame's head.
const FRAME_HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// How far the bytes have been read.
#[derive(Debug)]
enum At {
    /// In the preface or the contents of a frame, of which so many bytes are left; whether a head ends there.
    Contents(usize, bool),
    /// In the head of a frame, of which so many bytes are known.
    Head([u8; FRAME_HEAD], usize),
}

impl At {
    /// In contents of which so many bytes are left, or after them. A `head` that ends there has come in time.
    fn within(left: usize, ends_head: bool, head: &mut Option<Pin<Box<Sleep>>>) -> Self {
        if left > 0 {
            return Self::Contents(left, ends_head);
        }
        if ends_head {
            *head = None;
        }
        Self::Head([0; FRAME_HEAD], 0)
    }
}

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

pin_project! {
    /// Passes everything on to `socket`, and fails a read of what it must not be sent.
    #[derive(Debug)]
    pub(super) struct Watched<S> {
        #[pin]
        socket: S,
        at: At,
        allowance: Allowance,
        // The preface, or a head that has begun, has to end by then.
        head: Option<Pin<Box<Sleep>>>,
    }
}

impl<S> Watched<S> {
    pub(super) fn new(socket: S) -> Self {
        let allowance = Allowance { left: BURST, counted: Instant::now() };
        let head = Some(Box::pin(sleep(HEAD_WITHIN)));
        Self { socket, at: At::Contents(PREFACE, true), allowance, head }
    }

    fn see(self: Pin<&mut Self>, mut bytes: &[u8]) -> io::Result<()> {
        let this = self.project();
        while !bytes.is_empty() {
            match this.at {
                At::Contents(left, ends_head) => {
                    let passed = bytes.len().min(*left);
                    bytes = &bytes[passed..];
                    *this.at = At::within(*left - passed, *ends_head, this.head);
                }
                At::Head(head, known) => {
                    let more = bytes.len().min(FRAME_HEAD - *known);
                    head[*known..*known + more].copy_from_slice(&bytes[..more]);
                    bytes = &bytes[more..];
                    *known += more;
                    if *known == FRAME_HEAD {
                        let [a, b, c, kind, flags, ..] = *head;
                        let length = u32::from_be_bytes([0, a, b, c]) as usize;
                        if carries_nothing(kind, flags, length) && !this.allowance.take() {
                            return Err(too_many());
                        }
                        let is_of_head = matches!(kind, HEADERS | CONTINUATION);
                        let ends_head = is_of_head && flags & END_HEADERS != 0;
                        if is_of_head {
                            this.head.get_or_insert_with(|| Box::pin(sleep(HEAD_WITHIN)));
                        }
                        *this.at = At::within(length, ends_head, this.head);
                    }
                }
            }
        }
        Ok(())
    }
}

fn carries_nothing(kind: u8, flags: u8, length: usize) -> bool {
    match kind {
        DATA => length == 0 && flags & END_STREAM == 0,
        HEADERS | WINDOW_UPDATE => false,
        _ => true,
    }
}

fn too_many() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the client sends too many frames that carry nothing",
    )
}

impl<S: AsyncRead> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let known = buffer.filled().len();
        if let Poll::Ready(read) = self.as_mut().project().socket.poll_read(context, buffer) {
            read?;
            self.as_mut().see(&buffer.filled()[known..])?;
            return Poll::Ready(Ok(()));
        }
        let Some(head) = self.project().head else { return Poll::Pending };
        ready!(head.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "a head was not finished")))
    }
}

impl<S: AsyncWrite> AsyncWrite for Watched<S> {
    pass_on!(write, flush, shutdown);
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const BEGIN: &[u8; PREFACE] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    fn frame(kind: u8, flags: u8, contents: &[u8]) -> Vec<u8> {
        let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], contents].concat()
    }

    /// How many of the frames are read, in pieces of some length, before reading fails.
    async fn passed(frames: &[u8], piece: usize) -> usize {
        let (mut client, server) = duplex(1 << 20);
        let (mut watched, mut read) = (Watched::new(server), 0_usize);
        client.write_all(&[BEGIN, frames].concat()).await.unwrap();
        drop(client);
        let mut bytes = vec![0; piece];
        loop {
            match watched.read(&mut bytes).await {
                Ok(0) | Err(_) => return read.saturating_sub(PREFACE),
                Ok(more) => read += more,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn frames_that_carry_nothing_are_limited_and_others_are_not() {
        for (name, one, limited) in [
            ("PING", frame(6, 0, &[0; 8]), true),
            ("SETTINGS", frame(4, 0, &[]), true),
            ("RST_STREAM", frame(3, 0, &[0; 4]), true),
            ("PRIORITY", frame(2, 0, &[0; 5]), true),
            ("CONTINUATION", frame(9, 0, &[]), true),
            ("unknown", frame(77, 0, &[1, 2, 3]), true),
            ("empty DATA", frame(0, 0, &[]), true),
            ("the end of DATA", frame(0, END_STREAM, &[]), false),
            ("DATA", frame(0, 0, &[1]), false),
            ("HEADERS", frame(1, 4, &[1, 2, 3]), false),
            ("WINDOW_UPDATE", frame(8, 0, &[0; 4]), false),
        ] {
            let all = one.repeat(1200);
            let expected = if limited { 1000 * one.len() } else { all.len() };
            for piece in [one.len(), 1] {
                let passed = passed(&all, piece).await;
                let least = expected.saturating_sub(PREFACE + one.len());
                assert!(passed >= least && passed <= expected + one.len(), "{name}: {passed}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_more_may_come_in_each_second() {
        let (mut client, server) = duplex(1 << 20);
        let mut watched = Watched::new(server);
        client.write_all(BEGIN).await.unwrap();
        let pings = frame(6, 0, &[0; 8]).repeat(100);
        let mut bytes = vec![0; BEGIN.len() + pings.len()];
        for second in 0..100 {
            client.write_all(&pings).await.unwrap();
            let from = if second == 0 { 0 } else { BEGIN.len() };
            watched.read_exact(&mut bytes[from..]).await.unwrap();
            sleep(Duration::from_secs(1)).await;
        }
        client.write_all(&pings.repeat(11)).await.unwrap();
        let mut rest = vec![0; pings.len() * 11];
        assert!(watched.read_exact(&mut rest).await.is_err());
    }

    /// How many seconds reading goes on, up to a minute, after these bytes and nothing more.
    async fn read_for(bytes: &[u8]) -> u64 {
        let (mut client, server) = duplex(1024);
        let mut watched = Watched::new(server);
        client.write_all(bytes).await.unwrap();
        let (begun, mut rest) = (Instant::now(), Vec::new());
        let reading = watched.read_to_end(&mut rest);
        let _ = tokio::time::timeout(Duration::from_secs(60), reading).await;
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn the_preface_and_all_of_a_heads_last_frame_have_to_come_within_10_s() {
        let head = frame(1, END_HEADERS, &[1, 2, 3]);
        let last = [frame(1, 0, &[1]), frame(9, END_HEADERS, &[])].concat();
        for (bytes, seconds) in [
            (vec![], 10),
            (BEGIN[..PREFACE - 1].to_vec(), 10),
            (BEGIN.to_vec(), 60),
            ([BEGIN, &head[..head.len() - 1]].concat(), 10),
            ([BEGIN, &head[..]].concat(), 60),
            ([BEGIN, &last[..]].concat(), 60),
        ] {
            assert_eq!(read_for(&bytes).await, seconds, "{bytes:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_to_be_finished_within_10_s() {
        let begun = |flags| [&BEGIN[..], &frame(1, flags, &[1, 2, 3])].concat();
        for (flags, fails) in [(0, true), (END_HEADERS, false)] {
            let (mut client, server) = duplex(1024);
            let mut watched = Watched::new(server);
            client.write_all(&begun(flags)).await.unwrap();
            let mut bytes = vec![0; begun(flags).len()];
            watched.read_exact(&mut bytes).await.unwrap();
            sleep(Duration::from_secs(9)).await;
            client.write_all(&frame(9, 0, &[1])).await.unwrap();
            watched.read_exact(&mut [0; FRAME_HEAD + 1]).await.unwrap();
            let waited = Instant::now();
            let ended = tokio::time::timeout(Duration::from_secs(5), watched.read_u8()).await;
            let bound = if fails { 1 } else { 5 };
            assert_eq!((ended.is_ok(), waited.elapsed().as_secs()), (fails, bound));
        }
    }
}
