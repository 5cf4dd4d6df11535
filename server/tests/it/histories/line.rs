//! The line of a log: every event that it was given, in order, and its fate. A copy of the log begins with
//! the same line.

use std::collections::{BTreeMap, BTreeSet};

use belfry_hub::cursor::Cursor;

/// How many events are kept in all, and of two of the topics.
pub(crate) const KEPT: usize = 20;
pub(crate) const RULES: [(&str, usize); 2] = [("b", 4), ("x/1", 3)];

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    There,
    /// By retention. The tail may still show it.
    Dropped,
    Purged,
    /// It alone; nobody is to miss it.
    Removed,
    /// The same, and an event as old would have been dropped since then: there may be a gap.
    Forgotten,
}

/// An event that a log was given.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) topics: Vec<&'static str>,
    /// Those that it was not dropped from.
    pub(crate) left: BTreeSet<&'static str>,
    pub(crate) private: bool,
    pub(crate) data: String,
    pub(crate) is_notice: bool,
    pub(crate) fate: Fate,
}

impl Entry {
    pub(crate) fn new(topics: &[&'static str], private: bool, data: String) -> Self {
        Self {
            id: String::new(),
            topics: topics.to_vec(),
            left: topics.iter().copied().collect(),
            private,
            data,
            is_notice: false,
            fate: Fate::There,
        }
    }

    pub(crate) fn notice(topics: &[&'static str], private: bool, data: String) -> Self {
        Self { is_notice: true, ..Self::new(topics, private, data) }
    }

    fn drop_as(&mut self, fate: Fate) {
        self.left.clear();
        self.fate = fate;
    }
}

/// The sequence that an id ends in.
pub(crate) fn sequence(id: &str) -> u64 {
    Cursor::parse(id).unwrap_or_else(|| panic!("{id:?} is no id")).sequence
}

fn epoch(id: &str) -> &str {
    id.split_once('-').unwrap().0
}

/// The line of a log.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The position before the first event.
    root: String,
    pub(crate) entries: Vec<Entry>,
}

impl Line {
    pub(crate) fn new(root: String) -> Self {
        Self { root, entries: Vec::new() }
    }

    pub(crate) fn last(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The position after the event of a sequence.
    pub(crate) fn position(&self, sequence: u64) -> &str {
        sequence.checked_sub(1).map_or(&self.root, |place| &self.entries[place as usize].id)
    }

    /// Whether a position is one of this line.
    pub(crate) fn knows(&self, id: &str) -> bool {
        sequence(id) <= self.last() && self.position(sequence(id)) == id
    }

    /// Whether something of this line was written in the epoch of an id, and something in a later one.
    pub(crate) fn has_left_the_epoch_of(&self, id: &str) -> bool {
        let of = |one: &Entry| epoch(&one.id) == epoch(id);
        let known = self.entries.iter().any(of) || epoch(&self.root) == epoch(id);
        known && self.entries.last().is_some_and(|last| !of(last))
    }

    /// The epochs as a reader may be told about them: each with the sequence before its first event.
    pub(crate) fn spans(&self) -> Vec<(String, u64)> {
        let mut spans = vec![(epoch(&self.root).to_owned(), 0)];
        for (entry, after) in self.entries.iter().zip(0..) {
            if epoch(&entry.id) != spans.last().unwrap().0 {
                spans.push((epoch(&entry.id).to_owned(), after));
            }
        }
        spans
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        assert_eq!(sequence(&entry.id), self.last() + 1, "the sequences go on");
        let topics: BTreeSet<_> = entry.topics.iter().copied().collect();
        self.entries.push(entry);
        let there = |entry: &&Entry| entry.fate == Fate::There;
        while self.entries.iter().filter(there).count() > KEPT {
            let stands = |entry: &&mut Entry| matches!(entry.fate, Fate::There | Fate::Removed);
            let oldest = self.entries.iter_mut().find(stands).unwrap();
            let was_there = oldest.fate == Fate::There;
            oldest.drop_as(if was_there { Fate::Dropped } else { Fate::Forgotten });
        }
        for (topic, most) in RULES.into_iter().filter(|(topic, _)| topics.contains(topic)) {
            while self.of(topic).count() > most {
                let there =
                    |entry: &&mut Entry| entry.fate == Fate::There && entry.left.contains(topic);
                let oldest = self.entries.iter_mut().find(there).unwrap();
                oldest.left.remove(topic);
                if oldest.left.is_empty() {
                    oldest.fate = Fate::Dropped;
                }
            }
        }
    }

    /// What there is of a topic.
    pub(crate) fn of(&self, topic: &'static str) -> impl Iterator<Item = &Entry> {
        let there = move |entry: &&Entry| entry.fate == Fate::There && entry.left.contains(topic);
        self.entries.iter().filter(there)
    }

    /// The notice of a purge that would come now, if one would.
    pub(crate) fn notice_of_purge(&self, topic: &'static str) -> Option<Entry> {
        let held: Vec<_> = self.of(topic).collect();
        if held.iter().all(|entry| entry.is_notice) && held.len() <= 1 {
            return None;
        }
        let private = held.iter().all(|entry| entry.private);
        Some(Entry::notice(&[topic], private, String::new()))
    }

    /// Purges a topic up to the notice, which is the last event.
    pub(crate) fn purge(&mut self, topic: &'static str) {
        let before = self.entries.len() - 1;
        let there = |entry: &&mut Entry| entry.fate == Fate::There && entry.left.contains(topic);
        let purged = self.entries[..before].iter_mut().filter(there);
        purged.for_each(|entry| entry.drop_as(Fate::Purged));
    }

    pub(crate) fn remove(&mut self, place: usize) {
        // What retention took it out of before stays so.
        self.entries[place].fate = Fate::Removed;
    }
}

/// Every id that was ever given, by any copy, with the one before it.
#[derive(Debug, Default)]
pub(crate) struct Given {
    before: BTreeMap<String, Option<String>>,
    pub(crate) ids: Vec<String>,
}

impl Given {
    pub(crate) fn note(&mut self, id: &str, before: Option<&str>) {
        let there = self.before.insert(id.to_owned(), before.map(str::to_owned));
        assert_eq!(there, None, "{id} names two events");
        self.ids.push(id.to_owned());
    }

    /// Where a position's line and another part: the last sequence that both have, if any.
    pub(crate) fn parting(&self, id: &str, line: &Line) -> Option<u64> {
        let mut at = Some(id.to_owned());
        while let Some(id) = at {
            if line.knows(&id) {
                return Some(sequence(&id));
            }
            at = self.before[&id].clone();
        }
        None
    }
}
