//! A stream and its socket, on their way between a task and a writer.

use std::fmt;

use bytes::Bytes;

use crate::{
    budget::Account,
    http::outlet::{Driver, sent::Sent, socket::Parked},
    subscription::Selection,
};

/// A stream and its socket.
pub(in crate::http::outlet) struct Stream {
    pub(in crate::http::outlet) driver: Box<Driver>,
    pub(in crate::http::outlet) sent: Option<Sent>,
    pub(in crate::http::outlet) socket: Box<dyn Parked>,
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

impl Stream {
    /// Counts bytes that were sent, or are about to be.
    pub(super) fn counts(&self, bytes: usize) {
        if let Some(sent) = &self.sent {
            sent.add(bytes);
        }
    }

    /// Its account with the budget, where it follows topics of the log.
    pub(super) fn account(&mut self) -> Option<&Account> {
        self.driver.subscription().selection().map(Selection::account)
    }
}
