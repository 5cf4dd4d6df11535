//! Upkeep: purges, retention and other work beside publishing, in slices between the batches.

use std::{collections::BTreeSet, sync::PoisonError, time::Instant};

use tracing::{error, info};

use super::{LOOK_AT_AGE, SLICE, Writer, purge::Purge};
use crate::{
    cursor::Cursor,
    event::{Event, Topic},
    log::{
        self, AppendError, Unavailable,
        embedded::{
            listing,
            request::{Answer, answer},
        },
    },
};

/// Below this much room on the disk, in bytes, nothing is removed either: that rewrites pages too.
const ROOM_TO_REMOVE: u64 = 1024 * 1024;

/// How many topics' events are looked at for their age in one go.
const TOPICS_AT_ONCE: usize = 256;

impl Writer {
    /// Does what is due beside publishing: purges, retention, a commit that is quick to start from.
    pub(super) fn tidy(&mut self) {
        let usable = self.open_if_failed().and_then(|()| self.ask_for_place());
        if let Err(why) = usable.and_then(|()| self.ask_for_room_to_remove()) {
            for purge in self.purges.drain(..) {
                answer(purge.answer, Err(why.clone()));
            }
            // Until the next look at the age: there may be room by then.
            self.behind = false;
            self.looked_at_age = Instant::now();
            return;
        }
        if let Some(purge) = self.purges.pop_front() {
            self.go_on(purge);
        } else if self.behind || self.looked_at_age.elapsed() >= LOOK_AT_AGE {
            self.retain();
        } else if self.unverified {
            self.check();
        }
    }

    /// Commits nothing, in the way that a start need not verify; a failure is dealt with there.
    pub(super) fn check(&mut self) {
        let _ = self.commit(true, |_| Ok(()));
    }

    /// Removes some events of a purge.
    fn go_on(&mut self, mut purge: Purge) {
        let Purge { topic, through, .. } = &purge;
        let mut purged = BTreeSet::new();
        let committed = self.commit_if_any(|change| {
            let notices;
            (purged, notices) = change.purge(topic, *through, SLICE)?;
            Ok(((purged.len() - notices) as u64, purged.len()))
        });
        // Also where nobody can say whether they are gone: then the log is asked, and not the tail.
        self.tail.purge(&purged);
        match committed {
            Ok(removed) => purge.removed += removed,
            Err(why) => return answer(purge.answer, Err(why)),
        }
        if purged.len() == SLICE {
            self.purges.push_front(purge);
        } else {
            answer(purge.answer, Ok(purge.removed));
        }
    }

    /// Removes one event.
    pub(super) fn remove(&mut self, topic: &Topic, id: Cursor, to: Answer<Option<Event>>) {
        let usable = self.open_if_failed().and_then(|()| self.ask_for_place());
        let room = usable.and_then(|()| self.ask_for_room_to_remove());
        let removed = room.and_then(|()| {
            self.commit_if_any(|change| {
                let removed = change.remove(topic, id)?;
                let changes = usize::from(removed.is_some());
                Ok((removed, changes))
            })
        });
        if !matches!(removed, Ok(None)) {
            // Also where nobody can say whether it is gone: then the log is asked, and not the tail.
            self.tail.remove(id.sequence);
        }
        answer(to, removed);
    }

    /// Drops some of what exceeds the bounds, of the whole and of a few topics in turn.
    fn retain(&mut self) {
        let (_, mut wall) = self.look_at_clock();
        self.looked_at_age = Instant::now();
        self.behind = false;
        let (retention, looked_at) = (self.retention.clone(), self.looked_at.clone());
        let topics = if retention.rules.is_empty() { 0 } else { TOPICS_AT_ONCE };
        let seal = self.shared.seal;
        let names = {
            let database = self.shared.database.read().unwrap_or_else(PoisonError::into_inner);
            let names = |database| listing::names_after(database, seal, looked_at.as_ref(), topics);
            database.as_ref().map_or(Ok(Vec::new()), names)
        };
        let names = match names {
            Ok(names) => names,
            Err(error) => return self.fail(&error),
        };
        let committed = self.commit_if_any(|change| {
            let mut dropped = change.retain(&retention, &mut wall, SLICE)?;
            let mut behind = dropped == SLICE;
            for topic in &names {
                let of_topic = change.retain_topic(topic, &retention, &mut wall, SLICE)?;
                behind |= of_topic == SLICE;
                dropped += of_topic;
            }
            dropped += change.forget_keys(&wall, log::most_keys(&retention), SLICE)?;
            Ok(((behind, wall), dropped))
        });
        if let Ok((behind, wall)) = committed {
            self.wall = wall;
            self.behind = behind || names.len() == topics && topics > 0;
            self.looked_at = names.last().filter(|_| names.len() == topics).cloned();
        }
    }

    /// Refuses to remove events if there is not even room for that.
    pub(super) fn ask_for_room_to_remove(&self) -> Result<(), AppendError> {
        match self.room() {
            Ok(room) if room < ROOM_TO_REMOVE => Err(AppendError::Full),
            // If that is unknown, the storage will report it.
            _ => Ok(()),
        }
    }

    /// Refuses to write into a file that a later start would not find.
    pub(super) fn ask_for_place(&self) -> Result<(), AppendError> {
        let readiness = &self.shared.readiness;
        let waiting = readiness.begin();
        let found = self.volume.is_in_place();
        drop(waiting);
        if readiness.is_in_place(&found) {
            match &found {
                Err(Unavailable(why)) => {
                    error!(%why, "log is not in its place; refusing to publish until it is back");
                }
                Ok(()) => info!("log is back in its place"),
            }
        }
        found.map_err(AppendError::Unavailable)
    }

    /// The free space in bytes; also recorded for the log's readiness.
    pub(super) fn room(&self) -> Result<u64, Unavailable> {
        let readiness = &self.shared.readiness;
        let waiting = readiness.begin();
        let room = self.volume.room().map_err(|error| Unavailable(error.to_string()));
        drop(waiting);
        readiness.has_room(room.clone());
        room
    }
}
