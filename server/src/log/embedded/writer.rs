//! The writer: requests go in, each is answered when what it asks for is on disk.

use std::{
    collections::{BTreeSet, VecDeque},
    io,
    sync::{
        Arc, PoisonError,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use redb::Durability;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::{error, info, warn};

use super::{
    Shared, Volume, guarded, pages,
    store::{self, Change, Placed, Totals},
    volume::OpenError,
};
use crate::{
    Clock,
    event::{Draft, Topic},
    log::{AppendError, Key, Retention, Unavailable},
    tail::Tail,
};

/// What one commit holds at most.
const BATCH_EVENTS: usize = 1024;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Below so much room on the disk nothing is appended, in bytes: a commit writes pages beside its events.
pub(super) const RESERVE: u64 = 4 * 1024 * 1024;

/// How much room an event needs, in times its bytes: pages are powers of two, and written anew.
const ROOM_FACTOR: u64 = 4;

/// How many events retention drops, or a purge removes, in one commit beside the batch's own number.
const SLICE: usize = 512;

/// How many topics' events are looked at for their age in one go.
const TOPICS_AT_ONCE: usize = 256;

/// After so much quiet a commit is made that a start after a crash does not have to verify.
const QUIET: Duration = Duration::from_secs(1);

/// Between two looks at the events' age.
const LOOK_AT_AGE: Duration = Duration::from_secs(5);

/// Between two attempts to open a log that failed.
const OPEN_AGAIN: Duration = Duration::from_secs(1);

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// To append an event; answered with its sequence.
    Append {
        draft: Draft,
        key: Option<Key>,
        answer: oneshot::Sender<Result<u64, AppendError>>,
        /// Its share of what may wait.
        held: Option<OwnedSemaphorePermit>,
    },
    /// To remove a topic's events; answered with how many there were.
    Purge { topic: Topic, answer: oneshot::Sender<Result<u64, AppendError>> },
}

/// An event that waits for the next commit.
struct Waiting {
    draft: Draft,
    key: Option<Key>,
    answer: oneshot::Sender<Result<u64, AppendError>>,
    _held: Option<OwnedSemaphorePermit>,
}

/// A purge under way.
struct Purge {
    topic: Topic,
    /// Events that come later stay.
    through: u64,
    removed: u64,
    answer: oneshot::Sender<Result<u64, AppendError>>,
}

/// Owns the writing end of the log.
pub(super) struct Writer {
    shared: Arc<Shared>,
    volume: Arc<dyn Volume>,
    tail: Tail,
    clock: Clock,
    retention: Retention,
    /// As of the last commit.
    totals: Totals,
    purges: VecDeque<Purge>,
    /// Retention has more to drop.
    behind: bool,
    /// Something was committed that a start after a crash would have to verify.
    unverified: bool,
    looked_at_age: Instant,
    /// The topic whose age was looked at last.
    looked_at: Option<Topic>,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        volume: Arc<dyn Volume>,
        tail: Tail,
        clock: Clock,
        retention: Retention,
        totals: Totals,
    ) -> Self {
        Self {
            shared,
            volume,
            tail,
            clock,
            retention,
            totals,
            purges: VecDeque::new(),
            behind: false,
            unverified: false,
            looked_at_age: Instant::now(),
            looked_at: None,
        }
    }

    /// Works until nobody can ask any more, then closes the file.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        loop {
            match requests.recv_timeout(self.patience()) {
                Ok(first) => self.take(first, requests),
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close();
    }

    /// How long to wait for a request before something else is due.
    fn patience(&self) -> Duration {
        if self.is_failed() {
            OPEN_AGAIN
        } else if self.behind || !self.purges.is_empty() {
            Duration::ZERO
        } else if self.unverified {
            QUIET
        } else {
            LOOK_AT_AGE
        }
    }

    /// Takes a request and those that have gathered behind it.
    fn take(&mut self, first: Request, requests: &Receiver<Request>) {
        let (mut batch, mut bytes, mut yielded) = (Vec::new(), 0, 0);
        let mut next = Some(first);
        while let Some(request) = next.take() {
            match request {
                Request::Append { draft, key, answer, held } => {
                    bytes += draft.data.len();
                    batch.push(Waiting { draft, key, answer, _held: held });
                }
                Request::Purge { topic, answer } => {
                    let through = self.totals.last;
                    self.purges.push_back(Purge { topic, through, removed: 0, answer });
                }
            }
            while next.is_none() && batch.len() < BATCH_EVENTS && bytes < BATCH_BYTES {
                match requests.try_recv() {
                    Ok(request) => next = Some(request),
                    // Those who were answered just now get a chance to hand in again.
                    Err(_) if yielded < 2 => {
                        yielded += 1;
                        thread::yield_now();
                    }
                    Err(_) => break,
                }
            }
        }
        if !batch.is_empty() {
            self.append(batch, bytes as u64);
        }
        if !self.purges.is_empty() || self.behind || self.looked_at_age.elapsed() >= LOOK_AT_AGE {
            self.tidy();
        }
    }

    /// Commits a batch, and answers it.
    fn append(&mut self, batch: Vec<Waiting>, bytes: u64) {
        if let Err(refused) = self.open_if_failed().and_then(|()| self.ask_for_room(bytes)) {
            batch.into_iter().for_each(|one| answer(one.answer, Err(refused.clone())));
            return;
        }
        let now = self.clock.now();
        let most = SLICE + 2 * batch.len();
        let (drafts, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|one| ((one.draft, one.key), (one.answer, one._held))).unzip();
        let retention = self.retention.clone();
        let committed = self.commit(false, |change| {
            let mut placed = Vec::with_capacity(drafts.len());
            let mut topics = BTreeSet::new();
            for (draft, key) in drafts {
                topics.extend(draft.topics.iter().cloned());
                placed.push(change.append(draft, key.as_ref(), now)?);
            }
            let mut behind = change.retain(&retention, now, most)? == most;
            for topic in topics {
                behind |= change.retain_topic(&topic, &retention, now, most)? == most;
            }
            change.forget_keys(now, most)?;
            Ok((placed, behind))
        });
        match committed {
            Ok((placed, behind)) => {
                self.behind = behind;
                self.unverified = true;
                self.deliver(placed, answers);
            }
            Err(refused) => {
                answers.into_iter().for_each(|(one, _)| answer(one, Err(refused.clone())));
            }
        }
    }

    /// Hands durable events to the tail, then tells their publishers.
    fn deliver(
        &self,
        placed: Vec<Placed>,
        answers: Vec<(oneshot::Sender<Result<u64, AppendError>>, Option<OwnedSemaphorePermit>)>,
    ) {
        let (mut events, mut told) = (Vec::new(), Vec::with_capacity(placed.len()));
        for placed in placed {
            told.push(match placed {
                Placed::Now(event) => {
                    let sequence = event.sequence;
                    events.push(event);
                    Ok(sequence)
                }
                Placed::Before(sequence) => Ok(sequence),
                Placed::Refused(why) => Err(why),
            });
        }
        self.tail.push(&events);
        for ((to, _), told) in answers.into_iter().zip(told) {
            answer(to, told);
        }
    }

    /// Does what is due beside publishing: purges, retention, a commit that is quick to start from.
    fn tidy(&mut self) {
        if self.open_if_failed().is_err() {
            return;
        }
        if let Some(purge) = self.purges.pop_front() {
            self.go_on(purge);
        } else if self.behind || self.looked_at_age.elapsed() >= LOOK_AT_AGE {
            self.retain();
        } else if self.unverified && self.commit(true, |_| Ok(())).is_ok() {
            self.unverified = false;
        }
    }

    /// Removes some events of a purge.
    fn go_on(&mut self, mut purge: Purge) {
        let Purge { topic, through, .. } = &purge;
        match self.commit(false, |change| change.purge(topic, *through, SLICE)) {
            Ok(purged) => {
                self.unverified = true;
                self.tail.purge(&purged);
                purge.removed += purged.len() as u64;
                if purged.len() == SLICE {
                    self.purges.push_front(purge);
                } else {
                    answer(purge.answer, Ok(purge.removed));
                }
            }
            Err(refused) => answer(purge.answer, Err(refused)),
        }
    }

    /// Drops some of what exceeds the bounds, of the whole and of a few topics in turn.
    fn retain(&mut self) {
        let now = self.clock.now();
        let (retention, looked_at) = (self.retention.clone(), self.looked_at.clone());
        let topics = if retention.rules.is_empty() { 0 } else { TOPICS_AT_ONCE };
        let names = {
            let database = self.shared.database.read().unwrap_or_else(PoisonError::into_inner);
            let names = |database| pages::names_after(database, looked_at.as_ref(), topics);
            database.as_ref().map_or(Ok(Vec::new()), names)
        };
        let names = match names {
            Ok(names) => names,
            Err(error) => return self.fail(&error),
        };
        let committed = self.commit_if_any(|change| {
            let mut dropped = change.retain(&retention, now, SLICE)?;
            let mut behind = dropped == SLICE;
            for topic in &names {
                let of_topic = change.retain_topic(topic, &retention, now, SLICE)?;
                behind |= of_topic == SLICE;
                dropped += of_topic;
            }
            Ok((behind, dropped))
        });
        if let Ok(behind) = committed {
            self.behind = behind || names.len() == topics && topics > 0;
            self.looked_at = names.last().filter(|_| names.len() == topics).cloned();
        }
        self.looked_at_age = Instant::now();
    }

    /// Commits a change, with a sync. `verified` makes it one that a start need not verify.
    fn commit<T>(
        &mut self,
        verified: bool,
        change: impl FnOnce(&mut Change<'_>) -> store::Result<T>,
    ) -> Result<T, AppendError> {
        self.commit_some(verified, |some| Ok((change(some)?, 1)))
    }

    /// Commits a change, unless it says that it has changed nothing.
    fn commit_if_any<T>(
        &mut self,
        change: impl FnOnce(&mut Change<'_>) -> store::Result<(T, usize)>,
    ) -> Result<T, AppendError> {
        self.commit_some(false, change)
    }

    fn commit_some<T>(
        &mut self,
        verified: bool,
        change: impl FnOnce(&mut Change<'_>) -> store::Result<(T, usize)>,
    ) -> Result<T, AppendError> {
        let committed = {
            let database = self.shared.database.read().unwrap_or_else(PoisonError::into_inner);
            let Some(database) = &*database else {
                return Err(AppendError::Unavailable(Unavailable("it is closed".into())));
            };
            let totals = self.totals;
            let commit = || -> store::Result<(T, Totals, bool)> {
                let mut transaction = database.begin_write()?;
                transaction.set_durability(Durability::Immediate)?;
                transaction.set_quick_repair(verified);
                let mut some = Change::begin(&transaction, totals)?;
                let (done, changes) = change(&mut some)?;
                let totals = some.finish()?;
                if changes == 0 {
                    transaction.abort()?;
                    return Ok((done, totals, false));
                }
                transaction.commit()?;
                Ok((done, totals, true))
            };
            commit()
        };
        match committed {
            Ok((done, totals, changed)) => {
                if changed {
                    // Memory follows the disk.
                    self.totals = totals;
                    self.shared.commits.fetch_add(1, Ordering::Relaxed);
                }
                Ok(done)
            }
            Err(error) => {
                let before = self.totals.last;
                let full = is_full(&error);
                self.fail(&error);
                let not_there = !self.is_failed() && self.totals.last == before;
                Err(if full && not_there {
                    AppendError::Full
                } else {
                    AppendError::Unavailable(Unavailable(error.to_string()))
                })
            }
        }
    }

    /// Refuses what the disk may not have room for, before the engine is asked to write it.
    fn ask_for_room(&self, bytes: u64) -> Result<(), AppendError> {
        match self.volume.room() {
            Ok(room) if room < RESERVE + ROOM_FACTOR * bytes => Err(AppendError::Full),
            Ok(_) => Ok(()),
            Err(error) => Err(AppendError::Unavailable(Unavailable(error.to_string()))),
        }
    }

    fn is_failed(&self) -> bool {
        self.shared.failed().is_some()
    }

    /// Closes the log after an error, and tries at once to open it again.
    fn fail(&mut self, why: &redb::Error) {
        error!(error = %why, "the log failed, and is opened again");
        *self.shared.failed() = Some(why.to_string());
        self.close();
        // Who asks next will hear of another failure.
        let _ = self.open_if_failed();
    }

    fn close(&self) {
        let mut database = self.shared.database.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = database.take()
            && let Err(error) = database.close()
        {
            warn!(%error, "the log was not closed properly");
        }
    }

    /// Opens a log that has failed, and verifies all of it before it is used again.
    fn open_if_failed(&mut self) -> Result<(), AppendError> {
        if !self.is_failed() {
            return Ok(());
        }
        match self.open_again() {
            Ok(()) => {
                *self.shared.failed() = None;
                info!("the log was opened again and verified");
                Ok(())
            }
            Err(why) => {
                let why = why.to_string();
                *self.shared.failed() = Some(why.clone());
                Err(AppendError::Unavailable(Unavailable(why)))
            }
        }
    }

    fn open_again(&mut self) -> Result<(), OpenError> {
        let mut shared = self.shared.database.write().unwrap_or_else(PoisonError::into_inner);
        // Left over where reading it failed after an opening that went well.
        drop(shared.take());
        self.volume.forget_unsynced();
        let volume = self.volume.clone();
        let database = guarded(move || {
            let mut database = volume.open()?;
            database.check_integrity()?;
            Ok(database)
        })?;
        let totals = store::totals(&database)?;
        if totals.last < self.totals.last {
            return Err(OpenError::Damaged("events that were on disk are gone".into()));
        }
        // An event whose publisher heard of the failure may be there all the same: the log is right.
        while self.tail.last() < totals.last {
            let events = pages::all_after(&database, self.tail.last(), BATCH_EVENTS)?;
            if events.is_empty() {
                break;
            }
            self.tail.push(&events);
        }
        self.totals = totals;
        *shared = Some(database);
        Ok(())
    }
}

fn answer(to: oneshot::Sender<Result<u64, AppendError>>, what: Result<u64, AppendError>) {
    // Who has left meanwhile does not want to know.
    let _ = to.send(what);
}

fn is_full(error: &redb::Error) -> bool {
    matches!(error, redb::Error::Io(error) if matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    ))
}
