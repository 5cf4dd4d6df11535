//! The log in memory, for tests and `--ephemeral`: gone with the process.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};

use super::{
    AppendError, KEY_KEPT_FOR, Key, Log, Order, Page, Query, Retention, TopicCount, Unavailable,
    embedded::fingerprint, retention,
};
use crate::{
    Clock,
    cursor::Epoch,
    event::{Draft, Event, Topic, encoded_size},
    grant::Grant,
    log,
    tail::{self, Tail},
};

/// Between two looks at the age of every topic's events, in microseconds.
const SWEEP_AFTER: u64 = 1_000_000;

/// So many keys are kept at most; the oldest go first.
const MOST_KEYS: usize = 100_000;

/// A log that forgets everything with the process.
#[derive(Debug)]
pub struct Memory {
    epoch: Epoch,
    clock: Clock,
    retention: Retention,
    tail: Tail,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    last: u64,
    /// When every topic's events were last looked at for their age.
    swept: i64,
    bytes: u64,
    events: BTreeMap<u64, Arc<Event>>,
    topics: BTreeMap<Topic, Kept>,
    /// What tells the draft of a key from another, and its sequence.
    keys: HashMap<Key, ([u8; 32], u64)>,
    keys_by_age: VecDeque<(i64, Key)>,
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
        Self { epoch, clock, retention, tail: Tail::new(epoch, 0, tail), held: Mutex::default() }
    }

    /// What is held now, without what is too old.
    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic in here has left nothing half-done that would matter more than going on.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.sweep(&self.retention, self.clock.now());
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
        let now = self.clock.now();
        let appended = held.append(draft, key, now).map(|appended| match appended {
            Appended::Before(sequence) => sequence,
            Appended::Now(event) => {
                held.retain(&self.retention, &event.draft.topics, now);
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
    fn append(
        &mut self,
        draft: Draft,
        key: Option<Key>,
        now: i64,
    ) -> Result<Appended, AppendError> {
        while let Some((at, _)) = self.keys_by_age.front()
            && (now.saturating_sub(*at) > KEY_KEPT_FOR || self.keys.len() >= MOST_KEYS)
        {
            if let Some((_, key)) = self.keys_by_age.pop_front() {
                self.keys.remove(&key);
            }
        }
        if let Some(key) = key {
            let fingerprint = fingerprint(&draft);
            if let Some((known, sequence)) = self.keys.get(&key) {
                let same = *known == fingerprint;
                return same.then_some(Appended::Before(*sequence)).ok_or(AppendError::KeyUsed);
            }
            self.keys.insert(key.clone(), (fingerprint, self.last + 1));
            self.keys_by_age.push_back((now, key));
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
    fn retain(&mut self, retention: &Retention, topics: &[Topic], now: i64) {
        while let Some((sequence, oldest)) = self.events.first_key_value()
            && retention.total.exceeded(self.events.len() as u64, self.bytes, oldest.at, now)
        {
            self.drop_event(*sequence);
        }
        for topic in topics {
            let bounds = retention.of(topic);
            while let Some(kept) = self.topics.get(topic)
                && let Some(first) = kept.sequences.first().copied()
                && let Some(oldest) = self.events.get(&first)
                && bounds.exceeded(kept.sequences.len() as u64, kept.bytes, oldest.at, now)
            {
                self.drop_from(first, topic);
            }
        }
    }

    /// Looks at every topic now and then: events age where nothing is published.
    fn sweep(&mut self, retention: &Retention, now: i64) {
        if now.abs_diff(self.swept) >= SWEEP_AFTER {
            self.swept = now;
            let some = self.topics.iter().filter(|(_, kept)| !kept.sequences.is_empty());
            let topics: Vec<Topic> = some.map(|(topic, _)| topic.clone()).collect();
            self.retain(retention, &topics, now);
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
