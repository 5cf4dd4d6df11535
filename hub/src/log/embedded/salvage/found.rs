//! The rows that were found of a log, and what they say that it holds.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs::File,
    io,
    os::unix::fs::FileExt,
};

use super::super::{
    codec::{self, Stored},
    row::{HEAD, Kind, Seal},
    store::{Class, KeyRow, TopicRow, Totals, read_span},
};
use crate::{
    cursor::Epoch,
    event::{Draft, Event, Topic},
    selector::names,
    spans::{Span, Spans},
};

/// Where a row of an event lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Extent {
    pub(in super::super) at: u64,
    /// How many bytes its body has.
    pub(in super::super) length: u32,
    /// It stands in the place of an event that was removed.
    pub(in super::super) removed: bool,
}

impl Extent {
    fn read(&self, file: &File) -> io::Result<Vec<u8>> {
        let mut row = vec![0; HEAD + self.length as usize];
        file.read_exact_at(&mut row, self.at)?;
        Ok(row)
    }
}

/// The rows that were found.
#[derive(Debug)]
pub(in super::super) struct Found {
    pub(in super::super) seal: Seal,
    spans: BTreeMap<u64, Span>,
    /// The highest sequence that anything speaks of.
    pub(in super::super) last: u64,
    /// Low-water mark of the topics whose row was forgotten.
    pub(in super::super) forgotten: u64,
    pub(in super::super) topics: HashMap<String, TopicRow>,
    pub(in super::super) keys: HashMap<[u8; 16], KeyRow>,
    events: BTreeMap<u64, Vec<Extent>>,
}

/// What of the rows belongs to the log.
#[derive(Debug, Default)]
pub(in super::super) struct Survey {
    /// Where each event lies that the log holds, and what stands in the place of one.
    pub(in super::super) held: BTreeMap<u64, Extent>,
    /// The names of topics and prefixes of which something is missing, and up to where.
    pub(in super::super) lost: BTreeMap<(String, bool), u64>,
    /// How many events are missing, as far as others name them.
    pub(in super::super) missing: BTreeSet<u64>,
}

impl Survey {
    /// How many bytes all that is held takes.
    pub(in super::super) fn bytes(&self) -> u64 {
        self.held.values().map(|extent| u64::from(extent.length)).sum()
    }

    /// How many events there are.
    pub(in super::super) fn events(&self) -> usize {
        self.held.values().filter(|extent| !extent.removed).count()
    }
}

impl Found {
    pub(super) fn new(seal: Seal) -> Self {
        Self {
            seal,
            spans: BTreeMap::new(),
            last: 0,
            forgotten: 0,
            topics: HashMap::new(),
            keys: HashMap::new(),
            events: BTreeMap::new(),
        }
    }

    /// Takes in a row. One that cannot be read in spite of its seal was written by something else.
    pub(super) fn note(&mut self, kind: Kind, body: &[u8], at: u64) {
        match kind {
            Kind::Event | Kind::Removed => {
                let Some(stored) = codec::read(kind, body) else { return };
                self.last = self.last.max(stored.event.sequence);
                let length = u32::try_from(body.len()).expect("a row's head says as much");
                let extent = Extent { at, length, removed: stored.removed };
                self.events.entry(stored.event.sequence).or_default().push(extent);
            }
            Kind::Topic => {
                let Some((name, row)) = TopicRow::read(body) else { return };
                self.last = self.last.max(row.public.last).max(row.private.last);
                self.topics.entry(name.to_owned()).or_default().merge(&row);
            }
            Kind::Totals => {
                let Some(totals) = Totals::read(body) else { return };
                self.last = self.last.max(totals.last);
                self.forgotten = self.forgotten.max(totals.forgotten);
            }
            Kind::Span => self.spans.extend(read_span(body)),
            Kind::Key => {
                let Some(row) = KeyRow::read(body) else { return };
                self.last = self.last.max(row.id.sequence);
                let known = self.keys.entry(row.key).or_insert_with(|| row.clone());
                if row.id.sequence > known.id.sequence {
                    *known = row;
                }
            }
            Kind::End => {}
        }
    }

    /// The epochs, those of events whose own row is lost too.
    fn spans(&self, file: &File) -> io::Result<Option<Spans>> {
        let mut spans: Vec<Span> = self.spans.values().copied().collect();
        if let Some(all) = Spans::new(spans.clone())
            && self.spans.keys().next_back().map(|last| last + 1) == Some(spans.len() as u64)
        {
            return Ok(Some(all));
        }
        let mut known: HashSet<Epoch> = spans.iter().map(|span| span.epoch).collect();
        for (sequence, extents) in &self.events {
            for extent in extents {
                let Some(stored) = self.read(file, extent)? else { continue };
                let epoch = stored.event.epoch;
                if known.insert(epoch) {
                    spans.push(Span { epoch, after: sequence - 1 });
                }
            }
        }
        spans.sort_by_key(|span| span.after);
        Ok(Spans::new(spans))
    }

