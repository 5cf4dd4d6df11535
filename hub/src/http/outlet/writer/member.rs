//! A stream whose reader has all there is, or whose socket is full: its socket, and where it stands.

use std::{
    io,
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{AcqRel, Acquire},
        },
    },
    task::{Context, Waker},
    time::Duration,
};

use bytes::Buf;
use rustix::{
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send},
};
use tokio::time::Instant;

use super::{
    batch::{Batch, Stands},
    stream::Stream,
};
use crate::{
    budget::FREE,
    cursor::Cursor,
    frame::Frame,
    http::outlet::socket::MOST_DISCARDED,
    subscription::{Next, Now, Wanted},
};

/// A stream whose socket is full for this long is left to a task, which has deadlines for that.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(1);

/// A stream in the hands of a writer.
pub(super) struct Member {
    pub(super) stream: Stream,
    /// Woken by its state topics, and when its reader's rights are taken back.
    waker: Waker,
    woken: Arc<AtomicBool>,
    /// Since when its socket has been full.
    full_since: Option<Instant>,
    /// When there is something to do for it next.
    pub(super) due: Instant,
    /// For when that is in the list of what is due.
    pub(super) listed: Option<Instant>,
    /// Its group, and its place there.
    pub(super) group: Option<(usize, usize)>,
}

/// What becomes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It stays.
    Stays,
    /// A task has to go on with it.
    Resumes,
    /// Its reader has left.
    Leaves,
}

impl Member {
    pub(super) fn new(
        stream: Stream,
        (waker, woken): (Waker, Arc<AtomicBool>),
        now: Instant,
    ) -> Self {
        Self { stream, waker, woken, full_since: None, due: now, listed: None, group: None }
    }

    /// Sends what is left of a frame, and all else that there is for this reader.
    pub(super) fn attend(&mut self) -> Then {
        // What wakes it from now on is told again.
        self.woken.swap(false, AcqRel);
        loop {
            let now = Instant::now();
            match self.flush(now) {
                Ok(true) => {}
                Ok(false) if self.is_stuck(now) => return Then::Resumes,
                Ok(false) => return Then::Stays,
                Err(_) => return Then::Leaves,
            }
            let mut context = Context::from_waker(&self.waker);
            match self.stream.driver.step(&mut context) {
                Next::Bytes(bytes) => {
                    self.stream.counts(bytes.len());
                    // What is reserved for large bytes is held by them, and not by a copy.
                    if bytes.len() > FREE {
                        self.stream.next = bytes;
                        return Then::Resumes;
                    }
                    self.stream.rest = Frame::new(&bytes).into_chunk();
                }
                Next::Wait { until, wanted: None | Some(Wanted::News) } => {
                    self.due = until;
                    return Then::Stays;
                }
                Next::Wait { .. } | Next::End => return Then::Resumes,
            }
        }
    }

    /// Sends what is left. False where the socket takes no more.
    fn flush(&mut self, now: Instant) -> io::Result<bool> {
        while !self.stream.rest.is_empty() {
            match self.send(&self.stream.rest)? {
                0 => {
                    self.fills(now);
                    return Ok(false);
                }
                sent => self.stream.rest.advance(sent),
            }
            self.stream.driver.has_sent(now);
        }
        self.full_since = None;
        Ok(true)
    }

    /// Sends as much as the socket takes, which may be nothing.
    fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match send(&self.stream.socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => return Ok(sent),
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether its socket took no more the last time.
    pub(super) fn is_full(&self) -> bool {
        self.full_since.is_some()
    }

    fn fills(&mut self, now: Instant) {
        let since = *self.full_since.get_or_insert(now);
        self.due = since + STUCK_AFTER;
    }

    /// Whether a task, which has deadlines, has to see to what is left.
    fn is_stuck(&self, now: Instant) -> bool {
        self.full_since.is_some_and(|since| now >= since + STUCK_AFTER)
    }

    /// Sends the events of a batch that it does not have.
    pub(super) fn deliver(&mut self, batch: &Batch, now: Now) -> Then {
        let Some(cursor) = self.stream.driver.subscription().cursor() else { return Then::Stays };
        if self.is_full() {
            self.stream.driver.subscription().falls_behind();
            return Then::Stays;
        }
        // Its rights may have ended, or may have been taken back before the events came.
        if self.woken.load(Acquire) || self.stream.driver.subscription().has_expired(now) {
            return self.attend();
        }
        match batch.stands(cursor) {
            Stands::After => Then::Stays,
            Stands::Elsewhere => self.attend(),
            Stands::Before if batch.frames.is_empty() => {
                self.carry(0, batch, batch.through, now);
                Then::Stays
            }
            Stands::Before => match self.send(&batch.bytes) {
                Ok(sent) if sent == batch.bytes.len() => {
                    self.carry(batch.frames.len(), batch, batch.through, now);
                    self.stream.driver.has_sent(now.instant);
                    Then::Stays
                }
                Ok(sent) => self.keep_rest(sent, batch, now),
                Err(_) => Then::Leaves,
            },
        }
    }

    /// Keeps what is left of the frame of which some was sent, and comes back for those after it.
    fn keep_rest(&mut self, mut sent: usize, batch: &Batch, now: Now) -> Then {
        self.fills(now.instant);
        let mut handed = 0;
        while let Some(frame) = batch.frames.get(handed).filter(|_| sent > 0) {
            handed += 1;
            let chunk = frame.chunk();
            if sent < chunk.len() {
                // Whoever holds what the tail no longer does is known by it.
                let account = self.stream.account();
                let lent = account.map_or_else(|| chunk.clone(), |it| it.lend(chunk.clone()));
                self.stream.rest = lent.slice(sent..);
            }
            sent = sent.saturating_sub(chunk.len());
        }
        let through = match handed.checked_sub(1).and_then(|last| batch.ids.get(last)) {
            Some(through) => *through,
            None => {
                self.stream.driver.subscription().falls_behind();
                return Then::Stays;
            }
        };
        self.carry(handed, batch, through, now);
        if self.stream.rest.len() > FREE { Then::Resumes } else { Then::Stays }
    }

    fn carry(&mut self, frames: usize, batch: &Batch, through: Cursor, now: Now) {
        let all = through == batch.through;
        let events = batch.events.get(..frames).unwrap_or_default();
        self.stream.driver.subscription().is_carried(events, (through, all), now);
        if self.stream.sent.is_some() {
            self.stream.counts(batch.frames.iter().take(frames).map(Frame::len).sum());
        }
    }

    /// Discards what the client sends, and says whether it has left.
    pub(super) fn has_left(&mut self) -> bool {
        let mut piece = [0; 1024];
        while self.stream.discarded <= MOST_DISCARDED {
            match recv(&self.stream.socket, &mut piece, RecvFlags::DONTWAIT) {
                Ok((_, read @ 1..)) => self.stream.discarded += read,
                Err(Errno::AGAIN) => return false,
                Err(Errno::INTR) => {}
                _ => return true,
            }
        }
        true
    }
}
