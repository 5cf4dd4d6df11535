//! The contents of a log in memory: events, the topics and prefixes that they are found by, and keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
};

use super::keys::Keys;
use crate::{
    Clock,
    cursor::{Cursor, Epoch},
    event::{Draft, Event, Topic, encoded_size},
    log::{
        AppendError, Bounds, Key, Order, Page, Query, Retention, most_keys, retention, wall::Wall,
    },
    selector::{is_prefix, names},
};

/// Between two looks at the age of every topic's events, in microseconds.
const SWEEP_AFTER: u64 = 1_000_000;

#[derive(Debug)]
pub(super) struct Held {
    pub(super) epoch: Epoch,
    pub(super) wall: Wall,
    pub(super) last: u64,
    /// When every topic's events were last looked at for their age.
    pub(super) swept: i64,
    pub(super) bytes: u64,
    pub(super) events: BTreeMap<u64, Arc<Event>>,
    /// Those that were removed from among others, until they would have been dropped.
    pub(super) removed: BTreeMap<u64, Arc<Event>>,
    /// Topics and prefixes, by their names.
    pub(super) topics: BTreeMap<String, Kept>,
    pub(super) keys: Keys,
}

/// What there is of a topic or a prefix.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The public events, and the private ones.
    pub(super) classes: [Class; 2],
    bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) sequences: BTreeSet<u64>,
    /// The sequence of the last that ever was.
    last: u64,
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

    /// The sequence of the last event that ever was; 0 where there was none.
    pub(super) fn last(&self, private: bool) -> u64 {
        self.shown(private).iter().map(|class| class.last).max().unwrap_or_default()
    }

    fn first(&self) -> Option<u64> {
        self.classes.iter().filter_map(|class| class.sequences.first().copied()).min()
    }
}

pub(super) enum Appended {
    Before(Cursor),
    Now(Event),
}

impl Held {
    /// Nothing yet.
    pub(super) fn new(epoch: Epoch, clock: Clock) -> Self {
        Self {
            epoch,
            wall: Wall::new(clock, 0),
            last: 0,
            swept: 0,
            bytes: 0,
            events: BTreeMap::new(),
            removed: BTreeMap::new(),
            topics: BTreeMap::new(),
            keys: Keys::default(),
        }
    }

    pub(super) fn append(
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
            let class = kept.class(event.draft.private);
            class.sequences.insert(self.last);
            class.last = self.last;
            kept.bytes += size;
        }
        self.bytes += size;
        self.events.insert(self.last, Arc::new(event.clone()));
        Ok(Appended::Now(event))
    }

    /// Drops what exceeds the bounds of the whole and of these topics.
    pub(super) fn retain(&mut self, retention: &Retention, topics: &[Topic]) {
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
    pub(super) fn sweep(&mut self, retention: &Retention) {
        let now = self.wall.look(self.last);
        if now.abs_diff(self.swept) >= SWEEP_AFTER {
            self.swept = now;
            let some = self.topics.iter().filter(|(_, kept)| kept.events() > 0);
            let topics: Vec<Topic> = some.filter_map(|(name, _)| Topic::held(name)).collect();
            self.retain(retention, &topics);
            self.keys.forget(&self.wall, most_keys(retention));
        }
    }

    /// Takes an event out of one topic, and out of the log where that was the last that its publisher has
    /// chosen: what the server has added does not hold it.
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
        if left.iter().all(|topic| topic.is_servers_own()) {
            self.drop_event(sequence, true);
            return;
        }
        for name in names(&event.draft.topics).filter(|name| is_prefix(name)) {
            if !left.iter().any(|topic| topic.as_str().starts_with(name)) {
                self.unlist(name, &event, true);
            }
        }
    }

    /// Takes an event out of all its topics. `marked` says so to those who come back.
    pub(super) fn drop_event(&mut self, sequence: u64, marked: bool) -> Option<Arc<Event>> {
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

    pub(super) fn read(&self, query: &Query) -> Page {
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
    pub(super) fn find(&self, query: &Query) -> Vec<&Arc<Event>> {
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
