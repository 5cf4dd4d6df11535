//! The log in memory, for tests and `--ephemeral`: gone with the process.

mod keys;

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};

use super::{
    AppendError, Bounds, Contents, Key, Listing, Log, Order, Page, Query, Retention, TopicCount,
    Unavailable, most_keys, retention, wall::Wall,
};
use crate::{
    Clock,
    cursor::{Cursor, Epoch, Spans},
    event::{Draft, Event, Topic, encoded_size},
    log,
    selector::{is_prefix, names},
    tail::{self, Tail},
};
use keys::Keys;

/// Between two looks at the age of every topic's events, in microseconds.
const SWEEP_AFTER: u64 = 1_000_000;

/// A log that forgets everything with the process.
#[derive(Debug)]
pub struct Memory {
    spans: Arc<Spans>,
    retention: Retention,
    tail: Tail,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    epoch: Epoch,
    wall: Wall,
    last: u64,
    /// When every topic's events were last looked at for their age.
    swept: i64,
    bytes: u64,
    events: BTreeMap<u64, Arc<Event>>,
    /// Those that were removed from among others, until they would have been dropped.
    removed: BTreeMap<u64, Arc<Event>>,
    /// Topics and prefixes, by their names.
    topics: BTreeMap<String, Kept>,
    keys: Keys,
}

/// What there is of a topic or a prefix.
#[derive(Debug, Default)]
struct Kept {
    /// The public events, and the private ones.
    classes: [Class; 2],
    bytes: u64,
}

#[derive(Debug, Default)]
struct Class {
    sequences: BTreeSet<u64>,
    dropped: u64,
}

impl Kept {
    fn class(&mut self, private: bool) -> &mut Class {
        &mut self.classes[usize::from(private)]
    }

    /// The classes that are shown to those who may see private events, or may not.
    fn shown(&self, private: bool) -> &[Class] {
        &self.classes[..=usize::from(private)]
    }

    fn events(&self) -> u64 {
        self.classes.iter().map(|class| class.sequences.len() as u64).sum()
    }

    fn first(&self) -> Option<u64> {
        self.classes.iter().filter_map(|class| class.sequences.first().copied()).min()
    }
}

