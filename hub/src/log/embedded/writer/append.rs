//! Commits the events of a batch together, then answers each publisher.

use std::collections::BTreeSet;

use super::{
    SLICE, Writer,
    batch::{Batch, tell},
};
use crate::log::{
    self, AppendError,
    embedded::{readiness::RESERVE, store::Placed},
};

/// How much room an event needs, in times its bytes: pages are powers of two, and rewritten.
const ROOM_FACTOR: u64 = 4;

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
            Err(why) => Err(AppendError::Unavailable(why)),
        }
    }
}
