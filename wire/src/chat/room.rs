//! The names that a room has: its address and its topics.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::{
    paths::{CHAT_PATH, HERE_SUFFIX},
    percent::UNRESERVED,
    topics::{PRESENCE_PREFIX, ROOM_PREFIX},
};

/// The longest name of a room, in bytes of UTF-8.
pub const LONGEST_ROOM: usize = 64;

/// The topic of a room's messages.
#[must_use]
pub fn topic(room: &str) -> String {
    ROOM_PREFIX.to_owned() + room
}

/// The state topic of who is in a room.
#[must_use]
pub fn presence_topic(room: &str) -> String {
    PRESENCE_PREFIX.to_owned() + room
}

/// The topic of what the browser of a mark has said in a room. Only the server publishes to it, as to all
/// that begins with [`PRESENCE_PREFIX`]: so whoever reads an event knows that the mark is true.
#[must_use]
pub fn mark_topic(room: &str, mark: &str) -> String {
    format!("{}/{mark}", presence_topic(room))
}

/// The mark in an event's topics, of who has said it in a room; empty where there is none.
pub fn mark_in<'a>(mut topics: impl Iterator<Item = &'a str>, room: &str) -> String {
    let begin = mark_topic(room, "");
    topics.find_map(|topic| topic.strip_prefix(&*begin)).unwrap_or_default().to_owned()
}

/// The address of a room.
#[must_use]
pub fn path(room: &str) -> String {
    format!("{CHAT_PATH}/{}", utf8_percent_encode(room, UNRESERVED))
}

/// Where a tab says that it shows a room.
#[must_use]
pub fn here_path(room: &str) -> String {
    path(room) + HERE_SUFFIX
}

/// The room at a path; `None` where that is not a path of a room. Only the server knows whether a room
/// may have such a name.
#[must_use]
pub fn room_at(path: &str) -> Option<String> {
    let written = path.strip_prefix(CHAT_PATH)?.strip_prefix('/')?;
    let written = written.strip_suffix('/').unwrap_or(written);
    let one = !written.is_empty() && !written.contains('/');
    one.then(|| percent_decode_str(written).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_found_at_its_address() {
        for room in ["lobby", "天气", "a b", "50%", "<script>", "\"'&?#"] {
            assert_eq!(room_at(&path(room)).as_deref(), Some(room));
        }
        assert_eq!(path("it's 时"), "/chat/it%27s%20%E6%97%B6");
        assert_eq!(room_at("/chat/lobby/").as_deref(), Some("lobby"));
        for nowhere in ["/chat", "/chat/", "/chat/a/b", "/chatter", "/chat//", "chat/a"] {
            assert_eq!(room_at(nowhere), None, "{nowhere:?}");
        }
    }

    #[test]
    fn a_mark_is_that_of_the_room() {
        let topics = [topic("lobby"), mark_topic("other", "b"), mark_topic("lobby", "a")];
        let mark = |room| mark_in(topics.iter().map(|topic| &**topic), room);
        assert_eq!(["lobby", "other", "lob", "chat"].map(mark), ["a", "b", "", ""]);
    }
}
