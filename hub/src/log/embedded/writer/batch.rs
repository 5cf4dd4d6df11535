//! A batch: the events that are committed together, and those who wait for them.

use std::{sync::mpsc::Receiver, thread};

use crate::{
    cursor::Cursor,
    event::Draft,
    log::{
        AppendError, Key,
        embedded::request::{Answer, Request, Share, answer},
        retention,
    },
};

/// What one commit holds at most.
const EVENTS: usize = 1024;
const BYTES: u64 = 4 * 1024 * 1024;

/// Events that wait for the next commit.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) drafts: Vec<(Draft, Option<Key>)>,
    pub(super) answers: Vec<(Answer<Cursor>, Share)>,
    /// How many bytes they are, as retention counts them.
    pub(super) bytes: u64,
    yielded: u8,
}

impl Batch {
    pub(super) fn add(
        &mut self,
        draft: Draft,
        key: Option<Key>,
        answer: Answer<Cursor>,
        share: Share,
    ) {
        self.bytes += retention::size_of(&draft);
        self.drafts.push((draft, key));
        self.answers.push((answer, share));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// The next request, where one is there and the batch has room.
    pub(super) fn next(&mut self, requests: &Receiver<Request>) -> Option<Request> {
        while self.drafts.len() < EVENTS && self.bytes < BYTES {
            match requests.try_recv() {
                Ok(request) => return Some(request),
                // Those who were answered just now get a chance to hand in again.
                Err(_) if self.yielded < 2 => {
                    self.yielded += 1;
                    thread::yield_now();
                }
                Err(_) => return None,
            }
        }
        None
    }

    pub(super) fn refuse(self, why: &AppendError) {
        self.answers.into_iter().for_each(|(to, share)| tell(to, share, Err(why.clone())));
    }

    /// Refuses all but the notices of purges, which take little and have what takes more removed.
    pub(super) fn refuse_all_but_notices(self, why: &AppendError) -> Self {
        let both = self.drafts.into_iter().zip(self.answers);
        let (notices, others): (Vec<_>, Vec<_>) = both.partition(|((one, _), _)| one.is_notice());
        others.into_iter().for_each(|(_, (to, share))| tell(to, share, Err(why.clone())));
        let (drafts, answers) = notices.into_iter().unzip();
        Self { drafts, answers, ..Self::default() }
    }
}

/// Answers one that no longer waits: whoever hears of it finds the log as healthy as it is.
pub(super) fn tell(to: Answer<Cursor>, share: Share, what: Result<Cursor, AppendError>) {
    drop(share);
    answer(to, what);
}
