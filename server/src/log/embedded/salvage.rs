//! What can be read of a log whose structure is lost, or of a backup: its rows, wherever they lie.
//!
//! A file holds rows of earlier states too. What a topic's newest row says to be gone is gone, a later
//! row of an event says that it was removed, and of two events of one sequence the one counts whose
//! epoch the sequence is of.

mod rebuilding;
mod scan;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs::File,
    io,
};

use super::{
    codec::{self, Stored},
    row::{Kind, Seal},
    store::{Class, KeyRow, TopicRow, Totals, read_span},
};
use crate::{
    cursor::{Epoch, Span, Spans},
    event::{Draft, Event, Topic},
    selector::names,
};

pub(super) use rebuilding::rebuild;
pub(super) use scan::{Place, scan, seals};

/// The rows that were found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) seal: Seal,
    spans: BTreeMap<u64, Span>,
    /// The highest sequence that anything speaks of.
    pub(super) last: u64,
    /// Low-water mark of the topics whose row was forgotten.
    pub(super) forgotten: u64,
    pub(super) topics: HashMap<String, TopicRow>,
    pub(super) keys: HashMap<[u8; 16], KeyRow>,
    events: BTreeMap<u64, Vec<Place>>,
}

/// What of the rows belongs to the log.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Where each event lies that the log holds, and what stands in the place of one.
    pub(super) held: BTreeMap<u64, Place>,
    /// The names of topics and prefixes of which something is missing, and up to where.
    pub(super) lost: BTreeMap<(String, bool), u64>,
    /// How many events are missing, as far as others name them.
    pub(super) missing: BTreeSet<u64>,
}

impl Survey {
    /// How many bytes all that is held takes.
    pub(super) fn bytes(&self) -> u64 {
        self.held.values().map(|place| u64::from(place.length)).sum()
    }

    /// How many events there are.
    pub(super) fn events(&self) -> usize {
        self.held.values().filter(|place| !place.removed).count()
    }
}

impl Found {
    fn new(seal: Seal) -> Self {
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
    fn note(&mut self, kind: Kind, body: &[u8], at: u64) {
        match kind {
            Kind::Event | Kind::Removed => {
                let Some(stored) = codec::read(kind, body) else { return };
                self.last = self.last.max(stored.event.sequence);
                let length = u32::try_from(body.len()).expect("a row's head says as much");
                let place = Place { at, length, removed: stored.removed };
                self.events.entry(stored.event.sequence).or_default().push(place);
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
        for (sequence, places) in &self.events {
            for place in places {
                let Some(stored) = self.read(file, place)? else { continue };
                let epoch = stored.event.epoch;
                if known.insert(epoch) {
                    spans.push(Span { epoch, after: sequence - 1 });
                }
            }
        }
        spans.sort_by_key(|span| span.after);
        Ok(Spans::new(spans))
    }

    /// The event at a place.
    fn read(&self, file: &File, place: &Place) -> io::Result<Option<Stored>> {
        let row = place.read(file)?;
        Ok(self.seal.split(&row).and_then(|(kind, body)| codec::read(kind, body)))
    }

    /// Finds out what the log holds, and what is missing of it.
    pub(super) fn survey(&self, file: &File) -> io::Result<(Survey, Option<Spans>)> {
        let spans = self.spans(file)?;
        let mut survey = Survey::default();
        let (removed, purged) = self.notices(file)?;
        let mut newest: HashMap<(String, bool), u64> = HashMap::new();
        for (sequence, places) in &self.events {
            let Some((place, stored)) = self.newest(file, *sequence, places, spans.as_ref())?
            else {
                continue;
            };
            let event = &stored.event;
            let gone = removed.contains(sequence) || !self.holds(event, &purged);
            if !stored.removed && gone {
                continue;
            }
            survey.held.insert(*sequence, place);
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
        for place in self.events.values().flatten() {
            if place.removed || place.length > 1024 {
                continue;
            }
            let Some(stored) = self.read(file, place)? else { continue };
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
        places: &[Place],
        spans: Option<&Spans>,
    ) -> io::Result<Option<(Place, Stored)>> {
        let epoch = spans.map(|spans| spans.position(sequence).epoch);
        let mut newest: Option<(Place, Stored)> = None;
        for place in places {
            let Some(stored) = self.read(file, place)? else { continue };
            let rank = |stored: &Stored| {
                (Some(stored.event.epoch) == epoch, stored.removed, stored.event.at)
            };
            if newest.as_ref().is_none_or(|(_, known)| rank(&stored) >= rank(known)) {
                newest = Some((*place, stored));
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
    fn counts(&self, event: &Event, topic: &Topic) -> bool {
        let Draft { private, .. } = event.draft;
        let row = self.topics.get(topic.as_str());
        row.is_none_or(|row| event.sequence > row.class(private).floor)
    }
}
