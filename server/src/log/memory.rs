//! The log in memory, for tests and `--ephemeral`: gone with the process.

mod keys;

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};

use super::{
    AppendError, Bounds, Key, Log, Order, Page, Query, Retention, TopicCount, Unavailable,
    retention, wall::Wall,
};
use crate::{
    Clock,
    cursor::Epoch,
    event::{Draft, Event, Topic, encoded_size},
    grant::Grant,
    log,
    tail::{self, Tail},
};
use keys::Keys;

/// Between two looks at the age of every topic's events, in microseconds.
const SWEEP_AFTER: u64 = 1_000_000;

/// A log that forgets everything with the process.
#[derive(Debug)]
pub struct Memory {
    epoch: Epoch,
    retention: Retention,
    tail: Tail,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    wall: Wall,
    last: u64,
    /// When every topic's events were last looked at for their age.
    swept: i64,
    bytes: u64,
    events: BTreeMap<u64, Arc<Event>>,
    topics: BTreeMap<Topic, Kept>,
    keys: Keys,
}

/// What there is of a topic.
#[derive(Debug, Default)]
struct Kept {
    sequences: BTreeSet<u64>,
    bytes: u64,
    private: u64,
    dropped: u64,
    /// The same of the events that were not private.
    dropped_public: u64,
}

impl Kept {
    fn dropped(&self, grant: &Grant) -> u64 {
        if grant.reads_some() { self.dropped } else { self.dropped_public }
    }
}

impl Memory {
    /// An empty log, whose events bear `clock`'s time.
    #[must_use]
    pub fn new(clock: Clock, retention: Retention, tail: tail::Bounds) -> Self {
        let epoch = Epoch(fastrand::u64(..));
        let held = Mutex::new(Held::new(clock));
        Self { epoch, retention, tail: Tail::new(epoch, 0, tail), held }
    }

    /// What is held now, without what is too old.
    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic in here has left nothing half-done that would matter more than going on.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.sweep(&self.retention);
        held
    }
}

impl Log for Memory {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn tail(&self) -> &Tail {
        &self.tail
    }

    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<u64, AppendError>> {
        let mut held = self.held();
        let appended = held.append(draft, key).map(|appended| match appended {
            Appended::Before(sequence) => sequence,
            Appended::Now(event) => {
                held.retain(&self.retention, &event.draft.topics);
                let sequence = event.sequence;
                self.tail.push(vec![event]);
                sequence
            }
        });
        async { appended }.boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        let page = self.held().read(&query);
        async { Ok(page) }.boxed()
    }

    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        let count = self.held().find(&query).len().min(query.limit) as u64;
        async move { Ok(count) }.boxed()
    }

    fn topics(
        &self,
        prefix: String,
        after: Option<Topic>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        let held = self.held();
        let found = held.topics.iter().filter(|(topic, kept)| {
            topic.as_str().starts_with(&prefix)
                && after.as_ref().is_none_or(|after| *topic > after)
                && !kept.sequences.is_empty()
        });
        let list = found
            .take(limit)
            .map(|(topic, kept)| TopicCount {
                topic: topic.clone(),
                events: kept.sequences.len() as u64,
                private: kept.private,
            })
            .collect();
        async { Ok(list) }.boxed()
    }

    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        let mut held = self.held();
        let kept = held.topics.get(&topic).map(|kept| kept.sequences.range(..before));
        let sequences: BTreeSet<u64> = kept.into_iter().flatten().copied().collect();
        let mut removed = 0;
        for sequence in &sequences {
            let event = held.drop_event(*sequence);
            removed += u64::from(event.is_some_and(|event| !event.draft.is_notice()));
        }
        self.tail.purge(&sequences);
        async move { Ok(removed) }.boxed()
    }

    fn held(&self) -> log::Held {
        let held = self.held();
        log::Held { events: held.events.len() as u64, bytes: held.bytes }
    }

    fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

enum Appended {
    Before(u64),
    Now(Event),
}

impl Held {
    fn new(clock: Clock) -> Self {
        Self {
            wall: Wall::new(clock, 0),
            last: 0,
            swept: 0,
            bytes: 0,
            events: BTreeMap::new(),
            topics: BTreeMap::new(),
            keys: Keys::default(),
        }
    }

    fn append(&mut self, draft: Draft, key: Option<Key>) -> Result<Appended, AppendError> {
        let now = self.wall.look(self.last);
        self.keys.forget(&self.wall);
        if let Some(key) = key
            && let Some(known) = self.keys.place(key, &draft, self.last + 1, now)
        {
            return known.map(Appended::Before);
        }
        self.last += 1;
        let event = Event { sequence: self.last, at: now, draft };
        let size = retention::size(&event);
        for topic in &event.draft.topics {
            let kept = self.topics.entry(topic.clone()).or_default();
            kept.sequences.insert(self.last);
            kept.bytes += size;
            kept.private += u64::from(event.draft.private);
        }
        self.bytes += size;
        self.events.insert(self.last, Arc::new(event.clone()));
        Ok(Appended::Now(event))
    }

