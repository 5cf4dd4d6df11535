//! What a writer is told by other threads, and what wakes it.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::AcqRel},
    },
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
    /// `None` once its writer has ended.
    told: Mutex<Option<Vec<Told<S>>>>,
    waker: mio::Waker,
}

impl<S> Inbox<S> {
    /// One that wakes who waits for `poll`.
    pub(super) fn new(poll: &Poll) -> io::Result<Self> {
        Ok(Self {
            told: Mutex::new(Some(Vec::new())),
            waker: mio::Waker::new(poll.registry(), WOKEN)?,
        })
    }

    /// Tells something; returns it where the writer has ended.
    pub(super) fn tell(&self, what: Told<S>) -> Option<Told<S>> {
        let mut told = self.told();
        let Some(all) = told.as_mut() else { return Some(what) };
        let is_first = all.is_empty();
        all.push(what);
        drop(told);
        if is_first {
            // It fails only where the writer is gone.
            let _ = self.waker.wake();
        }
        None
    }

    /// All that was told since the last time.
    pub(super) fn hear(&self) -> Vec<Told<S>> {
        self.told().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Hears nothing any more. What was told is dropped, streams with their sockets.
    pub(super) fn close(&self) {
        let told = self.told().take();
        drop(told);
    }

    fn told(&self) -> MutexGuard<'_, Option<Vec<Told<S>>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes a writer for the stream in a place.
struct OfPlace<S> {
    inbox: Arc<Inbox<S>>,
    place: usize,
    /// It was woken, and was not seen to since.
    woken: Arc<AtomicBool>,
}

impl<S: Send + 'static> Wake for OfPlace<S> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, AcqRel) {
            self.inbox.tell(Told::Place(self.place));
        }
    }
}

/// What wakes a writer for the stream in a place, and what says that it did.
pub(super) fn waker_of<S: Send + 'static>(
    inbox: &Arc<Inbox<S>>,
    place: usize,
) -> (Waker, Arc<AtomicBool>) {
    let woken = Arc::new(AtomicBool::new(false));
    (Arc::new(OfPlace { inbox: inbox.clone(), place, woken: woken.clone() }).into(), woken)
}
