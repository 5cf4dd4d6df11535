//! The writer's part in handing the log over: closes the file, keeps what is asked, and opens it again or passes
//! all on.

use std::{
    sync::{
        Arc, TryLockError,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;
use tracing::info;

use super::Writer;
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
        self.shared.answering.send_replace(Answering::Nobody);
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
        Self::close_file(database.take());
        true
    }

    /// Keeps what is asked, until the file is back or a successor answers.
    fn stand_by(&mut self, requests: &Receiver<Request>) {
        while let Ok(request) = requests.recv() {
            match request {
                Request::TakeBack { answer: to } => {
                    let taken = self.take_back();
                    let is_back = taken.is_ok();
                    let failed =
                        |error: OpenError| AppendError::Unavailable(Unavailable(error.to_string()));
                    answer(to, taken.map_err(failed));
                    if is_back {
                        return;
                    }
                }
                Request::HandTo { successor, on } => {
                    self.shared.answering.send_replace(Answering::Successor(successor.clone()));
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

    fn take_back(&mut self) -> Result<(), OpenError> {
        self.volume.take_back()?;
        let opened = guarded(|| self.volume.open()).and_then(|database| self.go_on_with(database));
        match opened {
            Ok(()) => {
                self.shared.answering.send_replace(Answering::Itself);
                info!("took the log back");
            }
            Err(_) => self.volume.let_go(),
        }
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
        Request::LetGo { answer: to } | Request::TakeBack { answer: to } => {
            let why = Unavailable("the log was handed over".into());
            answer(to, Err(AppendError::Unavailable(why)));
        }
        Request::Check | Request::HandTo { .. } => {}
    }
}
