//! The tail: the newest events of the log in memory, and who waits for the next.

mod entry;
mod follower;

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    budget::Budget,
    cursor::{Cursor, Epoch},
    event::{Event, Topic},
};

pub use entry::Entry;
use entry::Lender;
pub use follower::{Follower, Taken};

/// How much the tail holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// So many events. Default 16,384.
    pub events: usize,
    /// So many bytes, frames and names and all. Default 32 MiB. The newest event is held all the same.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { events: 16 * 1024, bytes: 32 * 1024 * 1024 }
    }
}

/// The newest events. A cheap handle.
#[derive(Clone, Debug)]
pub struct Tail {
    epoch: Epoch,
    bounds: Bounds,
    lender: Lender,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    /// The sequence of the last event that was pushed.
    last: u64,
    /// The highest sequence of an event that fell out.
    floor: u64,
    bytes: usize,
    entries: VecDeque<Arc<Entry>>,
    topics: HashMap<Topic, Followed>,
    next_follower: u64,
}

/// A topic that the tail holds events of, or that someone follows.
#[derive(Debug, Default)]
struct Followed {
    entries: VecDeque<Arc<Entry>>,
    /// The highest sequence of an event of this topic that may have fallen out.
    floor: u64,
    followers: HashMap<u64, Arc<Notify>>,
}

impl Tail {
    /// An empty tail of a log whose last event has the sequence `last`.
    #[must_use]
    pub fn new(epoch: Epoch, last: u64, bounds: Bounds) -> Self {
        let held = Held { last, floor: last, ..Held::default() };
        Self { epoch, bounds, lender: Lender::default(), held: Arc::new(Mutex::new(held)) }
    }

    /// Says in which budget frames count that it no longer holds, and readers have not sent yet.
    pub fn lend_from(&self, budget: &Budget) {
        // The first one counts.
        let _ = self.lender.set(budget.clone());
    }

    /// The sequence of the newest event; 0 where there never was one.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.held().last
    }

    /// Adds durable events, in the order of their sequence, and wakes who follows their topics.
    pub fn push(&self, events: Vec<Event>) {
        let entry = |event: Event| {
            let id = Cursor { epoch: self.epoch, sequence: event.sequence };
            Arc::new(Entry::new(id, event, self.lender.clone()))
        };
        // Made before the lock is taken: readers need not wait for it.
        let entries: Vec<Arc<Entry>> = events.into_iter().map(entry).collect();
        let mut woken = HashMap::new();
        let mut held = self.held();
        for entry in entries {
            held.last = entry.event.sequence;
            held.bytes += entry.cost();
            held.entries.push_back(entry.clone());
            let floor = held.floor;
            for topic in &entry.event.draft.topics {
                let followed = held
                    .topics
                    .entry(topic.clone())
                    .or_insert_with(|| Followed { floor, ..Followed::default() });
                followed.entries.push_back(entry.clone());
                woken.extend(followed.followers.iter().map(|(id, woken)| (*id, woken.clone())));
            }
            while held.entries.len() > self.bounds.events
                || (held.bytes > self.bounds.bytes && held.entries.len() > 1)
            {
                held.evict();
            }
        }
        drop(held);
        woken.into_values().for_each(|woken| woken.notify_one());
    }

    /// Takes out what the log no longer has.
    pub fn purge(&self, sequences: &BTreeSet<u64>) {
        let mut held = self.held();
        let Held { entries, topics, bytes, floor, .. } = &mut *held;
        let mut concerned = HashMap::new();
        entries.retain(|entry| {
            let stays = !sequences.contains(&entry.event.sequence);
            if !stays {
                *bytes -= entry.cost();
                *floor = entry.event.sequence.max(*floor);
                let Event { sequence, draft, .. } = &entry.event;
                concerned.extend(draft.topics.iter().map(|topic| (topic.clone(), *sequence)));
            }
            stays
        });
        let mut woken = HashMap::new();
        for (topic, last) in concerned {
            let Some(followed) = topics.get_mut(&topic) else { continue };
            followed.entries.retain(|entry| !sequences.contains(&entry.event.sequence));
            followed.floor = followed.floor.max(last);
            // So that a reader that has not come that far hears of the gap now.
            woken.extend(followed.followers.iter().map(|(id, woken)| (*id, woken.clone())));
            if followed.entries.is_empty() && followed.followers.is_empty() {
                topics.remove(&topic);
            }
        }
        drop(held);
        woken.into_values().for_each(|woken| woken.notify_one());
    }

    /// Holds nothing, and begins anew after a place: what lies before it has to be read from the log.
    pub fn begin_after(&self, last: u64) {
        let mut held = self.held();
        held.entries.clear();
        (held.last, held.floor, held.bytes) = (last, last, 0);
        held.topics.retain(|_, followed| {
            followed.entries.clear();
            followed.floor = last;
            followed.followers.values().for_each(|woken| woken.notify_one());
            !followed.followers.is_empty()
        });
    }

    /// Follows topics until the follower is dropped.
    #[must_use]
    pub fn follow(&self, topics: Vec<Topic>) -> Follower {
        let woken = Arc::new(Notify::new());
        let mut held = self.held();
        let id = held.next_follower;
        held.next_follower += 1;
        let floor = held.floor;
        for topic in &topics {
            let followed = held
                .topics
                .entry(topic.clone())
                .or_insert_with(|| Followed { floor, ..Followed::default() });
            followed.followers.insert(id, woken.clone());
        }
        drop(held);
        Follower { tail: self.clone(), id, topics, woken }
    }

    /// How many follow at least one of the topics.
    #[must_use]
    pub fn followers(&self, topics: &[Topic]) -> usize {
        let held = self.held();
        let followed = || topics.iter().filter_map(|topic| held.topics.get(topic));
        match topics {
            [_] => followed().map(|followed| followed.followers.len()).sum(),
            _ => followed().flat_map(|one| one.followers.keys()).collect::<HashSet<_>>().len(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Lets the oldest event fall out.
    fn evict(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.bytes -= entry.cost();
        self.floor = self.floor.max(entry.event.sequence);
        for topic in &entry.event.draft.topics {
            if let Some(followed) = self.topics.get_mut(topic) {
                followed.entries.pop_front();
                followed.floor = followed.floor.max(entry.event.sequence);
                if followed.entries.is_empty() && followed.followers.is_empty() {
                    self.topics.remove(topic);
                }
            }
        }
    }
}
