//! The tables of the log's file: their names, how they are created, and how their rows are read.
//!
//! Every row that holds more than its key is [sealed](super::row). Where redb's own structure is
//! damaged, rows can be missing all the same. What could be hidden that way is found by readers: each
//! event names the one before it, each topic the next one by name.

mod change;
mod keys;
mod tables;
mod topic;

use redb::{Database, ReadableDatabase, ReadableTable};

use super::{
    opening::OpenError,
    row::{Kind, Seal},
};
use crate::{
    cursor::Epoch,
    spans::{Span, Spans},
};
use tables::EMPTY;

pub(super) use change::{Change, Done};
pub(in crate::log) use keys::fingerprint;
pub(super) use keys::{KeyRow, Placed};
pub use tables::FORMAT;
pub(super) use tables::{
    EVENTS, INDEX, KEYS, KEYS_BY_AGE, LISTED, META, Result, SPANS, TOPICS, TOTALS, Totals,
    read_span, span_row, stored,
};
pub(super) use topic::{Class, Found, TopicRow, find};

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
        format => Err(OpenError::Damaged(format!("unknown format {format}"))),
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
        return Err(OpenError::Damaged("its tables contradict each other".into()));
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