    /// The event of an extent.
    pub(super) fn read(&self, file: &File, extent: &Extent) -> io::Result<Option<Stored>> {
        let row = extent.read(file)?;
        Ok(self.seal.split(&row).and_then(|(kind, body)| codec::read(kind, body)))
    }

    /// Finds out what the log holds, and what is missing of it.
    pub(in super::super) fn survey(&self, file: &File) -> io::Result<(Survey, Option<Spans>)> {
        let spans = self.spans(file)?;
        let mut survey = Survey::default();
        let (removed, purged) = self.notices(file)?;
        let mut newest: HashMap<(String, bool), u64> = HashMap::new();
        for (sequence, extents) in &self.events {
            let Some((extent, stored)) = self.newest(file, *sequence, extents, spans.as_ref())?
            else {
                continue;
            };
            let event = &stored.event;
            let gone = removed.contains(sequence) || !self.holds(event, &purged);
            if !stored.removed && gone {
                continue;
            }
            survey.held.insert(*sequence, extent);
            let private = event.draft.private;
            for (name, before) in names(&event.draft.topics).zip(&stored.before) {
                let at = newest.insert((name.to_owned(), private), *sequence).unwrap_or(0);
                self.look_between(&mut survey, name, private, at, *before);
            }
        }
        for (name, row) in &self.topics {
            for private in [false, true] {
                let at = newest.get(&(name.clone(), private)).copied().unwrap_or(0);
                self.look_between(&mut survey, name, private, at, row.class(private).last);
            }
        }
        Ok((survey, spans))
    }

    /// Notes what is missing where an event names another before it that was not found.
    fn look_between(&self, survey: &mut Survey, name: &str, private: bool, at: u64, before: u64) {
        let gone = self.topics.get(name).map_or(0, |row| {
            let Class { dropped, floor, .. } = *row.class(private);
            dropped.max(floor).max(row.purged)
        });
        if before > at.max(gone).max(self.forgotten) {
            survey.missing.insert(before);
            let lost = survey.lost.entry((name.to_owned(), private)).or_default();
            *lost = before.max(*lost);
        }
    }

    /// What notices say to have been removed: the sequences of single events, and up to where all of a
    /// topic are gone, in case that its row does not know it.
    fn notices(&self, file: &File) -> io::Result<(BTreeSet<u64>, HashMap<Topic, u64>)> {
        let (mut removed, mut purged) = (BTreeSet::new(), HashMap::<Topic, u64>::new());
        for extent in self.events.values().flatten() {
            if extent.removed || extent.length > 1024 {
                continue;
            }
            let Some(stored) = self.read(file, extent)? else { continue };
            let Event { sequence, draft, .. } = stored.event;
            removed.extend(draft.removed().map(|id| id.sequence));
            if draft.is_notice_of_all() {
                for topic in draft.topics {
                    let through = purged.entry(topic).or_default();
                    *through = (sequence - 1).max(*through);
                }
            }
        }
        Ok((removed, purged))
    }

    /// Which of the rows of a sequence counts.
    fn newest(
        &self,
        file: &File,
        sequence: u64,
        extents: &[Extent],
        spans: Option<&Spans>,
    ) -> io::Result<Option<(Extent, Stored)>> {
        let epoch = spans.map(|spans| spans.position(sequence).epoch);
        let mut newest: Option<(Extent, Stored)> = None;
        for extent in extents {
            let Some(stored) = self.read(file, extent)? else { continue };
            let rank = |stored: &Stored| {
                (Some(stored.event.epoch) == epoch, stored.removed, stored.event.at)
            };
            if newest.as_ref().is_none_or(|(_, known)| rank(&stored) >= rank(known)) {
                newest = Some((*extent, stored));
            }
        }
        Ok(newest)
    }

    /// Whether the log holds an event in one of its topics.
    fn holds(&self, event: &Event, noticed: &HashMap<Topic, u64>) -> bool {
        let topics = &event.draft.topics;
        let purged = topics.iter().any(|topic| {
            let known = self.topics.get(topic.as_str()).map_or(0, |row| row.purged);
            event.sequence <= known.max(noticed.get(topic).copied().unwrap_or(0))
        });
        !purged && topics.iter().any(|topic| self.counts(event, topic))
    }

    /// Whether an event has not been dropped from one of its topics.
    pub(super) fn counts(&self, event: &Event, topic: &Topic) -> bool {
        let Draft { private, .. } = event.draft;
        let row = self.topics.get(topic.as_str());
        row.is_none_or(|row| event.sequence > row.class(private).floor)
    }
}
