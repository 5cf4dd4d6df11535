//! The writer's part in handing the log over: closes the file, keeps what is asked, and opens it again or passes
//! all on.

use std::{
    sync::{
        Arc, TryLockError,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, time::Instant};
use tracing::info;

use super::{Writer, purge::Purge};
use crate::log::{
    AppendError, Log, Unavailable,
    embedded::{
        answering::Answering,
        opening::{OpenError, guarded},
        request::{Answer, Request, answer},
    },
};

/// How long the reads under way may take that keep the file from being closed.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);

/// Between two attempts to close it.
const PAUSE: Duration = Duration::from_millis(1);

impl Writer {
    /// Closes the file, lets another process have it, and waits for what comes of that.
    pub(super) fn let_go(&mut self, to: Answer<()>, requests: &Receiver<Request>) {
        match self.close_for_another() {
            Ok(()) => {
                answer(to, Ok(()));
                self.stand_by(requests);
            }
            Err(why) => answer(to, Err(AppendError::Unavailable(why))),
        }
    }

    fn close_for_another(&self) -> Result<(), Unavailable> {
        if let Some(why) = &*self.shared.failed() {
            return Err(Unavailable(why.clone()));
        }
        // New reads wait from here on.
        self.shared.answering.send_replace(Answering::Nobody { since: Instant::now() });
        let begun = Instant::now();
        while !self.close_if_unread() {
            if begun.elapsed() > CLOSED_WITHIN {
                self.shared.answering.send_replace(Answering::Itself);
                return Err(Unavailable("a backup or a long read is under way".into()));
            }
            thread::sleep(PAUSE);
        }
        self.volume.let_go();
        Ok(())
    }

    /// Closes the file unless someone is reading it.
    fn close_if_unread(&self) -> bool {
        let mut database = match self.shared.database.try_write() {
            Ok(database) => database,
            Err(TryLockError::Poisoned(database)) => database.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        if self.shared.backups.load(Ordering::Relaxed) > 0 {
            return false;
        }
        self.shared.has_changed();
        Self::close_file(database.take());
        true
    }

    /// Keeps what is asked, until the file is back or a successor answers.
    fn stand_by(&mut self, requests: &Receiver<Request>) {
        while let Ok(request) = requests.recv() {
            match request {
                Request::TakeBack { answer: to } => {
                    let taken = self.take_back();
                    let is_known = taken.as_ref().map_or_else(OpenError::stays, |()| true);
                    answer(to, Ok(taken));
                    if is_known {
                        return;
                    }
                }
                Request::HandTo { successor, on } => {
                    self.shared.answering.send_replace(Answering::Successor(successor.clone()));
                    // Whoever lags asks from now on: the successor may remove what the tail holds.
                    self.tail.begin_after(self.tail.position());
                    for purge in self.purges.drain(..) {
                        pass_on_the_rest(purge, successor.clone(), &on);
                    }
                    let waiting = std::mem::take(&mut self.waiting);
                    waiting.into_iter().for_each(|request| pass_on(request, &successor, &on));
                    while let Ok(request) = requests.recv() {
                        pass_on(request, &successor, &on);
                    }
                    return;
                }
                request => self.waiting.push_back(request),
            }
        }
    }

    /// Opens the file again. Where that is out of the question for good, whoever asks is told so from now on.
    fn take_back(&mut self) -> Result<(), OpenError> {
        self.volume.take_back()?;
        let opened = guarded(|| self.volume.open()).and_then(|database| self.go_on_with(database));
        match &opened {
            Ok(()) => info!("took the log back"),
            Err(error) if error.stays() => *self.shared.failed() = Some(error.to_string()),
            Err(_) => {
                self.volume.let_go();
                return opened;
            }
        }
        self.shared.answering.send_replace(Answering::Itself);
        opened
    }

    /// The next request: one that has waited, or one that comes in this time.
    pub(super) fn next(
        &mut self,
        requests: &Receiver<Request>,
    ) -> Result<Request, RecvTimeoutError> {
        match self.waiting.pop_front() {
            Some(request) => Ok(request),
            None => requests.recv_timeout(self.patience()),
        }
    }
}

/// Has the successor remove what is left of a purge.
fn pass_on_the_rest(purge: Purge, log: Arc<dyn Log>, on: &Handle) {
    let Purge { topic, through, removed, answer: to } = purge;
    on.spawn(async move {
        let rest = log.purge(topic, through.saturating_add(1)).await;
        answer(to, rest.map(|rest| removed + rest));
    });
}

/// Has the successor answer a request.
fn pass_on(request: Request, successor: &Arc<dyn Log>, on: &Handle) {
    let log = successor.clone();
    match request {
        Request::Append { draft, key, answer: to, share } => {
            on.spawn(async move {
                let appended = log.append(draft, key).await;
                drop(share);
                answer(to, appended);
            });
        }
        Request::Purge { topic, before, answer: to } => {
            on.spawn(async move { answer(to, log.purge(topic, before).await) });
        }
        Request::Remove { topic, id, answer: to } => {
            on.spawn(async move { answer(to, log.remove(topic, id).await) });
        }
        Request::LetGo { answer: to } => answer(to, Err(handed_over())),
        Request::TakeBack { answer: to } => answer(to, Err(handed_over())),
        Request::Check | Request::HandTo { .. } => {}
    }
}

fn handed_over() -> AppendError {
    AppendError::Unavailable(Unavailable("the log was handed over".into()))
}
