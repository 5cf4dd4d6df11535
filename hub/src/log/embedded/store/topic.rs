//! The row of a topic, or of all topics under a prefix.

use redb::ReadableTable;

use super::{
    super::row::{self, Fields, Kind, Seal, put_name},
    Result, TOTALS, Totals,
};

/// The events of a topic that the same readers may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Class {
    pub(in super::super) events: u64,
    /// The sequence of the last that ever was.
    pub(in super::super) last: u64,
    /// Low-water mark: the highest sequence of one that was dropped.
    pub(in super::super) dropped: u64,
    /// Nothing is left up to this sequence, for retention has come so far.
    pub(in super::super) floor: u64,
}

/// What there is of a topic or a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct TopicRow {
    pub(in super::super) number: u64,
    pub(in super::super) public: Class,
    pub(in super::super) private: Class,
    pub(in super::super) bytes: u64,
    /// All events up to this sequence were purged, from their other topics too.
    pub(in super::super) purged: u64,
    /// The next one by name, so that none of them can be hidden; empty where this is the last.
    pub(in super::super) next: String,
}

/// What is known of a name.
#[derive(Debug)]
pub(in super::super) enum Found {
    Known(TopicRow),
    /// There is none of that name.
    Absent,
    /// There is one, and it cannot be read.
    Damaged,
}

impl TopicRow {
    pub(in super::super) fn class(&self, private: bool) -> &Class {
        if private { &self.private } else { &self.public }
    }

    pub(super) fn class_mut(&mut self, private: bool) -> &mut Class {
        if private { &mut self.private } else { &mut self.public }
    }

    pub(super) fn events(&self) -> u64 {
        self.public.events + self.private.events
    }

    pub(super) fn dropped(&self) -> u64 {
        self.public.dropped.max(self.private.dropped)
    }

    pub(in super::super) fn row(&self, name: &str, seal: Seal) -> Vec<u8> {
        let Self { number, public, private, bytes, purged, next } = self;
        let mut row = row::begin(Kind::Topic, 96 + name.len() + next.len());
        put_name(&mut row, name);
        let classes =
            [public, private].map(|class| [class.events, class.last, class.dropped, class.floor]);
        for number in [*number, *bytes, *purged].into_iter().chain(classes.into_iter().flatten()) {
            row.extend(number.to_le_bytes());
        }
        put_name(&mut row, next);
        seal.seal(row)
    }

    /// Reads the body of such a row: the name and what there is of it.
    pub(in super::super) fn read(body: &[u8]) -> Option<(&str, Self)> {
        let mut fields = Fields(body);
        let name = fields.name()?;
        let (number, bytes, purged) = (fields.number()?, fields.number()?, fields.number()?);
        let mut class = || {
            let (events, last) = (fields.number()?, fields.number()?);
            let (dropped, floor) = (fields.number()?, fields.number()?);
            Some(Class { events, last, dropped, floor })
        };
        let (public, private) = (class()?, class()?);
        let next = fields.name()?.to_owned();
        Some((name, Self { number, public, private, bytes, purged, next }))
    }

    /// Takes over what another state of the same row knows to be gone: that only ever grows.
    pub(in super::super) fn merge(&mut self, other: &Self) {
        for private in [false, true] {
            let (class, other) = (self.class_mut(private), other.class(private));
            class.last = class.last.max(other.last);
            class.dropped = class.dropped.max(other.dropped);
            class.floor = class.floor.max(other.floor);
        }
        self.purged = self.purged.max(other.purged);
        if !other.next.is_empty() {
            other.next.clone_into(&mut self.next);
        }
    }

    fn of(name: &str, row: &[u8], seal: Seal) -> Option<Self> {
        let (found, row) = Self::read(seal.open(Kind::Topic, row)?)?;
        (found == name).then_some(row)
    }
}

/// What is known of a name. That there is none of it is told by the name before.
pub(in super::super) fn find(
    topics: &impl ReadableTable<&'static str, &'static [u8]>,
    name: &str,
    seal: Seal,
) -> Result<Found> {
    if let Some(row) = topics.get(name)? {
        return Ok(TopicRow::of(name, row.value(), seal).map_or(Found::Damaged, Found::Known));
    }
    Ok(match next_of_the_one_before(topics, name, seal)? {
        Some(next) if next.is_empty() || *next > *name => Found::Absent,
        _ => Found::Damaged,
    })
}

/// Which name comes after the one before `name`, as that says; `None` where it cannot be read.
fn next_of_the_one_before(
    topics: &impl ReadableTable<&'static str, &'static [u8]>,
    name: &str,
    seal: Seal,
) -> Result<Option<String>> {
    let Some(before) = topics.range::<&str>(..name)?.next_back().transpose()? else {
        return Ok(None);
    };
    let (before, row) = (before.0.value(), before.1.value());
    Ok(if before == TOTALS {
        seal.open(Kind::Totals, row).and_then(Totals::read).map(|totals| totals.first)
    } else {
        TopicRow::of(before, row, seal).map(|row| row.next)
    })
}
