//! The tables of the log's file: what they are called, how they are made, and how their rows are read.
//!
//! Every row that holds more than its key is [sealed](super::row). Where redb's own structure is
//! damaged, rows can be missing all the same. What could be hidden that way is found by who reads: each
//! event names the one before it, each topic the next one by name.

mod change;
mod keys;
mod topic;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{
    codec::{self, Stored},
    opening::OpenError,
    row::{self, Fields, Kind, Seal},
};
use crate::{
    cursor::{Epoch, Span, Spans},
    log::Held,
};

pub(super) use change::{Change, Done, Placed};
pub(super) use keys::KeyRow;
pub(in crate::log) use keys::fingerprint;
pub(super) use topic::{Class, Found, TopicRow, find};

/// The format of the tables below.
pub const FORMAT: u64 = 2;

/// Sequence → event, or what stands in its place.
pub(super) const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
/// Number of a topic or prefix, whether private, sequence: for each event that is found by it.
pub(super) const INDEX: TableDefinition<(u64, bool, u64), ()> = TableDefinition::new("index");
/// Name → what there is of the topic or prefix, and by the name [`TOTALS`] of all.
pub(super) const TOPICS: TableDefinition<&str, &[u8]> = TableDefinition::new("topics");
/// Whether private, name of a topic that has such events.
pub(super) const LISTED: TableDefinition<(bool, &str), ()> = TableDefinition::new("listed");
/// Low-water mark and name of each topic or prefix that has no events.
const EMPTY: TableDefinition<(u64, &str), ()> = TableDefinition::new("empty");
/// Number → epoch and where it begins.
pub(super) const SPANS: TableDefinition<u64, &[u8]> = TableDefinition::new("spans");
/// Hash of scope and key → what was published under it.
pub(super) const KEYS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("keys");
/// Sequence of the event that was published under a key → hash of the key.
pub(super) const KEYS_BY_AGE: TableDefinition<u64, &[u8; 16]> = TableDefinition::new("keys_by_age");
/// Numbers by name; the first format had more of them.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The row of the totals. It lies among the topics, because every commit writes both.
pub(super) const TOTALS: &str = "";

pub(super) type Result<T> = std::result::Result<T, redb::Error>;

/// What there is of all topics together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    /// The sequence of the last event.
    pub(super) last: u64,
    /// The epoch that it was written in.
    pub(super) epoch: Epoch,
    pub(super) events: u64,
    pub(super) bytes: u64,
    pub(super) keys: u64,
    /// How many numbers were given to topics and prefixes.
    pub(super) numbers: u64,
    /// Low-water mark of the topics whose own was forgotten.
    pub(super) forgotten: u64,
    /// The first topic by name; empty where there is none.
    pub(super) first: String,
}

impl Totals {
    /// Those of a log without events.
    pub(super) fn empty(epoch: Epoch) -> Self {
        let first = String::new();
        Self { last: 0, epoch, events: 0, bytes: 0, keys: 0, numbers: 0, forgotten: 0, first }
    }

    pub(super) fn held(&self) -> Held {
        Held { events: self.events, bytes: self.bytes, keys: self.keys, damaged: 0 }
    }

    /// The row says what it is sealed with, so that a log can be read whose structure is lost.
    pub(super) fn row(&self, seal: Seal) -> Vec<u8> {
        let Self { last, epoch, events, bytes, keys, numbers, forgotten, first } = self;
        let mut row = row::begin(Kind::Totals, 72 + first.len());
        for number in [seal.0, *last, epoch.0, *events, *bytes, *keys, *numbers, *forgotten] {
            row.extend(number.to_le_bytes());
        }
        row::put_name(&mut row, first);
        seal.seal(row)
    }

    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let mut number = || fields.number();
        let _seal = number()?;
        let (last, epoch, events, bytes) = (number()?, Epoch(number()?), number()?, number()?);
        let (keys, numbers, forgotten) = (number()?, number()?, number()?);
        let first = fields.name()?.to_owned();
        Some(Self { last, epoch, events, bytes, keys, numbers, forgotten, first })
    }
}

/// Makes the tables of a new log.
///
/// # Errors
/// Those of the storage.
pub fn make(database: &Database) -> std::result::Result<(), OpenError> {
    let span = Span { epoch: Epoch::random(), after: 0 };
    let seal = Seal(Epoch::random().0);
    let transaction = database.begin_write()?;
    transaction.open_table(SPANS)?.insert(0, &*span_row(0, span, seal))?;
    transaction.open_table(TOPICS)?.insert(TOTALS, &*Totals::empty(span.epoch).row(seal))?;
    complete(&transaction, seal)?;
    Ok(transaction.commit()?)
}

