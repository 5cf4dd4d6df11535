//! A transaction on the log under way: events are appended, dropped and removed, and each topic's row
//! follows.

mod dropping;
mod rows;

use std::collections::HashMap;

use redb::{ReadableTable, ReadableTableMetadata, Table, TableDefinition, WriteTransaction};

use super::{
    super::row::Seal,
    Class, EMPTY, EVENTS, Found, INDEX, LISTED, Result, SPANS, TOPICS, TOTALS, TopicRow, Totals,
    find,
    keys::{KeyRow, Keys, Placed, hash, hash_of},
    span_row, stored,
};
use crate::{
    cursor::{Cursor, Epoch},
    event::{Draft, Event, Topic},
    log::{
        Key,
        embedded::codec::{Stored, encode},
        retention,
        wall::Wall,
    },
    selector::{is_prefix, names},
    spans::{MOST_SPANS, Span},
};

/// Topics without events whose low-water mark is kept; beyond, the oldest marks become one.
const EMPTY_TOPICS: u64 = 100_000;

/// What has changed, once it is committed.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) totals: Totals,
    /// The epoch that was begun.
    pub(crate) begun: Option<Span>,
    /// So much was found damaged on the way.
    pub(crate) damaged: u64,
}

/// A transaction on the log, with what it has changed so far.
pub(crate) struct Change<'t> {
    pub(super) events: Table<'t, u64, &'static [u8]>,
    pub(super) index: Table<'t, (u64, bool, u64), ()>,
    topics: Table<'t, &'static str, &'static [u8]>,
    /// Both are open once they are used: most commits leave them alone.
    empty: Option<Table<'t, (u64, &'static str), ()>>,
    listed: Option<Table<'t, (bool, &'static str), ()>>,
    keys: Option<Keys<'t>>,
    transaction: &'t WriteTransaction,
    /// The rows of topics and prefixes as they will be, and as they were.
    changed: HashMap<String, (TopicRow, Option<TopicRow>)>,
    pub(super) totals: Totals,
    /// What is appended is of this epoch.
    epoch: Epoch,
    seal: Seal,
    begun: Option<Span>,
    damaged: u64,
}

impl<'t> Change<'t> {
    pub(crate) fn begin(
        transaction: &'t WriteTransaction,
        totals: Totals,
        (epoch, seal): (Epoch, Seal),
    ) -> Result<Self> {
        Ok(Self {
            events: transaction.open_table(EVENTS)?,
            index: transaction.open_table(INDEX)?,
            topics: transaction.open_table(TOPICS)?,
            empty: None,
            listed: None,
            keys: None,
            transaction,
            changed: HashMap::new(),
            totals,
            epoch,
            seal,
            begun: None,
            damaged: 0,
        })
    }

    /// Adds an event, unless its key says that it is there.
    pub(crate) fn append(&mut self, draft: Draft, key: Option<&Key>, now: i64) -> Result<Placed> {
        if let Some(key) = key
            && let Some(placed) = self.keys()?.find(key, &draft)?
        {
            return Ok(placed);
        }
        self.begin_epoch()?;
        let sequence = self.totals.last + 1;
        let event = Event { epoch: self.epoch, sequence, at: now, draft };
        if let Some(key) = key {
            let fingerprint = super::fingerprint(&event.draft);
            let row = KeyRow { key: hash(key), fingerprint, id: event.id(), at: now };
            self.keys()?.note(&row)?;
        }
        Ok(Placed::Now(self.place(event)?))
    }

    /// Puts an event at the end of the log.
    pub(crate) fn place(&mut self, event: Event) -> Result<Event> {
        let (size, Event { sequence, draft: Draft { private, .. }, .. }) =
            (retention::size(&event), &event);
        let mut before = Vec::new();
        for name in names(&event.draft.topics) {
            let row = self.row(name)?;
            row.bytes += size;
            let class = row.class_mut(*private);
            before.push(std::mem::replace(&mut class.last, *sequence));
            class.events += 1;
            let number = row.number;
            self.index.insert((number, *private, *sequence), ())?;
        }
        self.totals.last = *sequence;
        self.totals.epoch = event.epoch;
        self.totals.events += 1;
        self.totals.bytes += size;
        let stored = Stored { event, removed: false, before };
        self.events.insert(stored.event.sequence, &*encode(&stored, self.seal))?;
        Ok(stored.event)
    }

    /// Begins the epoch of this opening, before its first event.
    fn begin_epoch(&mut self) -> Result<()> {
        if self.totals.epoch == self.epoch {
            return Ok(());
        }
        self.totals.epoch = self.epoch;
        self.note_span(Span { epoch: self.epoch, after: self.totals.last })
    }

