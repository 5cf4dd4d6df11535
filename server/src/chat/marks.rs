//! Derives the mark of what a browser says in a room.
//!
//! ```text
//! browser's id ─┐
//! server's key ─┼→ HMAC → mark → the topic `here/{room}/{mark}` of the event
//! room ─────────┘
//! ```
//!
//! A mark is in a topic that only the server publishes to, not in the message, whose contents any publisher
//! to the room controls (docs/decisions/0017).

use belfry_hub::event::Topic;
use data_encoding::BASE32_DNSSEC;
use wire::chat::room::mark_topic;

use super::rooms::Room;
use crate::token::Secret;

/// What the marks' key is derived for.
pub(super) const PURPOSE: &str = "belfry sender marks";

/// The length of a mark in bytes: long enough that nobody finds another id with the same mark.
const MARK_BYTES: usize = 8;

/// Makes marks.
#[derive(Clone, Debug)]
pub(super) struct Marks(Secret);

impl Marks {
    pub(super) fn new(key: Secret) -> Self {
        Self(key)
    }

    /// The mark of a browser in a room: 64 bits of an HMAC with SHA-256, in lower-case letters and
    /// digits. Another room's tells nothing of it.
    pub(super) fn of(&self, room: &Room, browser: &str) -> String {
        // Neither holds a NUL.
        let mac = self.0.mac(format!("{}\0{browser}", room.name()).as_bytes());
        BASE32_DNSSEC.encode(&mac[..MARK_BYTES])
    }

    /// The topic that says so.
    pub(super) fn topic(&self, room: &Room, browser: &str) -> Option<Topic> {
        Topic::new(&mark_topic(room.name(), &self.of(room, browser))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_the_key_the_room_and_the_browser() {
        let marks = |key| Marks::new(Secret::new([key; 32]).unwrap());
        let room = |name| Room::new(name).unwrap();
        let browser = |digit: char| digit.to_string().repeat(32);
        let mark = marks(b'k').of(&room("lobby"), &browser('a'));
        assert_eq!((mark.len(), &*mark), (13, &*marks(b'k').of(&room("lobby"), &browser('a'))));
        assert!(mark.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(mark, marks(b'l').of(&room("lobby"), &browser('a')));
        assert_ne!(mark, marks(b'k').of(&room("team"), &browser('a')));
        assert_ne!(mark, marks(b'k').of(&room("lobby"), &browser('b')));
        let longest = room(&"天".repeat(21));
        let topic = marks(b'k').topic(&longest, &browser('a')).unwrap();
        assert!(topic.is_servers_own(), "{topic}");
    }
}
