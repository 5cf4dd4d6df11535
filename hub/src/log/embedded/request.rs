//! What the writer is asked for, and the way back to who asks.

use std::sync::Arc;

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, oneshot},
};

use super::{opening::OpenError, readiness::Waiting};
use crate::{
    cursor::Cursor,
    event::{Draft, Event, Topic},
    log::{AppendError, Key, Log},
};

/// Where an answer goes.
pub(super) type Answer<T> = oneshot::Sender<Result<T, AppendError>>;

/// What an event that waits takes part in, until this is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "both are held, and nothing more")]
pub(super) struct Share {
    /// Its share of what may wait.
    pub(super) room: Option<OwnedSemaphorePermit>,
    /// That it waits.
    pub(super) waiting: Waiting,
}

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// To append an event; answered with its id.
    Append { draft: Draft, key: Option<Key>, answer: Answer<Cursor>, share: Share },
    /// To remove a topic's events of a lower sequence; answered with how many there were.
    Purge { topic: Topic, before: u64, answer: Answer<u64> },
    /// To remove one event; answered with it, where it is there.
    Remove { topic: Topic, id: Cursor, answer: Answer<Option<Event>> },
    /// To see whether the storage still works: someone could not read it.
    Check,
    /// To close the file, so that another process can have it.
    LetGo { answer: Answer<()> },
    /// To open it again.
    TakeBack { answer: Answer<Result<(), OpenError>> },
    /// To have another answer, by tasks of this runtime.
    HandTo { successor: Arc<dyn Log>, on: Handle },
}

/// Answers who may have left.
pub(super) fn answer<T>(to: Answer<T>, what: Result<T, AppendError>) {
    // A caller that has left in the meantime does not need the answer.
    let _ = to.send(what);
}
