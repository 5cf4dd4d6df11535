//! The newest events, by the topics that they are published to and the prefixes that are followed.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    entry::{Entry, Lender},
    wake::Wake,
};
use crate::{
    budget::Budget,
    cursor::Cursor,
    event::{Event, Topic},
    selector::{is_prefix, names},
};

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
    bounds: Bounds,
    lender: Lender,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug)]
pub(super) struct Held {
    /// The last event that was pushed.
    pub(super) last: Cursor,
    /// The highest sequence of an event that fell out.
    pub(super) floor: u64,
    bytes: usize,
    entries: VecDeque<Arc<Entry>>,
    /// Topics and prefixes, by their names.
    pub(super) topics: HashMap<Arc<str>, Followed>,
    pub(super) next_follower: u64,
}

/// A topic that the tail holds events of, or a topic or prefix that someone follows.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) entries: VecDeque<Arc<Entry>>,
    /// The highest sequence of an event of this topic that may have fallen out.
    pub(super) floor: u64,
    pub(super) followers: HashMap<u64, Arc<dyn Wake>>,
}

impl Tail {
    /// An empty tail of a log with this last event.
    #[must_use]
    pub fn new(last: Cursor, bounds: Bounds) -> Self {
        let held = Held {
            last,
            floor: last.sequence,
            bytes: 0,
            entries: VecDeque::new(),
            topics: HashMap::new(),
            next_follower: 0,
        };
        Self { bounds, lender: Lender::default(), held: Arc::new(Mutex::new(held)) }
    }

    /// Says in which budget frames count that it no longer holds, and readers have not sent yet.
    pub fn lend_from(&self, budget: &Budget) {
        // The first one counts.
        let _ = self.lender.set(budget.clone());
    }

    /// The sequence of the newest event; 0 where there never was one.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.position().sequence
    }

    /// How much it holds.
    #[must_use]
    pub fn size(&self) -> Bounds {
        let held = self.held();
        Bounds { events: held.entries.len(), bytes: held.bytes }
    }

    /// The position after the newest event.
    #[must_use]
    pub fn position(&self) -> Cursor {
        self.held().last
    }

    /// Adds durable events, in the order of their sequence, and wakes who follows their topics.
    pub fn push(&self, events: Vec<Event>) {
        let entry = |event| Arc::new(Entry::new(event, self.lender.clone()));
        // Made before the lock is taken: readers need not wait for it.
        let entries: Vec<Arc<Entry>> = events.into_iter().map(entry).collect();
        let mut woken: HashMap<u64, Arc<dyn Wake>> = HashMap::new();
        let mut held = self.held();
        for entry in entries {
            held.last = entry.event.id();
            held.bytes += entry.cost();
            held.entries.push_back(entry.clone());
            for name in names(&entry.event.draft.topics) {
                let Some(followed) = held.followed(name) else { continue };
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
        woken.into_values().for_each(|woken| woken.wake());
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
                concerned
                    .extend(names(&draft.topics).map(|name| (Arc::<str>::from(name), *sequence)));
            }
            stays
        });
        let mut woken: HashMap<u64, Arc<dyn Wake>> = HashMap::new();
        for (topic, last) in concerned {
            let Some(followed) = topics.get_mut(&*topic) else { continue };
            followed.entries.retain(|entry| !sequences.contains(&entry.event.sequence));
            followed.floor = followed.floor.max(last);
            // So that a reader that has not come that far hears of the gap now.
            woken.extend(followed.followers.iter().map(|(id, woken)| (*id, woken.clone())));
            if followed.entries.is_empty() && followed.followers.is_empty() {
                topics.remove(&topic);
            }
        }
        drop(held);
        woken.into_values().for_each(|woken| woken.wake());
    }

    /// Takes out one event that the log no longer has, and that those who did not get it are not to miss.
    pub fn remove(&self, sequence: u64) {
        let mut held = self.held();
        let Held { entries, topics, bytes, .. } = &mut *held;
        let Ok(place) = entries.binary_search_by_key(&sequence, |entry| entry.event.sequence)
        else {
            return;
        };
        let Some(entry) = entries.remove(place) else { return };
        *bytes -= entry.cost();
        for name in names(&entry.event.draft.topics) {
            let Some(followed) = topics.get_mut(name) else { continue };
            followed.entries.retain(|entry| entry.event.sequence != sequence);
            if followed.entries.is_empty() && followed.followers.is_empty() {
                topics.remove(name);
            }
        }
    }

    /// Holds nothing, and begins again after a position: what lies before it has to be read from the log.
    pub fn begin_after(&self, last: Cursor) {
        let mut held = self.held();
        held.entries.clear();
        // Whoever was as far on as this once was, or further than it is now, has to ask the log.
        let parted = held.last != last && held.last.sequence >= last.sequence;
        let floor = if parted { held.last.sequence + 1 } else { last.sequence };
        (held.last, held.floor, held.bytes) = (last, floor, 0);
        held.topics.retain(|_, followed| {
            followed.entries.clear();
            followed.floor = floor;
            followed.followers.values().for_each(|woken| woken.wake());
            !followed.followers.is_empty()
        });
    }

    /// How many follow at least one of the topics, or a prefix of one.
    #[must_use]
    pub fn followers(&self, topics: &[Topic]) -> usize {
        let held = self.held();
        let mut followed = names(topics)
            .filter_map(|name| held.topics.get(name))
            .filter(|followed| !followed.followers.is_empty());
        let Some(first) = followed.next() else { return 0 };
        let readers = |who: &Arc<dyn Wake>| who.readers();
        let Some(second) = followed.next() else {
            return first.followers.values().map(readers).sum();
        };
        let all = [first, second].into_iter().chain(followed);
        let all: HashMap<_, _> = all.flat_map(|one| &one.followers).collect();
        all.into_values().map(readers).sum()
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Where an event that is found by a name goes; `None` for a prefix that nobody follows.
    fn followed(&mut self, name: &str) -> Option<&mut Followed> {
        if !self.topics.contains_key(name) {
            if is_prefix(name) {
                return None;
            }
            let followed = Followed { floor: self.floor, ..Followed::default() };
            self.topics.insert(name.into(), followed);
        }
        self.topics.get_mut(name)
    }

    /// Lets the oldest event fall out.
    fn evict(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.bytes -= entry.cost();
        self.floor = self.floor.max(entry.event.sequence);
        let sequence = entry.event.sequence;
        for name in names(&entry.event.draft.topics) {
            let Some(followed) = self.topics.get_mut(name) else { continue };
            // A prefix that was not followed yet when it came does not have it.
            if followed.entries.front().is_some_and(|first| first.event.sequence == sequence) {
                followed.entries.pop_front();
            }
            followed.floor = followed.floor.max(sequence);
            if followed.entries.is_empty() && followed.followers.is_empty() {
                self.topics.remove(name);
            }
        }
    }
}