/// Says of a new log how it can be read, and makes the tables that are not there.
pub(super) fn complete(transaction: &redb::WriteTransaction, seal: Seal) -> Result<()> {
    let mut meta = transaction.open_table(META)?;
    meta.insert("format", FORMAT)?;
    meta.insert("seal", seal.0)?;
    transaction.open_table(EVENTS)?;
    transaction.open_table(INDEX)?;
    transaction.open_table(LISTED)?;
    transaction.open_table(EMPTY)?;
    transaction.open_table(KEYS)?;
    transaction.open_table(KEYS_BY_AGE)?;
    Ok(())
}

/// The format of the tables.
pub(super) fn format(database: &impl ReadableDatabase) -> Result<u64> {
    let meta = database.begin_read()?.open_table(META)?;
    Ok(meta.get("format")?.map_or(0, |value| value.value()))
}

/// What its rows are sealed with.
pub(super) fn seal(database: &impl ReadableDatabase) -> Result<Seal> {
    let meta = database.begin_read()?.open_table(META)?;
    Ok(Seal(meta.get("seal")?.map_or(0, |value| value.value())))
}

/// Says whether this version can read the tables, if need be after a migration.
pub(super) fn check_format(
    database: &impl ReadableDatabase,
) -> std::result::Result<u64, OpenError> {
    match format(database)? {
        format @ 1..=FORMAT => Ok(format),
        format if format > FORMAT => Err(OpenError::Newer(format)),
        format => Err(OpenError::Damaged(format!("there never was a format {format}"))),
    }
}

pub(super) fn totals(database: &impl ReadableDatabase, seal: Seal) -> Result<Totals> {
    totals_in(&database.begin_read()?.open_table(TOPICS)?, seal)
}

/// What a log is opened with: its epochs and its totals. Where damage shows an earlier state of one of
/// them, what was written since must not be written over.
pub(super) fn opened(
    database: &impl ReadableDatabase,
    seal: Seal,
) -> std::result::Result<(Spans, Totals), OpenError> {
    let (spans, totals) = (spans(database, seal)?, totals(database, seal)?);
    let events = database.begin_read()?.open_table(EVENTS)?;
    let last = events.last()?.map_or(0, |(sequence, _)| sequence.value());
    if last > totals.last || spans.position(totals.last).epoch != totals.epoch {
        return Err(OpenError::Damaged("its parts are of different states".into()));
    }
    Ok((spans, totals))
}

pub(super) fn totals_in(
    topics: &impl ReadableTable<&'static str, &'static [u8]>,
    seal: Seal,
) -> Result<Totals> {
    let row = topics.get(TOTALS)?;
    let totals = row.and_then(|row| Totals::read(seal.open(Kind::Totals, row.value())?));
    totals.ok_or_else(|| redb::Error::Corrupted("the totals cannot be read".into()))
}

/// The epochs that the log has had.
pub(super) fn spans(database: &impl ReadableDatabase, seal: Seal) -> Result<Spans> {
    let damaged = || redb::Error::Corrupted("the epochs cannot be read".into());
    let (mut spans, mut before) = (Vec::new(), None);
    for row in database.begin_read()?.open_table(SPANS)?.iter()? {
        let (number, row) = row?;
        let span = seal.open(Kind::Span, row.value()).and_then(read_span);
        let Some((of, span)) = span else { return Err(damaged()) };
        if of != number.value() || before.is_some_and(|before| before + 1 != of) {
            return Err(damaged());
        }
        before = Some(of);
        spans.push(span);
    }
    Spans::new(spans).ok_or_else(damaged)
}

/// The row of an epoch; `number` counts them.
pub(super) fn span_row(number: u64, span: Span, seal: Seal) -> Vec<u8> {
    let mut row = row::begin(Kind::Span, 24);
    [number, span.epoch.0, span.after].iter().for_each(|one| row.extend(one.to_le_bytes()));
    seal.seal(row)
}

pub(super) fn read_span(body: &[u8]) -> Option<(u64, Span)> {
    let mut fields = Fields(body);
    let (number, epoch) = (fields.number()?, Epoch(fields.number()?));
    Some((number, Span { epoch, after: fields.number()? }))
}

/// What stands at a sequence; `None` where nothing does that can be read.
pub(super) fn stored(
    events: &impl ReadableTable<u64, &'static [u8]>,
    sequence: u64,
    seal: Seal,
) -> Result<Option<Stored>> {
    let row = events.get(sequence)?;
    Ok(row.and_then(|row| codec::decode(sequence, row.value(), seal)))
}
