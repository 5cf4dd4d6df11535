//! The writer thread: answers each request once what it asks for is on disk.
//!
//! ```text
//! requests → batch → commit → tail → answers, and between them upkeep; after an error recovery
//! ```

mod append;
mod batch;
mod purge;
mod recovery;
mod succession;
mod upkeep;

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, PoisonError,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use redb::Durability;

use super::{
    Volume, opening,
    request::{self, Request},
    shared::Shared,
    store::{self, Change, Done, Totals},
};
use crate::{
    Clock,
    cursor::Epoch,
    event::Topic,
    log::{AppendError, Retention, Unavailable, wall::Wall},
    tail::Tail,
};
use batch::Batch;
use purge::Purge;

/// How many events retention drops, or a purge removes, in one commit beside the batch's own number.
const SLICE: usize = 512;

/// After so much quiet a commit is made that a start after a crash does not have to verify.
const QUIET: Duration = Duration::from_secs(1);

/// Between two looks at the events' age.
const LOOK_AT_AGE: Duration = Duration::from_secs(5);

/// Owns the writing end of the log.
pub(super) struct Writer {
    shared: Arc<Shared>,
    volume: Arc<dyn Volume>,
    /// What came while another process could have the file, and was not answered.
    waiting: VecDeque<Request>,
    tail: Tail,
    /// What this opening writes is of this epoch, which begins with its first event.
    epoch: Epoch,
    wall: Wall,
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
    /// How long to wait after the next failure before the log is opened again; not at all after the
    /// first since a commit.
    pause: Duration,
    /// When a log that has failed is opened again.
    open_at: Instant,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        volume: Arc<dyn Volume>,
        tail: Tail,
        (totals, epoch): (Totals, Epoch),
        clock: Clock,
        retention: Retention,
    ) -> Self {
        Self {
            shared,
            volume,
            waiting: VecDeque::new(),
            tail,
            epoch,
            wall: Wall::new(clock, totals.last),
            retention,
            totals,
            purges: VecDeque::new(),
            behind: false,
            unverified: false,
            looked_at_age: Instant::now(),
            looked_at: None,
            pause: Duration::ZERO,
            open_at: Instant::now(),
        }
    }

    /// Works until there is no requester left, then closes the file.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        loop {
            let first = match self.next(requests) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            // After a panic memory follows the disk, as after any failure. A caller that was not answered
            // hears that nobody will.
            let worked = catch_unwind(AssertUnwindSafe(|| match first {
                Some(first) => self.take(first, requests),
                None => self.tidy(),
            }));
            if let Err(panic) = worked {
                self.fail(&opening::words(&*panic));
            }
        }
        self.close();
    }

    /// How long to wait for a request before something else is due.
    fn patience(&self) -> Duration {
        if self.is_failed() {
            self.open_at.saturating_duration_since(Instant::now())
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
        let mut batch = Batch::default();
        let (mut doubted, mut leaving) = (false, None);
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Append { draft, key, answer, share } => {
                    batch.add(draft, key, answer, share);
                }
                Request::Purge { topic, before, answer } => {
                    let through = before.saturating_sub(1).min(self.totals.last);
                    self.purges.push_back(Purge::new(topic, through, answer));
                }
                Request::Remove { topic, id, answer } => self.remove(&topic, id, answer),
                Request::Check => {
                    self.shared.doubted.store(false, Ordering::Relaxed);
                    doubted = true;
                }
                Request::LetGo { answer } => {
                    leaving = Some(answer);
                    break;
                }
                // It has the file.
                Request::TakeBack { answer } => request::answer(answer, Ok(Ok(()))),
                Request::HandTo { .. } => {}
            }
            next = batch.next(requests);
        }
        if !batch.is_empty() {
            self.append(batch);
        } else if doubted {
            self.check();
        }
        if !self.purges.is_empty() || self.behind || self.looked_at_age.elapsed() >= LOOK_AT_AGE {
            self.tidy();
        }
        if let Some(answer) = leaving {
            self.let_go(answer, requests);
        }
    }

    /// The time, and what is known of the clock: a change that is committed may learn more of it.
    fn look_at_clock(&mut self) -> (i64, Wall) {
        let now = self.wall.look(self.totals.last);
        (now, self.wall.clone())
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
            let _waiting = self.shared.readiness.begin();
            let database = self.shared.database.read().unwrap_or_else(PoisonError::into_inner);
            let Some(database) = &*database else {
                return Err(AppendError::Unavailable(Unavailable("it is closed".into())));
            };
            let (totals, names) = (self.totals.clone(), (self.epoch, self.shared.seal));
            let commit = || -> store::Result<(T, Option<(Done, Duration)>)> {
                let mut transaction = database.begin_write()?;
                transaction.set_durability(Durability::Immediate)?;
                transaction.set_quick_repair(verified);
                let mut some = Change::begin(&transaction, totals, names)?;
                let (done, changes) = change(&mut some)?;
                let all = some.finish()?;
                if changes == 0 {
                    transaction.abort()?;
                    return Ok((done, None));
                }
                let begun = Instant::now();
                transaction.commit()?;
                Ok((done, Some((all, begun.elapsed()))))
            };
            opening::contained(commit)
        };
        match committed {
            Ok((done, changed)) => {
                if let Some((Done { totals, begun, damaged }, took)) = changed {
                    self.shared.readiness.is_damaged(None);
                    // Memory follows the disk.
                    self.shared.has_changed();
                    *self.shared.held() = totals.held();
                    self.totals = totals;
                    if let Some(span) = begun {
                        self.shared.set_spans(self.shared.spans().with(span));
                    }
                    (0..damaged)
                        .for_each(|_| self.shared.found_damage("a record due to be dropped"));
                    self.unverified = !verified;
                    self.pause = Duration::ZERO;
                    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                    self.shared.commits.observe(micros);
                }
                Ok(done)
            }
            Err(error) => Err(self.refuse(error)),
        }
    }
}
