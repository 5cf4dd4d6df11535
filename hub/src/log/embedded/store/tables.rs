//! What the tables are called, and the rows that have no file of their own.

use redb::{ReadableTable, TableDefinition};

use super::super::{
    codec::{self, Stored},
    row::{self, Fields, Kind, Seal},
};
use crate::{cursor::Epoch, log::Held, spans::Span};

/// The format of the tables below.
pub const FORMAT: u64 = 2;

/// Sequence → event, or what stands in its place.
pub(in super::super) const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
/// Number of a topic or prefix, whether private, sequence: for each event that is found by it.
pub(in super::super) const INDEX: TableDefinition<(u64, bool, u64), ()> =
    TableDefinition::new("index");
/// Name → what there is of the topic or prefix, and by the name [`TOTALS`] of all.
pub(in super::super) const TOPICS: TableDefinition<&str, &[u8]> = TableDefinition::new("topics");
/// Whether private, name of a topic that has such events.
pub(in super::super) const LISTED: TableDefinition<(bool, &str), ()> =
    TableDefinition::new("listed");
/// Low-water mark and name of each topic or prefix that has no events.
pub(super) const EMPTY: TableDefinition<(u64, &str), ()> = TableDefinition::new("empty");
/// Number → epoch and where it begins.
pub(in super::super) const SPANS: TableDefinition<u64, &[u8]> = TableDefinition::new("spans");
/// Hash of scope and key → what was published under it.
pub(in super::super) const KEYS: TableDefinition<&[u8; 16], &[u8]> = TableDefinition::new("keys");
/// Sequence of the event that was published under a key → hash of the key.
pub(in super::super) const KEYS_BY_AGE: TableDefinition<u64, &[u8; 16]> =
    TableDefinition::new("keys_by_age");
/// Numbers by name; the first format had more of them.
pub(in super::super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The row of the totals. It lies among the topics, because every commit writes both.
pub(in super::super) const TOTALS: &str = "";

pub(in super::super) type Result<T> = std::result::Result<T, redb::Error>;

/// What there is of all topics together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Totals {
    /// The sequence of the last event.
    pub(in super::super) last: u64,
    /// The epoch that it was written in.
    pub(in super::super) epoch: Epoch,
    pub(in super::super) events: u64,
    pub(in super::super) bytes: u64,
    pub(in super::super) keys: u64,
    /// How many numbers were given to topics and prefixes.
    pub(in super::super) numbers: u64,
    /// Low-water mark of the topics whose own was forgotten.
    pub(in super::super) forgotten: u64,
    /// The first topic by name; empty where there is none.
    pub(in super::super) first: String,
}

impl Totals {
    /// Those of a log without events.
    pub(in super::super) fn empty(epoch: Epoch) -> Self {
        let first = String::new();
        Self { last: 0, epoch, events: 0, bytes: 0, keys: 0, numbers: 0, forgotten: 0, first }
    }

    pub(in super::super) fn held(&self) -> Held {
        Held { events: self.events, bytes: self.bytes, keys: self.keys, damaged: 0 }
    }

    /// The row says what it is sealed with, so that a log can be read whose structure is lost.
    pub(in super::super) fn row(&self, seal: Seal) -> Vec<u8> {
        let Self { last, epoch, events, bytes, keys, numbers, forgotten, first } = self;
        let mut row = row::begin(Kind::Totals, 72 + first.len());
        for number in [seal.0, *last, epoch.0, *events, *bytes, *keys, *numbers, *forgotten] {
            row.extend(number.to_le_bytes());
        }
        row::put_name(&mut row, first);
        seal.seal(row)
    }

    pub(in super::super) fn read(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let mut number = || fields.number();
        let _seal = number()?;
        let (last, epoch, events, bytes) = (number()?, Epoch(number()?), number()?, number()?);
        let (keys, numbers, forgotten) = (number()?, number()?, number()?);
        let first = fields.name()?.to_owned();
        Some(Self { last, epoch, events, bytes, keys, numbers, forgotten, first })
    }
}

/// The row of an epoch; `number` counts them.
pub(in super::super) fn span_row(number: u64, span: Span, seal: Seal) -> Vec<u8> {
    let mut row = row::begin(Kind::Span, 24);
    [number, span.epoch.0, span.after].iter().for_each(|one| row.extend(one.to_le_bytes()));
    seal.seal(row)
}

pub(in super::super) fn read_span(body: &[u8]) -> Option<(u64, Span)> {
    let mut fields = Fields(body);
    let (number, epoch) = (fields.number()?, Epoch(fields.number()?));
    Some((number, Span { epoch, after: fields.number()? }))
}

/// What stands at a sequence; `None` where nothing does that can be read.
pub(in super::super) fn stored(
    events: &impl ReadableTable<u64, &'static [u8]>,
    sequence: u64,
    seal: Seal,
) -> Result<Option<Stored>> {
    let row = events.get(sequence)?;
    Ok(row.and_then(|row| codec::decode(sequence, row.value(), seal)))
}