    /// Drops what exceeds the bounds of the whole and of these topics.
    fn retain(&mut self, retention: &Retention, topics: &[Topic]) {
        while let Some((sequence, _)) = self.events.first_key_value() {
            let (sequence, held) = (*sequence, (self.events.len() as u64, self.bytes));
            if !self.exceeds(&retention.total, held, sequence) {
                break;
            }
            self.drop_event(sequence);
        }
        for topic in topics {
            let bounds = retention.of(topic);
            while let Some(kept) = self.topics.get(topic)
                && let Some(first) = kept.sequences.first().copied()
                && self.exceeds(&bounds, (kept.sequences.len() as u64, kept.bytes), first)
            {
                self.drop_from(first, topic);
            }
        }
    }

    /// Whether there is too much, or the event `oldest` is too old.
    fn exceeds(&mut self, bounds: &Bounds, (events, bytes): (u64, u64), oldest: u64) -> bool {
        if bounds.are_exceeded_by(events, bytes) || bounds.are_ageless() {
            return bounds.are_exceeded_by(events, bytes);
        }
        let Some(stamp) = self.events.get(&oldest).map(|event| event.at) else { return false };
        let Ok(published) = self.wall.published((oldest, stamp), |sequence| {
            let next = self.events.range(sequence + 1..).next();
            Ok::<_, Infallible>(next.map(|(after, event)| (*after, event.at)))
        });
        bounds.are_outlived(published, self.wall.now())
    }

    /// Looks at every topic now and then: events age where nothing is published.
    fn sweep(&mut self, retention: &Retention) {
        let now = self.wall.look(self.last);
        if now.abs_diff(self.swept) >= SWEEP_AFTER {
            self.swept = now;
            let some = self.topics.iter().filter(|(_, kept)| !kept.sequences.is_empty());
            let topics: Vec<Topic> = some.map(|(topic, _)| topic.clone()).collect();
            self.retain(retention, &topics);
        }
    }

    /// Takes an event out of one topic, and out of the log where that was its last.
    fn drop_from(&mut self, sequence: u64, topic: &Topic) {
        let Some(event) = self.events.get(&sequence).cloned() else { return };
        let size = retention::size(&event);
        if let Some(kept) = self.topics.get_mut(topic)
            && kept.sequences.remove(&sequence)
        {
            kept.bytes -= size;
            kept.private -= u64::from(event.draft.private);
            kept.dropped = kept.dropped.max(sequence);
            if !event.draft.private {
                kept.dropped_public = kept.dropped_public.max(sequence);
            }
        }
        let elsewhere = event.draft.topics.iter().any(|topic| {
            self.topics.get(topic).is_some_and(|kept| kept.sequences.contains(&sequence))
        });
        if !elsewhere {
            self.events.remove(&sequence);
            self.bytes -= size;
        }
    }

    /// Takes an event out of all its topics.
    fn drop_event(&mut self, sequence: u64) -> Option<Arc<Event>> {
        let event = self.events.get(&sequence).cloned()?;
        for topic in &event.draft.topics {
            self.drop_from(sequence, topic);
        }
        Some(event)
    }

    fn read(&self, query: &Query) -> Page {
        let mut page = Page {
            dropped: self.kept(query).map(|kept| kept.dropped(&query.grant)).max().unwrap_or(0),
            last: self.last,
            ..Page::default()
        };
        let found = self.find(query);
        let mut found = found.iter();
        let mut bytes = 0;
        while page.events.len() < query.limit && bytes < query.bytes {
            let Some(event) = found.next() else { return page };
            bytes += encoded_size(&event.draft.data);
            page.events.push((***event).clone());
        }
        page.more = found.next().is_some();
        page
    }

    fn kept(&self, query: &Query) -> impl Iterator<Item = &Kept> {
        query.topics.iter().filter_map(|topic| self.topics.get(topic))
    }

    /// The same without those of which the grant shows nothing: how many private events there are is
    /// not told by how long an answer takes.
    fn shown(&self, query: &Query) -> impl Iterator<Item = &Kept> {
        let shows =
            |kept: &&Kept| query.grant.reads_some() || kept.sequences.len() as u64 > kept.private;
        self.kept(query).filter(shows)
    }

    /// The events that a query finds, in its order: no more than its limit, and one that tells whether
    /// there are others.
    fn find(&self, query: &Query) -> Vec<&Arc<Event>> {
        if query.after.saturating_add(1) >= query.before {
            return Vec::new();
        }
        let visible = |sequence: &u64| {
            let event = self.events.get(sequence)?;
            query.grant.sees(event.draft.private, &event.draft.topics).then_some((*sequence, event))
        };
        let enough = query.limit.saturating_add(1);
        let ranges =
            self.shown(query).map(|kept| kept.sequences.range(query.after + 1..query.before));
        let found: BTreeMap<u64, &Arc<Event>> = match query.order {
            Order::Forwards => {
                ranges.flat_map(|range| range.filter_map(visible).take(enough)).collect()
            }
            Order::Backwards => {
                ranges.flat_map(|range| range.rev().filter_map(visible).take(enough)).collect()
            }
        };
        match query.order {
            Order::Forwards => found.into_values().take(enough).collect(),
            Order::Backwards => found.into_values().rev().take(enough).collect(),
        }
    }
}
