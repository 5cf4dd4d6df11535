//! Recovers from an error of the storage: reopens the log and verifies it.

use std::{
    fmt::Display,
    io,
    sync::PoisonError,
    time::{Duration, Instant},
};

use redb::Database;
use tracing::{error, info, warn};

use super::Writer;
use crate::{
    cursor::{Cursor, Epoch},
    log::{
        AppendError, Unavailable,
        embedded::{
            opening::{OpenError, guarded},
            pages,
            store::{self, Totals},
        },
    },
    spans::{Spans, Standing},
};

/// Between two attempts to open a log that fails again and again.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many events a failed commit can have left that nobody was told about: a batch.
const UNTOLD: usize = 1024;

impl Writer {
    pub(super) fn is_failed(&self) -> bool {
        self.shared.failed().is_some()
    }

    /// Recovers from a failed commit, and returns the error for its publishers.
    pub(super) fn refuse(&mut self, error: redb::Error) -> AppendError {
        let before = self.totals.last;
        self.fail(&error);
        let not_there = !self.is_failed() && self.totals.last == before;
        if is_full(&error) && not_there {
            return AppendError::Full;
        }
        let why = match OpenError::from(error) {
            OpenError::Engine(error) => error.to_string(),
            damaged => {
                let why = damaged.to_string();
                self.shared.readiness.is_damaged(Some(why.clone()));
                why
            }
        };
        AppendError::Unavailable(Unavailable(why))
    }

    /// Closes the log after an error, and opens it again: at once, unless it has failed since the last
    /// commit.
    pub(super) fn fail(&mut self, why: &dyn Display) {
        error!(error = %why, "log failed; reopening it");
        *self.shared.failed() = Some(why.to_string());
        self.close();
        self.put_off();
        // The next caller will be told of another failure.
        let _ = self.open_if_failed();
    }

    pub(super) fn close(&self) {
        let database = {
            let mut shared = self.shared.database.write().unwrap_or_else(PoisonError::into_inner);
            self.shared.has_changed();
            shared.take()
        };
        Self::close_file(database);
    }

    pub(super) fn close_file(database: Option<Database>) {
        if let Some(database) = database
            && let Err(error) = guarded(|| Ok(database.close()?))
        {
            warn!(%error, "log was not closed cleanly");
        }
    }

    fn put_off(&mut self) {
        self.open_at = Instant::now() + self.pause;
        self.pause = (2 * self.pause).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    }

    /// Opens a log that has failed, where it is time to, and verifies all of it before it is used again.
    pub(super) fn open_if_failed(&mut self) -> Result<(), AppendError> {
        let Some(why) = self.shared.failed().clone() else { return Ok(()) };
        if Instant::now() < self.open_at {
            return Err(AppendError::Unavailable(Unavailable(why)));
        }
        let opened = {
            let _waiting = self.shared.readiness.begin();
            self.open_again()
        };
        match opened {
            Ok(()) => {
                *self.shared.failed() = None;
                info!("log reopened and verified");
                Ok(())
            }
            Err(why) => {
                let why = why.to_string();
                *self.shared.failed() = Some(why.clone());
                self.put_off();
                Err(AppendError::Unavailable(Unavailable(why)))
            }
        }
    }

    fn open_again(&mut self) -> Result<(), OpenError> {
        self.volume.forget_unsynced();
        let database = self.open_verified()?;
        self.go_on_with(database)
    }

    /// Goes on with a file that was opened again, and hands out what was not known to be in it.
    pub(super) fn go_on_with(&mut self, database: Database) -> Result<(), OpenError> {
        let seal = self.shared.seal;
        let (spans, totals) = guarded(|| store::opened(&database, seal))?;
        if self.is_another(&spans, &totals) {
            // Delivered events are missing: their readers will be told by the epoch, which ends here.
            error!(last = totals.last, "events that were on disk are gone; beginning a new epoch");
            self.epoch = Epoch::random();
            self.tail.begin_after(spans.position(totals.last));
        } else {
            self.tell(&database, &totals)?;
            let ended = totals.epoch != self.epoch
                && spans.all().iter().any(|span| span.epoch == self.epoch);
            if ended {
                // Another has written since.
                self.epoch = Epoch::random();
            }
        }
        let begun = totals.epoch == self.epoch;
        self.shared.set_spans(if begun { spans } else { spans.before(self.epoch) });
        *self.shared.held() = totals.held();
        self.totals = totals;
        let mut shared = self.shared.database.write().unwrap_or_else(PoisonError::into_inner);
        *shared = Some(database);
        self.shared.has_changed();
        Ok(())
    }

    /// Opens the file and verifies it, unless it is damaged: what can still be read of it is verified
    /// as it is read.
    fn open_verified(&self) -> Result<Database, OpenError> {
        let verified = guarded(|| {
            let mut database = self.volume.open()?;
            database.check_integrity()?;
            Ok(database)
        });
        match verified {
            Err(OpenError::Damaged(what)) => {
                self.shared.found_damage(&what);
                guarded(|| self.volume.open())
            }
            opened => opened,
        }
    }

    /// Whether the history on the disk is not the one that was handed out.
    fn is_another(&self, spans: &Spans, totals: &Totals) -> bool {
        let told = self.tail.position();
        totals.last < self.totals.last.max(told.sequence)
            || spans.standing(told, totals.last) != Standing::Known
    }

    /// Hands unknown events to the tail: an event whose publisher got an error may be stored nevertheless,
    /// and the log is authoritative.
    fn tell(&self, database: &Database, totals: &Totals) -> Result<(), OpenError> {
        let known = self.tail.last();
        if known == totals.last {
            return Ok(());
        }
        let events = pages::all_after(database, self.shared.seal, known, UNTOLD)?;
        if events.len() as u64 == totals.last - known {
            self.tail.push(events);
        } else {
            // Retention has dropped some already. Readers have to learn of that from the log.
            let last = Cursor { epoch: totals.epoch, sequence: totals.last };
            self.tail.begin_after(last);
        }
        Ok(())
    }
}

fn is_full(error: &redb::Error) -> bool {
    matches!(error, redb::Error::Io(error) if matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    ))
}
