//! What a writer is told by other threads, and what wakes it.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    task::{Wake, Waker},
};

use mio::{Poll, Token};

/// A writer is woken under this token.
pub(super) const WOKEN: Token = Token(usize::MAX);

/// What a writer is told.
#[derive(Debug)]
pub(super) enum Told<S> {
    /// To take a stream.
    Stream(S),
    /// That there is something for the stream in this place.
    Place(usize),
    /// That the tail has news for this group.
    News(usize),
    /// That there is something for all streams.
    All,
    /// That nobody has anything to tell any more.
    End,
}

/// What a writer is told and has not heard.
#[derive(Debug)]
pub(super) struct Inbox<S> {
    told: Mutex<Vec<Told<S>>>,
    waker: mio::Waker,
}

impl<S> Inbox<S> {
    /// One that wakes who waits for `poll`.
    pub(super) fn new(poll: &Poll) -> io::Result<Self> {
        Ok(Self { told: Mutex::default(), waker: mio::Waker::new(poll.registry(), WOKEN)? })
    }

    /// Tells something.
    pub(super) fn tell(&self, what: Told<S>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = told.is_empty();
        told.push(what);
        drop(told);
        if is_first {
            // It fails only where the writer is gone.
            let _ = self.waker.wake();
        }
    }

    /// All that was told since the last time.
    pub(super) fn hear(&self) -> Vec<Told<S>> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Wakes a writer for the stream in a place.
struct OfPlace<S> {
    inbox: Arc<Inbox<S>>,
    place: usize,
}

impl<S: Send + 'static> Wake for OfPlace<S> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.inbox.tell(Told::Place(self.place));
    }
}

/// What wakes a writer for the stream in a place.
pub(super) fn waker_of<S: Send + 'static>(inbox: &Arc<Inbox<S>>, place: usize) -> Waker {
    Arc::new(OfPlace { inbox: inbox.clone(), place }).into()
}
