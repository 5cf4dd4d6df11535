//! What a writer is told by other threads, and what wakes it.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Wake,
};

use mio::{Poll, Token};

/// A writer is woken under this token.
pub(super) const WOKEN: Token = Token(usize::MAX);

/// What a writer is told.
#[derive(Debug)]
pub(super) enum Told<S> {
    /// To take a stream.
    Stream(S),
    /// That there is something for the group of this number.
    Group(usize, News),
    /// That there is something for all streams.
    All,
    /// That nobody will tell anything any more.
    End,
}

/// What there is for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Events, in the tail.
    Events,
    /// Values of state topics.
    States,
    /// Rights of some of its readers were taken back.
    Rights,
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

/// Tells a writer that there is something for a group, once until it is heard.
#[derive(Debug)]
pub(super) struct Signal<S> {
    inbox: Arc<Inbox<S>>,
    group: usize,
    news: News,
    is_given: AtomicBool,
}

impl<S> Signal<S> {
    pub(super) fn new(inbox: &Arc<Inbox<S>>, group: usize, news: News) -> Self {
        Self { inbox: inbox.clone(), group, news, is_given: AtomicBool::new(false) }
    }

    /// Gives it.
    pub(super) fn give(&self) {
        if !self.is_given.swap(true, SeqCst) {
            self.inbox.tell(Told::Group(self.group, self.news));
        }
    }

    /// Whether it was given. What comes from now on is told again.
    pub(super) fn hear(&self) -> bool {
        self.is_given.swap(false, SeqCst)
    }
}

impl<S: Send + 'static> Wake for Signal<S> {
    fn wake(self: Arc<Self>) {
        self.give();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.give();
    }
}
