//! The bytes of an event in the log's file: an event goes in and out.
//!
//! ```text
//! at: i64 | flags: u8 | type: u8 + bytes, where there is one | topics: u8, each u8 + bytes | data
//! ```
//!
//! Integers are little-endian. Names have at most 255 bytes.

use crate::event::{Draft, Event, EventType, Topic};

const PRIVATE: u8 = 1;
const TYPED: u8 = 2;

/// Writes an event without its sequence, which is its key.
pub(super) fn encode(at: i64, draft: &Draft) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(draft.data.len() + 64);
    bytes.extend(at.to_le_bytes());
    let typed = if draft.event_type.is_some() { TYPED } else { 0 };
    bytes.push(typed | if draft.private { PRIVATE } else { 0 });
    if let Some(event_type) = &draft.event_type {
        put_name(&mut bytes, event_type.as_str());
    }
    bytes.push(u8::try_from(draft.topics.len()).expect("an event has few topics"));
    for topic in &draft.topics {
        put_name(&mut bytes, topic.as_str());
    }
    bytes.extend(draft.data.as_bytes());
    bytes
}

/// Reads an event; `None` where the bytes are none.
pub(super) fn decode(sequence: u64, bytes: &[u8]) -> Option<Event> {
    let (at, bytes) = bytes.split_first_chunk::<8>()?;
    let (flags, mut bytes) = bytes.split_first()?;
    let mut event_type = None;
    if flags & TYPED != 0 {
        let (name, rest) = take_name(bytes)?;
        (event_type, bytes) = (Some(EventType::held(name)?), rest);
    }
    let (count, mut bytes) = bytes.split_first()?;
    let mut topics = Vec::with_capacity((*count).into());
    for _ in 0..*count {
        let (name, rest) = take_name(bytes)?;
        topics.push(Topic::exactly(name).ok()?);
        bytes = rest;
    }
    let data = std::str::from_utf8(bytes).ok()?.to_owned();
    let draft = Draft { topics, event_type, data, private: flags & PRIVATE != 0 };
    Some(Event { sequence, at: i64::from_le_bytes(*at), draft })
}

fn put_name(bytes: &mut Vec<u8>, name: &str) {
    bytes.push(u8::try_from(name.len()).expect("a name has at most 255 bytes"));
    bytes.extend(name.as_bytes());
}

fn take_name(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, bytes) = bytes.split_first()?;
    let (name, rest) = bytes.split_at_checked((*length).into())?;
    Some((std::str::from_utf8(name).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            at: i64,
            private: bool,
            name in proptest::option::of("[a-z]{1,255}"),
            topics in vec("[a-zé]{1,100}", 1..16),
            data in ".*",
        ) {
            let topics = topics.iter().map(|name| Topic::new(name).unwrap()).collect();
            let event_type = name.and_then(|name| EventType::new(&name).ok().flatten());
            let draft = Draft { topics, event_type, data, private };
            let event = decode(7, &encode(at, &draft)).unwrap();
            prop_assert_eq!(event, Event { sequence: 7, at, draft });
        }

        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            let _ = decode(1, &bytes);
        }
    }
}
