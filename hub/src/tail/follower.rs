//! A follower of topics: what the tail has of them after a position.

use std::{fmt, sync::Arc};

use tokio::sync::Notify;

use super::{
    entry::Entry,
    newest::{Followed, Tail},
};
use crate::{cursor::Cursor, frame::Format, selector::Selected};

/// A follower of topics. Dropping it is leaving.
pub struct Follower {
    tail: Tail,
    id: u64,
    topics: Vec<Selected>,
    woken: Arc<Notify>,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("topics", &self.topics).finish_non_exhaustive()
    }
}

/// What the tail has after a position.
#[derive(Debug)]
pub enum Taken {
    /// The tail no longer reaches back to that place: the log has to be read.
    Behind,
    /// All events of the topics up to and with the position `through`.
    Events {
        /// The events, in order.
        entries: Vec<Arc<Entry>>,
        /// As far as the reader has come with them.
        through: Cursor,
    },
}

impl Tail {
    /// Follows topics and prefixes until the follower is dropped.
    #[must_use]
    pub fn follow(&self, topics: Vec<Selected>) -> Follower {
        let woken = Arc::new(Notify::new());
        let mut held = self.held();
        let id = held.next_follower;
        held.next_follower += 1;
        for Selected { selector, .. } in &topics {
            // Of a prefix that nobody followed, no events were kept: they have to be read from the log.
            let floor = if selector.is_prefix() { held.last.sequence } else { held.floor };
            let followed = held
                .topics
                .entry(selector.name().into())
                .or_insert_with(|| Followed { floor, ..Followed::default() });
            followed.followers.insert(id, woken.clone());
        }
        drop(held);
        Follower { tail: self.clone(), id, topics, woken }
    }
}

impl Follower {
    /// The topics.
    #[must_use]
    pub fn topics(&self) -> &[Selected] {
        &self.topics
    }

    /// Takes the events after a place; after the first, none that would bring the frames above
    /// `bytes`.
    #[must_use]
    pub fn take(&self, after: Cursor, format: Format, bytes: usize) -> Taken {
        let held = self.tail.held();
        let names = || self.topics.iter().map(|selected| selected.selector.name());
        let followed = || names().filter_map(|name| held.topics.get(name));
        if after == held.last {
            return Taken::Events { entries: Vec::new(), through: after };
        }
        if after.sequence >= held.last.sequence
            || followed().any(|followed| followed.floor > after.sequence)
        {
            return Taken::Behind;
        }
        // Each topic's events lie in order: of the next of each, the lowest comes next.
        let mut next: Vec<_> = followed()
            .map(|followed| {
                let begin = followed
                    .entries
                    .partition_point(|entry| entry.event.sequence <= after.sequence);
                followed.entries.range(begin..).peekable()
            })
            .collect();
        let (mut entries, mut length): (Vec<Arc<Entry>>, usize) = (Vec::new(), 0);
        loop {
            let lowest = next.iter_mut().filter_map(|one| one.peek().copied());
            let Some(entry) = lowest.min_by_key(|entry| entry.event.sequence) else {
                return Taken::Events { entries, through: held.last };
            };
            length += entry.most(format);
            if !entries.is_empty() && length > bytes {
                let through = entries.last().map_or(after, |entry| entry.event.id());
                return Taken::Events { entries, through };
            }
            for one in &mut next {
                one.next_if(|same| same.event.sequence == entry.event.sequence);
            }
            entries.push(entry.clone());
        }
    }

    /// Returns when there may be something new; at once where there was since the last time.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut held = self.tail.held();
        for Selected { selector, .. } in &self.topics {
            let name = selector.name();
            if let Some(followed) = held.topics.get_mut(name) {
                followed.followers.remove(&self.id);
                let kept = !followed.entries.is_empty() && !selector.is_prefix();
                if followed.followers.is_empty() && !kept {
                    held.topics.remove(name);
                }
            }
        }
    }
}
