//! The index of one topic or prefix, as readers with the same rights see it.

use redb::{Range, ReadOnlyTable};

use super::{
    super::{
        codec::Stored,
        store::{Result, TopicRow},
    },
    events::Events,
};
use crate::{
    event::Event,
    log::{Order, Query, retention},
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
    /// What may come next: above the first, below the second.
    between: (u64, u64),
    head: Option<(u64, Option<Stored>)>,
    /// Up to where something is damaged before the head, until that was told.
    pub(super) damaged: Option<u64>,
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
        Ok(Self {
            name: name.to_owned(),
            private,
            backwards,
            floor: query.after.max(class.dropped).max(class.floor),
            at: if backwards { last } else { Some(query.after) },
            last,
            between: (query.after, query.before),
            head: None,
            damaged: None,
            entries: index.range(range)?,
        })
    }

    /// The sequence of the next event.
    pub(super) fn head(&self) -> Option<u64> {
        self.head.as_ref().map(|(sequence, _)| *sequence)
    }

    /// How many bytes the next event takes, where it was read.
    pub(super) fn size(&self) -> Option<usize> {
        let (_, stored) = self.head.as_ref()?;
        usize::try_from(retention::size(&stored.as_ref()?.event)).ok()
    }

    /// The next event, which is handed out.
    pub(super) fn take(&mut self) -> Option<Event> {
        self.head.as_mut().and_then(|(_, stored)| stored.take()).map(|stored| stored.event)
    }

    /// Goes to the next event that can be read, and notes what is damaged before it. It is told at once:
    /// other lanes may have events in between.
    pub(super) fn advance(&mut self, events: &Events) -> Result<()> {
        loop {
            let entry = if self.backwards { self.entries.next_back() } else { self.entries.next() };
            let Some(sequence) = entry.transpose()?.map(|(key, _)| key.value().2) else {
                self.head = None;
                return self.end(events);
            };
            // Where the index is damaged, what comes next may lie anywhere.
            if sequence <= self.between.0 || sequence >= self.between.1 {
                continue;
            }
            if self.backwards {
                self.between.1 = sequence;
            } else {
                self.between.0 = sequence;
            }
            if !events.verified {
                self.head = Some((sequence, None));
                return Ok(());
            }
            let Some(found) = events.stored(sequence)?.filter(|found| !found.removed) else {
                self.note(sequence);
                self.at = if self.backwards { None } else { Some(sequence) };
                continue;
            };
            // An entry of another topic does not count; what it replaces is found to be missing.
            let Some(before) = self.before(&found) else { continue };
            self.compare(events, sequence, before)?;
            self.at = Some(if self.backwards { before } else { sequence });
            self.head = Some((sequence, Some(found)));
            return Ok(());
        }
    }

    /// Which event comes before one in this lane, as it says; `None` where it is of another.
    fn before(&self, found: &Stored) -> Option<u64> {
        found.before(&self.name).filter(|_| found.event.draft.private == self.private)
    }

    /// Holds an event against the one that was read before it: whether one between them is hidden.
    fn compare(&mut self, events: &Events, sequence: u64, before: u64) -> Result<()> {
        if !self.backwards {
            return self.expect(events, before, self.at.unwrap_or(0));
        }
        match self.at {
            Some(expected) => self.expect(events, expected, sequence),
            None => Ok(()),
        }
    }

    /// Whether there should be more where the index has none.
    fn end(&mut self, events: &Events) -> Result<()> {
        let (end, at) =
            if self.backwards { (self.at, 0) } else { (self.last, self.at.unwrap_or(0)) };
        match end.filter(|_| events.verified) {
            Some(end) => self.expect(events, end, at),
            None => Ok(()),
        }
    }

    /// Notes damage where an event should have been found between one and `floor`, unless it was
    /// removed.
    fn expect(&mut self, events: &Events, mut sequence: u64, floor: u64) -> Result<()> {
        let floor = self.floor.max(floor);
        while sequence > floor {
            let removed = events.stored(sequence)?.filter(|found| found.removed);
            let Some(before) = removed.and_then(|removed| removed.before(&self.name)) else {
                self.note(sequence);
                break;
            };
            sequence = before;
        }
        Ok(())
    }

    fn note(&mut self, through: u64) {
        self.damaged = self.damaged.max(Some(through));
    }
}
