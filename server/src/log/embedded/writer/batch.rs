//! A batch: the events that have gathered go in, one commit later each publisher is answered.

use std::{collections::BTreeSet, sync::mpsc::Receiver, thread};

use super::{Answer, RESERVE, Request, SLICE, Share, Writer, answer};
use crate::{
    cursor::Cursor,
    event::Draft,
    log::{self, AppendError, Key, Unavailable, embedded::store::Placed, retention},
};

/// What one commit holds at most.
const EVENTS: usize = 1024;
const BYTES: u64 = 4 * 1024 * 1024;

/// How much room an event needs, in times its bytes: pages are powers of two, and written anew.
const ROOM_FACTOR: u64 = 4;

/// Events that wait for the next commit.
#[derive(Default)]
pub(super) struct Batch {
    drafts: Vec<(Draft, Option<Key>)>,
    answers: Vec<(Answer<Cursor>, Share)>,
    bytes: u64,
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

    fn refuse(self, why: &AppendError) {
        self.answers.into_iter().for_each(|(to, share)| tell(to, share, Err(why.clone())));
    }

    /// Refuses all but the notices of purges, which take little and have what takes more removed.
    fn refuse_all_but_notices(self, why: &AppendError) -> Self {
        let both = self.drafts.into_iter().zip(self.answers);
        let (notices, others): (Vec<_>, Vec<_>) = both.partition(|((one, _), _)| one.is_notice());
        others.into_iter().for_each(|(_, (to, share))| tell(to, share, Err(why.clone())));
        let (drafts, answers) = notices.into_iter().unzip();
        Self { drafts, answers, ..Self::default() }
    }
}

impl Writer {
    /// Commits a batch, and answers it.
    pub(super) fn append(&mut self, mut batch: Batch) {
        if let Err(why) = self.open_if_failed().and_then(|()| self.ask_for_place()) {
            return batch.refuse(&why);
        }
        if let Err(why) = self.ask_for_room(batch.bytes) {
            batch = batch.refuse_all_but_notices(&why);
            if batch.is_empty() {
                return;
            }
            if let Err(why) = self.ask_for_room_to_remove() {
                return batch.refuse(&why);
            }
        }
        let (now, mut wall) = self.look_at_clock();
        let most = SLICE + 2 * batch.drafts.len();
        let retention = self.retention.clone();
        let drafts = std::mem::take(&mut batch.drafts);
        let keyed = drafts.iter().any(|(_, key)| key.is_some());
        let committed = self.commit(false, |change| {
            let mut placed = Vec::with_capacity(drafts.len());
            let mut topics = BTreeSet::new();
            if keyed {
                change.forget_keys(&wall, log::most_keys(&retention), most)?;
            }
            for (draft, key) in drafts {
                topics.extend(draft.topics.iter().cloned());
                placed.push(change.append(draft, key.as_ref(), now)?);
            }
            let mut behind = change.retain(&retention, &mut wall, most)? == most;
            for topic in topics {
                behind |= change.retain_topic(&topic, &retention, &mut wall, most)? == most;
            }
            Ok((placed, behind, wall))
        });
        match committed {
            Ok((placed, behind, wall)) => {
                (self.behind, self.wall) = (behind, wall);
                self.deliver(placed, batch);
            }
            Err(why) => batch.refuse(&why),
        }
    }

    /// Hands durable events to the tail, then tells their publishers: that they are, unless the file was
    /// taken away while it was written.
    fn deliver(&self, placed: Vec<Placed>, batch: Batch) {
        let in_place = self.ask_for_place();
        let (mut events, mut told) = (Vec::new(), Vec::with_capacity(placed.len()));
        for placed in placed {
            told.push(match placed {
                Placed::Now(event) => {
                    let id = event.id();
                    events.push(event);
                    Ok(id)
                }
                Placed::Before(id) => Ok(id),
                Placed::Refused(why) => Err(why),
            });
        }
        self.tail.push(events);
        for ((to, share), told) in batch.answers.into_iter().zip(told) {
            tell(to, share, in_place.clone().and(told));
        }
    }

    /// Refuses what the disk may not have room for, before the engine is asked to write it.
    fn ask_for_room(&self, bytes: u64) -> Result<(), AppendError> {
        match self.room() {
            Ok(room) if room < RESERVE + ROOM_FACTOR * bytes => Err(AppendError::Full),
            Ok(_) => Ok(()),
            Err(why) => Err(AppendError::Unavailable(Unavailable(why))),
        }
    }
}

/// Answers one that does not wait any more: who hears of it finds the log as healthy as it is.
fn tell(to: Answer<Cursor>, share: Share, what: Result<Cursor, AppendError>) {
    drop(share);
    answer(to, what);
}
