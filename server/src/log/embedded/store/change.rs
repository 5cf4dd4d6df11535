//! A transaction on the log: drafts, retention's bounds and purges go in, changed tables come out.

use std::collections::{BTreeSet, HashMap};

use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};

use super::{BY_TOPIC, EMPTY, EVENTS, META, Result, TOPICS, TOTALS, TopicRow, Totals, keys::Keys};
use crate::{
    event::{Draft, Event, Topic},
    log::{
        AppendError, Bounds, Key, Retention,
        embedded::codec::{decode, encode},
        retention,
        wall::Wall,
    },
};

/// Topics without events whose low-water mark is kept; beyond, the oldest marks become one.
const EMPTY_TOPICS: u64 = 100_000;

/// What there is of a topic.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    number: u64,
    events: u64,
    bytes: u64,
    private: u64,
    dropped: u64,
    dropped_public: u64,
}

impl Kept {
    fn of((number, events, bytes, private, dropped, dropped_public): TopicRow) -> Self {
        Self { number, events, bytes, private, dropped, dropped_public }
    }

    fn row(self) -> TopicRow {
        let Self { number, events, bytes, private, dropped, dropped_public } = self;
        (number, events, bytes, private, dropped, dropped_public)
    }
}

/// What became of a draft.
#[derive(Debug)]
pub(crate) enum Placed {
    /// It is an event now.
    Now(Event),
    /// It was one before, of this sequence.
    Before(u64),
    /// Its key belongs to another.
    Refused(AppendError),
}

/// A transaction on the log, with what it has changed so far.
pub(crate) struct Change<'t> {
    events: Table<'t, u64, &'static [u8]>,
    by_topic: Table<'t, (u64, u64), bool>,
    topics: Table<'t, &'static str, TopicRow>,
    empty: Table<'t, (u64, &'static str), ()>,
    meta: Table<'t, &'static str, u64>,
    keys: Option<Keys<'t>>,
    transaction: &'t WriteTransaction,
    changed: HashMap<Topic, Kept>,
    totals: Totals,
}

impl<'t> Change<'t> {
    pub(crate) fn begin(transaction: &'t WriteTransaction, totals: Totals) -> Result<Self> {
        Ok(Self {
            events: transaction.open_table(EVENTS)?,
            by_topic: transaction.open_table(BY_TOPIC)?,
            topics: transaction.open_table(TOPICS)?,
            empty: transaction.open_table(EMPTY)?,
            meta: transaction.open_table(META)?,
            keys: None,
            transaction,
            changed: HashMap::new(),
            totals,
        })
    }

    /// Adds an event, unless its key says that it is there.
    pub(crate) fn append(&mut self, draft: Draft, key: Option<&Key>, now: i64) -> Result<Placed> {
        if let Some(key) = key {
            let sequence = self.totals.last + 1;
            if let Some(placed) = self.keys()?.place(key, &draft, sequence, now)? {
                return Ok(placed);
            }
        }
        self.totals.last += 1;
        let event = Event { sequence: self.totals.last, at: now, draft };
        let size = retention::size(&event);
        self.events.insert(event.sequence, &*encode(now, &event.draft))?;
        for topic in &event.draft.topics {
            let kept = self.kept(topic)?;
            kept.events += 1;
            kept.bytes += size;
            kept.private += u64::from(event.draft.private);
            let number = kept.number;
            self.by_topic.insert((number, event.sequence), event.draft.private)?;
        }
        self.totals.events += 1;
        self.totals.bytes += size;
        Ok(Placed::Now(event))
    }

    /// Drops what exceeds the bounds of the whole, at most `most` events. Returns how many.
    pub(crate) fn retain(
        &mut self,
        retention: &Retention,
        wall: &mut Wall,
        most: usize,
    ) -> Result<usize> {
        for dropped in 0..most {
            let Some(oldest) = self.oldest()? else { return Ok(dropped) };
            let Totals { events, bytes, .. } = self.totals;
            if !self.exceeds(&retention.total, (events, bytes), &oldest, wall)? {
                return Ok(dropped);
            }
            self.drop_event(&oldest)?;
        }
        Ok(most)
    }

    /// Whether there is too much, or the oldest event is too old.
    fn exceeds(
        &self,
        bounds: &Bounds,
        (events, bytes): (u64, u64),
        oldest: &Event,
        wall: &mut Wall,
    ) -> Result<bool> {
        if bounds.are_exceeded_by(events, bytes) || bounds.are_ageless() {
            return Ok(bounds.are_exceeded_by(events, bytes));
        }
        let published = wall.published((oldest.sequence, oldest.at), |sequence| {
            let next = self.events.range(sequence + 1..)?.next().transpose()?;
            next.map(|(after, _)| super::event(&self.events, after.value()))
                .transpose()
                .map(|event| event.map(|event| (event.sequence, event.at)))
        })?;
        Ok(bounds.are_outlived(published, wall.now()))
    }

    /// Drops what exceeds the bounds of one topic, at most `most` events. Returns how many.
    pub(crate) fn retain_topic(
        &mut self,
        topic: &Topic,
        retention: &Retention,
        wall: &mut Wall,
        most: usize,
    ) -> Result<usize> {
        let bounds = retention.of(topic);
        if bounds == Bounds::NONE {
            return Ok(0);
        }
        for dropped in 0..most {
            let Kept { events, bytes, .. } = *self.kept(topic)?;
            let Some(oldest) = self.first_of(topic, u64::MAX)? else { return Ok(dropped) };
            if !self.exceeds(&bounds, (events, bytes), &oldest, wall)? {
                return Ok(dropped);
            }
            self.drop_from(&oldest, topic)?;
        }
        Ok(most)
    }

