//! A stream and its socket, on their way between a task and a writer.

use std::{
    fmt, io,
    os::fd::{AsFd, OwnedFd},
    task::Waker,
};

use bytes::{Buf, Bytes};
use rustix::{
    io::Errno,
    net::{SendFlags, send},
};
use tokio::time::Instant;

use crate::{
    budget::FREE,
    frame::Frame,
    http::outlet::{Driver, sent::Sent, socket::Parked},
    subscription::{Next, Wanted},
};

/// A stream and its socket.
pub(in crate::http::outlet) struct Stream {
    pub(in crate::http::outlet) driver: Box<Driver>,
    pub(in crate::http::outlet) sent: Option<Sent>,
    pub(in crate::http::outlet) socket: OwnedFd,
    pub(in crate::http::outlet) parked: Box<dyn Parked>,
    /// What is left of a chunk.
    pub(in crate::http::outlet) rest: Bytes,
    /// What is to be sent after that, as a chunk.
    pub(in crate::http::outlet) next: Bytes,
    /// How many bytes came after the request.
    pub(in crate::http::outlet) discarded: usize,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}

/// What becomes of a stream on its way to a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comes {
    /// Its reader has all there is, and had it before.
    Caught,
    /// Its reader was sent something.
    Sent,
    /// A task has to go on with it.
    Resumes,
    /// Its reader has left.
    Leaves,
}

impl Stream {
    /// Sends what there is, and has `rights` woken when those of the reader are taken back.
    pub(super) fn come(&mut self, rights: &Waker) -> Comes {
        let mut comes = Comes::Caught;
        loop {
            // The group is woken by state topics.
            match self.driver.step(Waker::noop(), rights) {
                Next::Bytes(bytes) => {
                    comes = Comes::Sent;
                    if let Some(sent) = &self.sent {
                        sent.add(bytes.len());
                    }
                    // What is reserved for large bytes is held by them, and not by a copy.
                    if bytes.len() > FREE {
                        self.next = bytes;
                        return Comes::Resumes;
                    }
                    self.rest = Frame::new(&bytes).into_chunk();
                    match send_some(&self.socket, &self.rest) {
                        Ok(sent) => self.rest.advance(sent),
                        Err(_) => return Comes::Leaves,
                    }
                    if !self.rest.is_empty() {
                        return Comes::Resumes;
                    }
                    self.driver.has_sent(Instant::now());
                }
                Next::Wait { wanted: None | Some(Wanted::News), .. } => return comes,
                Next::Wait { .. } | Next::End => return Comes::Resumes,
            }
        }
    }
}

/// Sends as much as a socket takes, which may be nothing.
pub(super) fn send_some(socket: &impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(sent) => return Ok(sent),
            Err(Errno::AGAIN) => return Ok(0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
