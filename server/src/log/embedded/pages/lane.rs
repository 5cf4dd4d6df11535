//! What the index says of one topic or prefix, to those who may see as much.

use redb::{Range, ReadOnlyTable, ReadableTable};

use super::{
    super::{
        codec::Stored,
        row::Seal,
        store::{Result, TopicRow, stored},
    },
    Order, Query,
};

/// The entries of a topic or a prefix, public or private, in the order that is read in.
pub(super) struct Lane {
    name: String,
    private: bool,
    backwards: bool,
    /// What comes before this was dropped, or was not asked for.
    floor: u64,
    /// Forwards: everything up to here was passed. Backwards: the event that comes next by what was
    /// read so far; `None` where nothing was.
    at: Option<u64>,
    /// The last event; `None` where it was not asked for.
    last: Option<u64>,
    head: Option<u64>,
    entries: Range<'static, (u64, bool, u64), ()>,
}

impl Lane {
    pub(super) fn begin(
        index: &ReadOnlyTable<(u64, bool, u64), ()>,
        name: &str,
        private: bool,
        row: &TopicRow,
        query: &Query,
    ) -> Result<Self> {
        let class = row.class(private);
        let backwards = query.order == Order::Backwards;
        let first = query.after.saturating_add(1);
        let range = (row.number, private, first)..(row.number, private, query.before.max(first));
        let last = (query.before > class.last).then_some(class.last);
        let mut lane = Self {
            name: name.to_owned(),
            private,
            backwards,
            floor: query.after.max(class.dropped),
            at: if backwards { last } else { Some(query.after) },
            last,
            head: None,
            entries: index.range(range)?,
        };
        lane.advance()?;
        Ok(lane)
    }

    /// The sequence of the next entry.
    pub(super) fn head(&self) -> Option<u64> {
        self.head
    }

    pub(super) fn advance(&mut self) -> Result<()> {
        let entry = if self.backwards { self.entries.next_back() } else { self.entries.next() };
        self.head = entry.transpose()?.map(|(key, _)| key.value().2);
        Ok(())
    }

    /// Which event comes before one in this lane, as it says; `None` where it is of another.
    pub(super) fn before(&self, found: &Stored) -> Option<u64> {
        found.before(&self.name).filter(|_| found.event.draft.private == self.private)
    }

    /// Goes past an entry, and the event `before` it, where that is known.
    pub(super) fn pass(&mut self, sequence: u64, before: Option<u64>) {
        self.at = if self.backwards { before } else { Some(sequence) };
    }

    /// Forwards: up to where an event is hidden before the one at the head, whose `before` this is.
    pub(super) fn hides(
        &self,
        events: &impl ReadableTable<u64, &'static [u8]>,
        before: u64,
        seal: Seal,
    ) -> Result<Option<u64>> {
        let floor = self.floor.max(self.at.unwrap_or(0));
        let before = self.not_removed(events, before, floor, seal)?;
        Ok((before > floor).then_some(before))
    }

    /// Backwards: up to where an event is hidden after the one of this sequence.
    pub(super) fn hides_above(
        &self,
        events: &impl ReadableTable<u64, &'static [u8]>,
        sequence: u64,
        seal: Seal,
    ) -> Result<Option<u64>> {
        let Some(expected) = self.at else { return Ok(None) };
        let floor = self.floor.max(sequence);
        let expected = self.not_removed(events, expected, floor, seal)?;
        Ok((expected > floor).then_some(expected))
    }

    /// Up to where an event is hidden after the last entry.
    pub(super) fn hides_the_end(
        &self,
        events: &impl ReadableTable<u64, &'static [u8]>,
        seal: Seal,
    ) -> Result<Option<u64>> {
        match if self.backwards { self.at } else { self.last } {
            Some(end) => self.hides_from(events, end, seal),
            None => Ok(None),
        }
    }

    fn hides_from(
        &self,
        events: &impl ReadableTable<u64, &'static [u8]>,
        end: u64,
        seal: Seal,
    ) -> Result<Option<u64>> {
        let at = self.at.filter(|_| !self.backwards).unwrap_or(0);
        let floor = self.floor.max(at);
        let end = self.not_removed(events, end, floor, seal)?;
        Ok((end > floor).then_some(end))
    }

    /// The first event from one on towards the beginning that was not removed, unless that is at or below
    /// a floor.
    fn not_removed(
        &self,
        events: &impl ReadableTable<u64, &'static [u8]>,
        mut sequence: u64,
        floor: u64,
        seal: Seal,
    ) -> Result<u64> {
        while sequence > floor
            && let Some(removed) = stored(events, sequence, seal)?.filter(|stored| stored.removed)
            && let Some(before) = removed.before(&self.name)
        {
            sequence = before;
        }
        Ok(sequence)
    }
}