impl Memory {
    /// An empty log, whose events bear `clock`'s time.
    #[must_use]
    pub fn new(clock: Clock, retention: Retention, tail: tail::Bounds) -> Self {
        let epoch = Epoch::random();
        let held = Held {
            epoch,
            wall: Wall::new(clock, 0),
            last: 0,
            swept: 0,
            bytes: 0,
            events: BTreeMap::new(),
            removed: BTreeMap::new(),
            topics: BTreeMap::new(),
            keys: Keys::default(),
        };
        let tail = Tail::new(Cursor { epoch, sequence: 0 }, tail);
        let spans = Arc::new(Spans::first(epoch));
        Self { spans, retention, tail, held: Mutex::new(held) }
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
    fn spans(&self) -> Arc<Spans> {
        self.spans.clone()
    }

    fn tail(&self) -> &Tail {
        &self.tail
    }

    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>> {
        let mut held = self.held();
        let appended = held.append(draft, key, &self.retention).map(|appended| match appended {
            Appended::Before(id) => id,
            Appended::Now(event) => {
                held.retain(&self.retention, &event.draft.topics);
                let id = event.id();
                self.tail.push(vec![event]);
                id
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

    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        let Listing { prefix, after, limit, private } = listing;
        let held = self.held();
        let count = |(name, kept): (&String, &Kept)| {
            let topic = Topic::held(name)?;
            let [public, hidden] =
                kept.classes.each_ref().map(|class| class.sequences.len() as u64);
            let shown = hidden > 0 && private.iter().any(|pattern| pattern.grants(&topic));
            let listed =
                name.starts_with(&prefix) && after.as_ref().is_none_or(|after| topic > *after);
            (listed && (public > 0 || shown)).then_some(TopicCount {
                topic,
                events: public + hidden,
                private: hidden,
            })
        };
        let list = held.topics.iter().filter_map(count).take(limit).collect();
        drop(held);
        async { Ok(list) }.boxed()
    }

    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        let mut held = self.held();
        let classes = held.topics.get(topic.as_str()).into_iter().flat_map(|kept| &kept.classes);
        let sequences: BTreeSet<u64> =
            classes.flat_map(|class| class.sequences.range(..before)).copied().collect();
        let mut removed = 0;
        for sequence in &sequences {
            let event = held.drop_event(*sequence, true);
            removed += u64::from(event.is_some_and(|event| !event.draft.is_notice()));
        }
        self.tail.purge(&sequences);
        async move { Ok(removed) }.boxed()
    }

    fn remove(
        &self,
        topic: Topic,
        id: Cursor,
    ) -> BoxFuture<'_, Result<Option<Event>, AppendError>> {
        let mut held = self.held();
        let ours = held.topics.get(topic.as_str()).is_some_and(|kept| {
            kept.classes.iter().any(|class| class.sequences.contains(&id.sequence))
        });
        let removed = if ours && id.epoch == held.epoch {
            self.tail.remove(id.sequence);
            let removed = held.drop_event(id.sequence, false);
            held.removed.extend(removed.iter().map(|event| (id.sequence, event.clone())));
            removed.map(|event| (*event).clone())
        } else {
            None
        };
        async { Ok(removed) }.boxed()
    }

    fn back_up(&self, _: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>> {
        async { Err(io::Error::new(io::ErrorKind::Unsupported, "the log is in memory")) }.boxed()
    }

    fn held(&self) -> log::Held {
        let held = self.held();
        let (events, keys) = (held.events.len() as u64, held.keys.count());
        log::Held { events, bytes: held.bytes, keys, damaged: 0 }
    }

    fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

enum Appended {
    Before(Cursor),
    Now(Event),
}

impl Held {
    fn append(
        &mut self,
        draft: Draft,
        key: Option<Key>,
        retention: &Retention,
    ) -> Result<Appended, AppendError> {
        let now = self.wall.look(self.last);
        if let Some(key) = &key {
            self.keys.forget(&self.wall, most_keys(retention));
            if let Some(known) = self.keys.find(key, &draft) {
                return known.map(Appended::Before);
            }
        }
        self.last += 1;
        let event = Event { epoch: self.epoch, sequence: self.last, at: now, draft };
        if let Some(key) = key {
            self.keys.note(key, &event);
        }
        let size = retention::size(&event);
        for name in names(&event.draft.topics) {
            let kept = self.topics.entry(name.to_owned()).or_default();
            kept.class(event.draft.private).sequences.insert(self.last);
            kept.bytes += size;
        }
        self.bytes += size;
        self.events.insert(self.last, Arc::new(event.clone()));
        Ok(Appended::Now(event))
    }

    /// Drops what exceeds the bounds of the whole and of these topics.
    fn retain(&mut self, retention: &Retention, topics: &[Topic]) {
        while let Some(sequence) = self.oldest() {
            let held = (self.events.len() as u64, self.bytes);
            if !self.exceeds(&retention.total, held, sequence) {
                break;
            }
            self.drop_event(sequence, true);
            self.removed.remove(&sequence);
        }
        for topic in topics {
            let bounds = retention.of(topic);
            while let Some(kept) = self.topics.get(topic.as_str())
                && let Some(first) = kept.first()
                && self.exceeds(&bounds, (kept.events(), kept.bytes), first)
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
        let both = [&self.events, &self.removed];
        let stamp = both.iter().find_map(|events| events.get(&oldest)).map(|event| event.at);
        let Some(stamp) = stamp else { return false };
        let Ok(published) = self.wall.published((oldest, stamp), |sequence| {
            let nexts = both.iter().filter_map(|events| events.range(sequence + 1..).next());
            let next = nexts.min_by_key(|(after, _)| **after);
            Ok::<_, Infallible>(next.map(|(after, event)| (*after, event.at)))
        });
        bounds.are_outlived(published, self.wall.now())
    }

    /// The sequence of the oldest event, be it one that was removed.
    fn oldest(&self) -> Option<u64> {
        let firsts = [&self.events, &self.removed].map(BTreeMap::first_key_value);
        firsts.into_iter().flatten().map(|(sequence, _)| *sequence).min()
    }

    /// Looks at every topic now and then: events age where nothing is published.
    fn sweep(&mut self, retention: &Retention) {
        let now = self.wall.look(self.last);
        if now.abs_diff(self.swept) >= SWEEP_AFTER {
            self.swept = now;
            let some = self.topics.iter().filter(|(_, kept)| kept.events() > 0);
            let topics: Vec<Topic> = some.filter_map(|(name, _)| Topic::held(name)).collect();
            self.retain(retention, &topics);
            self.keys.forget(&self.wall, most_keys(retention));
        }
    }

    /// Takes an event out of one topic, and out of the log where that was its last.
    fn drop_from(&mut self, sequence: u64, topic: &Topic) {
        let Some(event) = self.events.get(&sequence).cloned() else { return };
        self.unlist(topic.as_str(), &event, true);
        let has = |topic: &&Topic| {
            let kept = self.topics.get(topic.as_str());
            kept.is_some_and(|kept| {
                kept.classes.iter().any(|class| class.sequences.contains(&sequence))
            })
        };
        let left: Vec<&Topic> = event.draft.topics.iter().filter(has).collect();
        for name in names(&event.draft.topics).filter(|name| is_prefix(name)) {
            if !left.iter().any(|topic| topic.as_str().starts_with(name)) {
                self.unlist(name, &event, true);
            }
        }
        if left.is_empty() {
            self.drop_event(sequence, true);
        }
    }

    /// Takes an event out of all its topics. `marked` says so to those who come back.
    fn drop_event(&mut self, sequence: u64, marked: bool) -> Option<Arc<Event>> {
        let event = self.events.remove(&sequence)?;
        self.bytes -= retention::size(&event);
        for name in names(&event.draft.topics) {
            self.unlist(name, &event, marked);
        }
        Some(event)
    }

    fn unlist(&mut self, name: &str, event: &Event, marked: bool) {
        let Some(kept) = self.topics.get_mut(name) else { return };
        let class = kept.class(event.draft.private);
        if class.sequences.remove(&event.sequence) {
            if marked {
                class.dropped = class.dropped.max(event.sequence);
            }
            kept.bytes -= retention::size(event);
        }
    }

    fn read(&self, query: &Query) -> Page {
        let dropped = self.classes(query).map(|class| class.dropped).max().unwrap_or(0);
        let mut page = Page { dropped, last: self.last, ..Page::default() };
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

    fn classes(&self, query: &Query) -> impl Iterator<Item = &Class> {
        query.topics.iter().flat_map(|selected| {
            let kept = self.topics.get(selected.selector.name());
            kept.into_iter().flat_map(|kept| kept.shown(selected.private))
        })
    }

    /// The events that a query finds, in its order: no more than its limit, and one that tells whether
    /// there are others.
    fn find(&self, query: &Query) -> Vec<&Arc<Event>> {
        if query.after.saturating_add(1) >= query.before {
            return Vec::new();
        }
        let enough = query.limit.saturating_add(1);
        let ranges =
            self.classes(query).map(|class| class.sequences.range(query.after + 1..query.before));
        let found: BTreeSet<u64> = match query.order {
            Order::Forwards => ranges.flat_map(|range| range.take(enough)).copied().collect(),
            Order::Backwards => {
                ranges.flat_map(|range| range.rev().take(enough)).copied().collect()
            }
        };
        let event = |sequence: u64| self.events.get(&sequence);
        match query.order {
            Order::Forwards => found.into_iter().filter_map(event).take(enough).collect(),
            Order::Backwards => found.into_iter().rev().filter_map(event).take(enough).collect(),
        }
    }
}
