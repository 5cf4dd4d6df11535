//! The tables of the log's file: what they are called, how they are made, what their totals are.

mod change;
mod keys;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{codec::decode, opening::OpenError};
use crate::{cursor::Epoch, event::Event, log::Held};

pub(super) use change::{Change, Placed};
pub(in crate::log) use keys::fingerprint;

/// The format of the tables below.
pub const FORMAT: u64 = 1;

/// Sequence → event.
pub(super) const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
/// Topic and sequence, for each event that counts for the topic → whether it is private.
pub(super) const BY_TOPIC: TableDefinition<(u64, u64), bool> = TableDefinition::new("by_topic");
/// Name → what there is of the topic, and by the name [`TOTALS`] of all.
pub(super) const TOPICS: TableDefinition<&str, TopicRow> = TableDefinition::new("topics");
/// Low-water mark and name of each topic that has no events.
const EMPTY: TableDefinition<(u64, &str), ()> = TableDefinition::new("empty");
/// Numbers by name.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Subject and key → fingerprint of the draft, sequence, time.
const KEYS: TableDefinition<&str, ([u8; 32], u64, i64)> = TableDefinition::new("keys");
/// Time, subject and key.
const KEYS_BY_AGE: TableDefinition<(i64, &str), ()> = TableDefinition::new("keys_by_age");

/// Number, events, bytes, how many of the events are private, the highest sequence that was dropped,
/// the same of those that were not private.
type TopicRow = (u64, u64, u64, u64, u64, u64);

/// The row of the totals: last sequence, events, bytes. It lies among the topics, because every commit
/// writes both.
const TOTALS: &str = "";

pub(super) type Result<T> = std::result::Result<T, redb::Error>;

/// What there is of all topics together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) last: u64,
    pub(super) events: u64,
    pub(super) bytes: u64,
}

impl Totals {
    pub(super) fn held(self) -> Held {
        Held { events: self.events, bytes: self.bytes }
    }
}

/// Makes the tables of a new log.
///
/// # Errors
/// Those of the storage.
pub fn make(database: &Database) -> std::result::Result<(), OpenError> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(EVENTS)?;
        transaction.open_table(BY_TOPIC)?;
        transaction.open_table(TOPICS)?;
        transaction.open_table(EMPTY)?;
        transaction.open_table(KEYS)?;
        transaction.open_table(KEYS_BY_AGE)?;
        let mut meta = transaction.open_table(META)?;
        meta.insert("format", FORMAT)?;
        meta.insert("epoch", fastrand::u64(..))?;
    }
    Ok(transaction.commit()?)
}

/// Says whether this version can read the tables.
pub(super) fn check_format(database: &impl ReadableDatabase) -> std::result::Result<(), OpenError> {
    match number(database, "format")? {
        FORMAT => Ok(()),
        format if format > FORMAT => Err(OpenError::Newer(format)),
        format => Err(OpenError::Damaged(format!("there never was a format {format}"))),
    }
}

pub(super) fn epoch(database: &impl ReadableDatabase) -> Result<Epoch> {
    Ok(Epoch(number(database, "epoch")?))
}

pub(super) fn totals(database: &impl ReadableDatabase) -> Result<Totals> {
    totals_in(&database.begin_read()?.open_table(TOPICS)?)
}

pub(super) fn totals_in(topics: &impl ReadableTable<&'static str, TopicRow>) -> Result<Totals> {
    let row = topics.get(TOTALS)?.map(|row| row.value());
    let (last, events, bytes, ..) = row.unwrap_or_default();
    Ok(Totals { last, events, bytes })
}

fn number(database: &impl ReadableDatabase, name: &str) -> Result<u64> {
    let meta = database.begin_read()?.open_table(META)?;
    Ok(meta.get(name)?.map_or(0, |value| value.value()))
}

/// An event that an index points to.
pub(super) fn event(
    events: &impl ReadableTable<u64, &'static [u8]>,
    sequence: u64,
) -> Result<Event> {
    let bytes = events.get(sequence)?;
    let event = bytes.and_then(|bytes| decode(sequence, bytes.value()));
    event.ok_or_else(|| redb::Error::Corrupted(format!("the event {sequence} cannot be read")))
}
