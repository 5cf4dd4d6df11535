//! Migrates the log's file from the first format to today's: everything is copied into a new file, and the
//! old one stays as it is until that is whole.

use std::collections::HashMap;

use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
};
use tracing::{info, warn};

use super::{
    building::Building,
    format1,
    opening::OpenError,
    store::{self, EVENTS, META, Result},
};
use crate::{
    cursor::{Cursor, Epoch},
    event::{Event, Topic},
    spans::Span,
};

/// Number, events, bytes, private ones of them, the highest sequence that was dropped, the same of those
/// that were not private.
type TopicRow = (u64, u64, u64, u64, u64, u64);

const TOPICS: TableDefinition<&str, TopicRow> = TableDefinition::new("topics");
const BY_TOPIC: TableDefinition<(u64, u64), bool> = TableDefinition::new("by_topic");
const KEYS: TableDefinition<&str, ([u8; 32], u64, i64)> = TableDefinition::new("keys");

/// How many events are copied in one transaction.
const AT_ONCE: usize = 20_000;

/// Copies a log of the first format into an empty database.
///
/// # Errors
/// Those of the storage.
pub(super) fn migrate(old: &Database, new: &Database) -> std::result::Result<(), OpenError> {
    let old = Old::open(&old.begin_read()?)?;
    info!(
        events = old.totals.1,
        "copying the log into a new format; the old file stays until the copy is complete"
    );
    let mut log = Building::begin(new, old.epoch);
    log.totals.forgotten = old.number("forgotten")?;
    log.commit(|change| {
        change.note_span(Span { epoch: old.epoch, after: 0 })?;
        old.topics.iter().try_for_each(|(name, row)| {
            let (.., dropped, public) = *row;
            change.import_topic(&Topic::held(name).ok_or_else(unreadable)?, public, dropped)
        })
    })?;
    let mut after = 0;
    while let Some(last) = copy_events(&mut log, &old, after)? {
        after = last;
    }
    log.commit(|change| {
        for row in old.keys.iter()? {
            let (key, row) = row?;
            let (fingerprint, sequence, at) = row.value();
            let id = Cursor { epoch: old.epoch, sequence };
            change.import_key(key.value(), fingerprint, id, at)?;
        }
        Ok(())
    })?;
    log.complete(old.totals.0)
}

fn unreadable() -> redb::Error {
    redb::Error::Corrupted("the log of the first format cannot be read".into())
}

/// A log of the first format.
struct Old {
    epoch: Epoch,
    totals: TopicRow,
    topics: HashMap<String, TopicRow>,
    meta: ReadOnlyTable<&'static str, u64>,
    events: ReadOnlyTable<u64, &'static [u8]>,
    by_topic: ReadOnlyTable<(u64, u64), bool>,
    keys: ReadOnlyTable<&'static str, ([u8; 32], u64, i64)>,
}

impl Old {
    fn open(transaction: &ReadTransaction) -> Result<Self> {
        let meta = transaction.open_table(META)?;
        let epoch = Epoch(meta.get("epoch")?.ok_or_else(unreadable)?.value());
        let mut topics = HashMap::new();
        for row in transaction.open_table(TOPICS)?.iter()? {
            let (name, row) = row?;
            topics.insert(name.value().to_owned(), row.value());
        }
        Ok(Self {
            epoch,
            totals: topics.remove(store::TOTALS).unwrap_or_default(),
            topics,
            meta,
            events: transaction.open_table(EVENTS)?,
            by_topic: transaction.open_table(BY_TOPIC)?,
            keys: transaction.open_table(KEYS)?,
        })
    }

    fn number(&self, name: &str) -> Result<u64> {
        Ok(self.meta.get(name)?.map_or(0, |value| value.value()))
    }

    /// Whether an event counts for a topic: a topic's own bounds may have dropped it.
    fn counts(&self, topic: &str, sequence: u64) -> Result<bool> {
        let Some((number, ..)) = self.topics.get(topic) else { return Ok(false) };
        Ok(self.by_topic.get((*number, sequence))?.is_some())
    }
}

/// Copies some events after a sequence. Returns the last of them.
fn copy_events(log: &mut Building<'_>, old: &Old, after: u64) -> Result<Option<u64>> {
    let mut last = None;
    log.commit(|change| {
        for row in old.events.range(after + 1..)?.take(AT_ONCE) {
            let (sequence, row) = row?;
            let sequence = sequence.value();
            last = Some(sequence);
            let Some((at, draft)) = format1::decode(row.value()) else {
                warn!(sequence, "skipped an event that cannot be read; its readers will be told");
                for topic in old.topics.keys() {
                    if old.counts(topic, sequence)?
                        && let Some(topic) = Topic::held(topic)
                    {
                        change.import_topic(&topic, sequence, sequence)?;
                    }
                }
                continue;
            };
            let event = change.place(Event { epoch: old.epoch, sequence, at, draft })?;
            for topic in &event.draft.topics {
                if !old.counts(topic.as_str(), sequence)? {
                    change.drop_from(&event, topic)?;
                }
            }
        }
        Ok(())
    })?;
    Ok(last)
}
