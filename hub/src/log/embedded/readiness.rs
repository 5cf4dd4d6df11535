//! Readiness of the log: whether a publish could be durable now, by what waits for the disk and what was seen
//! of it. It answers at once, whatever the disk does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::log::Unavailable;

/// With less free space than this, in bytes, nothing is appended: a commit writes more than its events.
pub(super) const RESERVE: u64 = 4 * 1024 * 1024;

/// A disk that has not responded for this long counts as hanging.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of the disk without asking it.
#[derive(Debug, Default)]
pub(super) struct Readiness(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Since when each of them waits, by its number: the first waits longest.
    waiting: BTreeMap<u64, Instant>,
    next: u64,
    /// For how many bytes there was room, or why nobody could say, when the writer asked last: before
    /// each batch, and every few seconds.
    room: Option<Result<u64, Unavailable>>,
    /// Why what is written would be in no log.
    misplaced: Option<String>,
    /// What the last commit found damaged, where it could not be written around that.
    damaged: Option<String>,
}

/// Something waits for the disk until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting {
    readiness: Arc<Readiness>,
    number: u64,
}

impl Readiness {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something begins to wait.
    pub(super) fn begin(self: &Arc<Self>) -> Waiting {
        let mut known = self.known();
        let number = known.next;
        known.next += 1;
        known.waiting.insert(number, Instant::now());
        Waiting { readiness: self.clone(), number }
    }

    /// Notes for how many bytes there is room.
    pub(super) fn has_room(&self, room: Result<u64, Unavailable>) {
        self.known().room = Some(room);
    }

    /// Notes why the log's file is not where it belongs, or that it is. Returns whether that is new.
    pub(super) fn is_in_place(&self, found: &Result<(), Unavailable>) -> bool {
        let misplaced = found.as_ref().err().map(|Unavailable(why)| why.clone());
        let mut known = self.known();
        let new = known.misplaced.is_some() != misplaced.is_some();
        known.misplaced = misplaced;
        new
    }

    /// Notes what kept the last commit from being written, or that nothing did.
    pub(super) fn is_damaged(&self, what: Option<String>) {
        self.known().damaged = what;
    }

    /// Whether a publish could be durable now.
    pub(super) fn check(&self) -> Result<(), Unavailable> {
        let known = self.known();
        let longest = known.waiting.first_key_value().map(|(_, since)| since.elapsed());
        if let Some(longest) = longest.filter(|longest| *longest >= PATIENCE) {
            let why = format!("the disk has not responded for {} s", longest.as_secs());
            return Err(Unavailable(why));
        }
        if let Some(why) = known.misplaced.as_ref().or(known.damaged.as_ref()) {
            return Err(Unavailable(why.clone()));
        }
        match &known.room {
            Some(Ok(room)) if *room < RESERVE => Err(Unavailable("the disk is full".into())),
            Some(Err(why)) => Err(why.clone()),
            _ => Ok(()),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.readiness.known().waiting.remove(&self.number);
    }
}
