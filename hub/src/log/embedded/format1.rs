//! The first format of the log's file, as far as it is still read: by the migration, and by fingerprints,
//! which are made of an event's bytes in it.
//!
//! ```text
//! at: i64 | flags: u8 | type: u8 + bytes, where there is one | topics: u8, each u8 + bytes | data
//! ```

use super::row::{Fields, put_name};
use crate::event::{Draft, EventType, Topic};

const PRIVATE: u8 = 1;
const TYPED: u8 = 2;

/// Writes an event without its sequence.
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

/// Reads when an event was published, and what; `None` where the bytes are not an event.
pub(super) fn decode(bytes: &[u8]) -> Option<(i64, Draft)> {
    let mut fields = Fields(bytes);
    let at = i64::from_le_bytes(fields.array()?);
    let flags = fields.byte()?;
    let event_type = match flags & TYPED {
        0 => None,
        _ => Some(EventType::held(fields.name()?)?),
    };
    let count = fields.byte()?;
    let topics: Option<Vec<Topic>> = (0..count).map(|_| Topic::held(fields.name()?)).collect();
    let data = std::str::from_utf8(fields.0).ok()?.to_owned();
    Some((at, Draft { topics: topics?, event_type, data, private: flags & PRIVATE != 0 }))
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
            prop_assert_eq!(decode(&encode(at, &draft)), Some((at, draft)));
        }

        #[test]
        fn no_bytes_do_harm(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
