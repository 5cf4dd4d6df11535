//! Encodes and decodes the rows of events in the log's file.
//!
//! ```text
//! sequence: u64 | epoch: u64 | at: i64 | flags: u8 | type: u8 + bytes, where there is one
//!   | topics: u8, each u8 + bytes | for each name that it is found by, the sequence of the event before: u64
//!   | data
//! ```
//!
//! The event before is the newest earlier one that was found by the same name and that as many may
//! read: public before public, private before private. So a reader can tell that the index hides one.
//! Where an event was removed from among others the same stands without type and data.

use super::row::{self, Fields, Kind, Seal, put_name};
use crate::{
    cursor::Epoch,
    event::{Draft, Event, EventType, Topic},
    selector,
};

const PRIVATE: u8 = 1;
const TYPED: u8 = 2;

/// What stands in the log at a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// The event; without its type and its data where it was removed.
    pub(super) event: Event,
    /// It was removed from among others.
    pub(super) removed: bool,
    /// For each of [`selector::names`], the sequence of the event before.
    pub(super) before: Vec<u64>,
}

impl Stored {
    /// The sequence of the event before, by one of the names that it is found by.
    pub(super) fn before(&self, name: &str) -> Option<u64> {
        let place = selector::names(&self.event.draft.topics).position(|one| one == name)?;
        self.before.get(place).copied()
    }

    /// What stands in its place once it was removed.
    pub(super) fn remove(mut self) -> Self {
        let draft = &mut self.event.draft;
        (draft.event_type, draft.data) = (None, String::new());
        self.removed = true;
        self
    }
}

/// Writes the row of an event.
pub(super) fn encode(stored: &Stored, seal: Seal) -> Vec<u8> {
    let Stored { event, removed, before } = stored;
    let Event { epoch, sequence, at, draft } = event;
    let kind = if *removed { Kind::Removed } else { Kind::Event };
    let mut row = row::begin(kind, draft.data.len() + 128);
    row.extend(sequence.to_le_bytes());
    row.extend(epoch.0.to_le_bytes());
    row.extend(at.to_le_bytes());
    let typed = if draft.event_type.is_some() { TYPED } else { 0 };
    row.push(typed | if draft.private { PRIVATE } else { 0 });
    if let Some(event_type) = &draft.event_type {
        put_name(&mut row, event_type.as_str());
    }
    row.push(u8::try_from(draft.topics.len()).expect("an event has few topics"));
    for topic in &draft.topics {
        put_name(&mut row, topic.as_str());
    }
    debug_assert_eq!(before.len(), selector::names(&draft.topics).count());
    before.iter().for_each(|before| row.extend(before.to_le_bytes()));
    row.extend(draft.data.as_bytes());
    seal.seal(row)
}

/// Reads the row at a sequence; `None` where it is damaged, or that of another.
pub(super) fn decode(sequence: u64, row: &[u8], seal: Seal) -> Option<Stored> {
    let (kind, body) = seal.split(row)?;
    let stored = read(kind, body)?;
    let whole = row::HEAD + body.len() == row.len();
    (whole && stored.event.sequence == sequence).then_some(stored)
}

/// Reads the body of such a row.
pub(super) fn read(kind: Kind, body: &[u8]) -> Option<Stored> {
    let removed = match kind {
        Kind::Event => false,
        Kind::Removed => true,
        _ => return None,
    };
    let mut fields = Fields(body);
    let (sequence, epoch) = (fields.number()?, Epoch(fields.number()?));
    let at = i64::from_le_bytes(fields.array()?);
    let flags = fields.byte()?;
    let event_type = match flags & TYPED {
        0 => None,
        _ => Some(EventType::held(fields.name()?)?),
    };
    let count = fields.byte()?;
    let topics: Option<Vec<Topic>> = (0..count).map(|_| Topic::held(fields.name()?)).collect();
    let topics = topics?;
    let names = selector::names(&topics).count();
    let before: Option<Vec<u64>> = (0..names).map(|_| fields.number()).collect();
    let data = std::str::from_utf8(fields.0).ok()?.to_owned();
    let draft = Draft { topics, event_type, data, private: flags & PRIVATE != 0 };
    Some(Stored { event: Event { epoch, sequence, at, draft }, removed, before: before? })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            at: i64,
            epoch: u64,
            private: bool,
            removed: bool,
            name in proptest::option::of("[a-z]{1,255}"),
            topics in vec("[a-zé]{1,20}(/[a-z]{1,9}){0,9}", 1..16),
            data in ".*",
            before: u64,
        ) {
            let topics: Vec<Topic> = topics.iter().map(|name| Topic::new(name).unwrap()).collect();
            let before = selector::names(&topics).map(|_| before).collect();
            let event_type = name.and_then(|name| EventType::new(&name).ok().flatten());
            let draft = Draft { topics, event_type, data, private };
            let event = Event { epoch: Epoch(epoch), sequence: 7, at, draft };
            let mut stored = Stored { event, removed: false, before };
            if removed {
                stored = stored.remove();
            }
            let row = encode(&stored, Seal(1));
            prop_assert_eq!(decode(8, &row, Seal(1)), None);
            prop_assert_eq!(decode(7, &row, Seal(2)), None);
            prop_assert_eq!(decode(7, &row, Seal(1)), Some(stored));
        }

        #[test]
        fn no_body_does_harm(body: Vec<u8>) {
            let _ = read(Kind::Event, &body);
        }
    }
}