    /// Removes events of a topic up to a sequence, at most `most`. Returns their sequences, and how many
    /// of them stood in the place of others.
    pub(crate) fn purge(
        &mut self,
        topic: &Topic,
        through: u64,
        most: usize,
    ) -> Result<(BTreeSet<u64>, usize)> {
        let (mut purged, mut notices) = (BTreeSet::new(), 0);
        // One that nobody knows gets no number for being asked about.
        if self.topics.get(topic.as_str())?.is_none() {
            return Ok((purged, notices));
        }
        while purged.len() < most {
            let Some(event) = self.first_of(topic, through)? else { break };
            self.drop_event(&event)?;
            purged.insert(event.sequence);
            notices += usize::from(event.draft.is_notice());
        }
        Ok((purged, notices))
    }

    /// Forgets keys that are too old, at most `most`, once the clock may tell. Returns how many.
    pub(crate) fn forget_keys(&mut self, wall: &Wall, most: usize) -> Result<usize> {
        if wall.is_proven() { self.keys()?.forget(wall.now(), most) } else { Ok(0) }
    }

    /// Writes what is left to write, and returns the new totals: they count once it is committed.
    pub(crate) fn finish(mut self) -> Result<Totals> {
        for (topic, kept) in std::mem::take(&mut self.changed) {
            let before = self.topics.get(topic.as_str())?.map(|row| Kept::of(row.value()));
            if let Some(Kept { events: 0, dropped, .. }) = before {
                self.empty.remove((dropped, topic.as_str()))?;
            }
            if kept.events == 0 {
                self.empty.insert((kept.dropped, topic.as_str()), ())?;
            }
            self.topics.insert(topic.as_str(), kept.row())?;
        }
        self.forget_empty_topics()?;
        // A topic's name is never empty.
        let Totals { last, events, bytes } = self.totals;
        self.topics.insert(TOTALS, (last, events, bytes, 0, 0, 0))?;
        Ok(self.totals)
    }

    /// Keeps the number of low-water marks bounded: those that go are remembered as one, which counts
    /// for every topic that is not known.
    fn forget_empty_topics(&mut self) -> Result<()> {
        while self.empty.len()? > EMPTY_TOPICS
            && let Some((key, _)) = self.empty.pop_first()?
        {
            let (dropped, name) = key.value();
            let (dropped, name) = (dropped, name.to_owned());
            self.topics.remove(&*name)?;
            let forgotten = self.meta.get("forgotten")?.map_or(0, |value| value.value());
            self.meta.insert("forgotten", forgotten.max(dropped))?;
        }
        Ok(())
    }

    /// The tables of the keys, which most commits leave alone.
    fn keys(&mut self) -> Result<&mut Keys<'t>> {
        if self.keys.is_none() {
            self.keys = Some(Keys::open(self.transaction)?);
        }
        Ok(self.keys.as_mut().expect("they are there by now"))
    }

    fn oldest(&self) -> Result<Option<Event>> {
        let Some((sequence, bytes)) = self.events.first()? else { return Ok(None) };
        let sequence = sequence.value();
        decode(sequence, bytes.value())
            .map(Some)
            .ok_or_else(|| redb::Error::Corrupted(format!("the event {sequence} cannot be read")))
    }

    /// The oldest event of a topic up to a sequence.
    fn first_of(&mut self, topic: &Topic, through: u64) -> Result<Option<Event>> {
        let number = self.kept(topic)?.number;
        let first = self.by_topic.range((number, 0)..=(number, through))?.next().transpose()?;
        first.map(|(key, _)| super::event(&self.events, key.value().1)).transpose()
    }

    /// Takes an event out of all its topics, and so out of the log.
    fn drop_event(&mut self, event: &Event) -> Result<()> {
        for topic in &event.draft.topics {
            self.drop_from(event, topic)?;
        }
        Ok(())
    }

    /// Takes an event out of one topic, and out of the log where that was its last.
    fn drop_from(&mut self, event: &Event, topic: &Topic) -> Result<()> {
        let size = retention::size(event);
        let number = self.kept(topic)?.number;
        if self.by_topic.remove((number, event.sequence))?.is_some() {
            let kept = self.kept(topic)?;
            kept.events -= 1;
            kept.bytes -= size;
            kept.private -= u64::from(event.draft.private);
            kept.dropped = kept.dropped.max(event.sequence);
            if !event.draft.private {
                kept.dropped_public = kept.dropped_public.max(event.sequence);
            }
        }
        for topic in &event.draft.topics {
            let number = self.kept(topic)?.number;
            if self.by_topic.get((number, event.sequence))?.is_some() {
                return Ok(());
            }
        }
        if self.events.remove(event.sequence)?.is_some() {
            self.totals.events -= 1;
            self.totals.bytes -= size;
        }
        Ok(())
    }

    /// What there is of a topic, to be changed. A new topic gets a number of its own.
    fn kept(&mut self, topic: &Topic) -> Result<&mut Kept> {
        if !self.changed.contains_key(topic) {
            let row = self.topics.get(topic.as_str())?.map(|row| row.value());
            let kept = match row {
                Some(row) => Kept::of(row),
                None => {
                    let meta = |name| -> Result<u64> {
                        Ok(self.meta.get(name)?.map_or(0, |value| value.value()))
                    };
                    let (number, dropped) = (meta("topics")?, meta("forgotten")?);
                    self.meta.insert("topics", number + 1)?;
                    Kept { number, dropped, dropped_public: dropped, ..Kept::default() }
                }
            };
            self.changed.insert(topic.clone(), kept);
        }
        Ok(self.changed.get_mut(topic).expect("it is there by now"))
    }
}
