//! Hands an answer that is a stream to the edge, which has the socket that it goes out by.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::{Driver, catch_up::CatchUp, sent::Sent, socket::Awake, writer::Writers};

/// Stands in the extensions of a request whose connection can be taken back from HTTP: HTTP/1.1, with nothing to come
/// but the answer. A stream is then answered with a [`Handover`], and an empty body. Writers send it where there are
/// any; otherwise, as over TLS, a task does.
#[derive(Clone, Debug)]
pub struct WithSocket(pub Option<Writers>);

/// Stands in the extensions of an answer that is a stream without a body. Whoever has the socket makes the answer's
/// head, with `transfer-encoding: chunked`, and keeps its body, for what others hold with that.
#[derive(Clone)]
pub struct Handover(Arc<Mutex<Held>>);

struct Held {
    /// `None` once it is on its way.
    stream: Option<(Driver, Option<Writers>)>,
    sent: Option<Sent>,
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}

impl Handover {
    pub(in crate::http) fn new(driver: Driver, writers: Option<Writers>) -> Self {
        Self(Arc::new(Mutex::new(Held { stream: Some((driver, writers)), sent: None })))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the stream's bytes counted. To be asked before it begins.
    #[must_use]
    pub fn counts(&self) -> Sent {
        self.held().sent.get_or_insert_default().clone()
    }

    /// Sends the head and all that follows it, in a task of its own. Only once.
    pub fn begin(self, head: Bytes, socket: Box<dyn Awake>) {
        let mut held = self.held();
        let (stream, sent) = (held.stream.take(), held.sent.take());
        drop(held);
        if let Some((driver, writers)) = stream {
            tokio::spawn(CatchUp::new(Box::new(driver), sent, socket, writers).begin(head));
        }
    }
}