    /// Adds an epoch to those that the log has had; the oldest are forgotten.
    pub(crate) fn note_span(&mut self, span: Span) -> Result<()> {
        let mut spans = self.transaction.open_table(SPANS)?;
        let number = spans.last()?.map_or(0, |(number, _)| number.value() + 1);
        spans.insert(number, &*span_row(number, span, self.seal))?;
        while spans.len()? > MOST_SPANS as u64 {
            spans.pop_first()?;
        }
        self.begun = Some(span);
        Ok(())
    }

    /// Sets low-water marks of a topic, and of the prefixes that it is under.
    pub(crate) fn import_topic(&mut self, topic: &Topic, public: u64, private: u64) -> Result<()> {
        for name in names(std::slice::from_ref(topic)) {
            // What was forgotten is none of a topic that is known; under a prefix it may have been.
            if !is_prefix(name) && self.known(name)?.is_none() {
                self.add(name, 0)?;
            }
            self.import_marks(name, [public, private])?;
        }
        Ok(())
    }

    /// Sets the low-water marks of a topic or prefix, of its public and of its private events.
    pub(crate) fn import_marks(&mut self, name: &str, marks: [u64; 2]) -> Result<()> {
        let row = self.row(name)?;
        for (class, dropped) in [&mut row.public, &mut row.private].into_iter().zip(marks) {
            class.dropped = class.dropped.max(dropped);
            class.last = class.last.max(dropped);
        }
        Ok(())
    }

    /// Notes a key as it was noted elsewhere.
    pub(crate) fn import_key_row(&mut self, row: &KeyRow) -> Result<()> {
        self.keys()?.note(row)
    }

    /// Notes a key whose scope and name are written as they are hashed.
    pub(crate) fn import_key(
        &mut self,
        key: &str,
        fingerprint: [u8; 32],
        id: Cursor,
        at: i64,
    ) -> Result<()> {
        let fingerprint = *fingerprint.first_chunk().expect("it has twice as many");
        self.keys()?.note(&KeyRow { key: hash_of(key), fingerprint, id, at })
    }

    /// Forgets keys that are too many, or too old once the clock may tell, at most `slice`. Returns how
    /// many.
    pub(crate) fn forget_keys(&mut self, wall: &Wall, most: u64, slice: usize) -> Result<usize> {
        self.keys()?.forget(wall.is_proven().then(|| wall.now()), most, slice)
    }

    /// Writes what is left to write, and returns what counts once it is committed.
    pub(crate) fn finish(mut self) -> Result<Done> {
        for (name, (row, before)) in std::mem::take(&mut self.changed) {
            let was = before.as_ref().map(|before| (before.events(), before.dropped()));
            if let Some((0, dropped)) = was {
                opened(&mut self.empty, self.transaction, EMPTY)?.remove((dropped, &*name))?;
            }
            if row.events() == 0 {
                let empty = opened(&mut self.empty, self.transaction, EMPTY)?;
                empty.insert((row.dropped(), &*name), ())?;
            }
            for private in [false, true] {
                let was = before.as_ref().is_some_and(|before| before.class(private).events > 0);
                let is = row.class(private).events > 0;
                if is_prefix(&name) || was == is {
                    continue;
                }
                let listed = opened(&mut self.listed, self.transaction, LISTED)?;
                if is {
                    listed.insert((private, &*name), ())?;
                } else {
                    listed.remove((private, &*name))?;
                }
            }
            self.topics.insert(&*name, &*row.row(&name, self.seal))?;
        }
        self.forget_empty_topics()?;
        if let Some(keys) = &self.keys {
            self.totals.keys = keys.count()?;
        }
        self.topics.insert(TOTALS, &*self.totals.row(self.seal))?;
        Ok(Done { totals: self.totals, begun: self.begun, damaged: self.damaged })
    }

    /// The tables of the keys, which most commits leave alone.
    fn keys(&mut self) -> Result<&mut Keys<'t>> {
        if self.keys.is_none() {
            self.keys = Some(Keys::open(self.transaction, self.seal)?);
        }
        Ok(self.keys.as_mut().expect("they are there by now"))
    }
}

/// A table, which is opened when it is first used.
fn opened<'o, 't, K: redb::Key + 'static, V: redb::Value + 'static>(
    table: &'o mut Option<Table<'t, K, V>>,
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<&'o mut Table<'t, K, V>> {
    if table.is_none() {
        *table = Some(transaction.open_table(definition)?);
    }
    Ok(table.as_mut().expect("it is there by now"))
}
