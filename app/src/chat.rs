//! The chat, as both halves know it: what somebody has said goes in, the data of an event of a room's
//! topic comes out, and back.

mod seen;

use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    address::UNRESERVED,
    read::{FromJson, Source, read_fields, read_names},
};

pub use seen::{LONGEST_NAME, is_name, is_seen, is_unseen};

/// Where the rooms are: `/chat/{room}`.
pub const CHAT_PATH: &str = "/chat";

/// What the topic of a room begins with: `chat/{room}`.
pub const ROOM_PREFIX: &str = "chat/";

/// What the state topic of who is in a room begins with: `here/{room}`, see [`Here`].
pub const HERE_PREFIX: &str = "here/";

/// The longest name of a room, in bytes of UTF-8.
pub const LONGEST_ROOM: usize = 64;

/// The longest text of a message, in bytes of UTF-8.
pub const LONGEST_TEXT: usize = 4096;

/// More unread messages of a room are not counted.
pub const MOST_UNREAD: u32 = 100;

/// The parameter of the page of all rooms that says what was read of one: a cursor, a space and the room's
/// name. It may be there for each room.
pub const READ: &str = "read";

/// So many names of those who are in a room are shown in a list of rooms.
pub const FEW_NAMES: usize = 3;

/// So much of a text is shown in a list of rooms, in characters.
const LONGEST_LINE: usize = 120;

/// So much of a text is shown, in bytes: a publisher may say more than a page can.
const LONGEST_SHOWN: usize = 16 * 1024;

/// What somebody has said: the data of an event, as JSON. What else is published to a room's topic is
/// the text of somebody without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who, by their own word; empty where they give no name.
    #[serde(default)]
    pub name: String,
    /// What.
    pub text: String,
}

/// A message that is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The cursor of its event.
    pub id: String,
    /// When it was published, as RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// What was said.
    pub message: Message,
    /// The [mark](mark_in) of the browser that has said it, in this room; empty where it was published
    /// with a token.
    pub mark: String,
}

/// Who is in a room: the data of the events of its state topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// How many browsers.
    pub count: u32,
    /// The names of those who gave one, by name, at most 100.
    pub names: Vec<String>,
    /// How many browsers have each of these names; left out where no name is there twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<u32>,
}

/// What the page of a room is born with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Its name.
    pub room: String,
    /// Its newest messages, or those before a place that was asked for; oldest first.
    pub messages: Vec<Posted>,
    /// What to ask for as `before` to read on backwards; `None` where nothing is left.
    pub older: Option<String>,
    /// A place was asked for: newer messages than these may be there.
    pub newer: bool,
    /// Who is here.
    pub here: Here,
    /// The name that the visitor used last; empty where there is none.
    pub me: String,
    /// The mark of the visitor's browser in this room; empty where it has none.
    pub mark: String,
    /// The form's key: the same form sent twice is one message.
    pub key: String,
    /// What the visitor wanted to say and could not; else empty.
    pub draft: String,
    /// Why that was not taken.
    pub unsent: Option<Unsent>,
}

/// What the page of all rooms is born with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// The rooms that there are, those first where something was said last.
    pub rooms: Vec<Listed>,
    /// Any other room may be opened.
    pub any: bool,
    /// What was asked for is no name of a room.
    pub refused: bool,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub room: String,
    /// Who is there.
    pub here: Here,
    /// What was said last, in one line; `None` where nothing was.
    pub last: Option<Posted>,
    /// How many messages have come since the place that the visitor says they have read, at most
    /// [`MOST_UNREAD`]; 0 where they say none.
    pub unread: u32,
}

/// What a page reads of the answer to a message: a [`Receipt`](crate::event::Receipt), or a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The cursor of its event.
    pub id: Option<String>,
    /// Why it was not taken.
    pub reason: Option<Unsent>,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsent {
    /// It has no name.
    NoName,
    /// The name is too long, or holds what could disguise it.
    BadName,
    /// It has no text.
    NoText,
    /// The text is too long.
    LongText,
    /// The text holds a character that cannot be shown.
    BadText,
    /// Its key was used for another text.
    OtherText,
    /// Too many came too fast.
    TooFast,
    /// It came from another site's page.
    Elsewhere,
    /// The room is not open.
    Closed,
    /// The server cannot keep it now.
    Unavailable,
    /// The server was not reached, or has not answered.
    Unreached,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoRoom {
    /// This server has no rooms.
    Off,
    /// No room can have that name.
    NotARoom,
    /// This server has other rooms only.
    NotOpen,
    /// Its messages cannot be read for now.
    Unavailable,
}

/// A name may be missing.
impl FromJson for Message {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        let name: Option<String> = FromJson::from_json(&source.field("name"))?;
        Some(Self { name: name.unwrap_or_default(), text: source.field("text").text()? })
    }
}

read_fields!(Posted { id, at, message, mark });
read_fields!(Here { count, names, times });
read_fields!(Room { room, messages, older, newer, here, me, mark, key, draft, unsent });
read_fields!(Rooms { rooms, any, refused });
read_fields!(Listed { room, here, last, unread });
read_fields!(Answer { id, reason });
read_names!(Unsent {
    NoName,
    BadName,
    NoText,
    LongText,
    BadText,
    OtherText,
    TooFast,
    Elsewhere,
    Closed,
    Unavailable,
    Unreached
});
read_names!(NoRoom { Off, NotARoom, NotOpen, Unavailable });

/// The topic of a room's messages.
#[must_use]
pub fn topic(room: &str) -> String {
    ROOM_PREFIX.to_owned() + room
}

/// The state topic of who is in a room.
#[must_use]
pub fn here_topic(room: &str) -> String {
    HERE_PREFIX.to_owned() + room
}

/// The topic of what the browser of a mark has said in a room. Only the server publishes to it, as to all
/// that begins with [`HERE_PREFIX`]: so whoever reads an event knows that the mark is true.
#[must_use]
pub fn mark_topic(room: &str, mark: &str) -> String {
    format!("{}/{mark}", here_topic(room))
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

/// The room that stands at a path; `None` where that is no path of a room. Whether any room can have
/// such a name, the server tells.
#[must_use]
pub fn room_at(path: &str) -> Option<String> {
    let written = path.strip_prefix(CHAT_PATH)?.strip_prefix('/')?;
    let written = written.strip_suffix('/').unwrap_or(written);
    let one = !written.is_empty() && !written.contains('/');
    one.then(|| percent_decode_str(written).decode_utf8_lossy().into_owned())
}

impl Here {
    /// The same with one name more than a list of rooms shows, if there are so many.
    #[must_use]
    pub fn few(mut self) -> Self {
        self.names.truncate(FEW_NAMES + 1);
        self.times.truncate(FEW_NAMES + 1);
        self
    }
}

impl Message {
    /// What an event's data says, with what was read of it as JSON: a name that is none is left out, and
    /// a text that no page could bear is cut.
    #[must_use]
    pub fn of(data: &str, read: Option<Self>) -> Self {
        let said = read.unwrap_or_else(|| Self { name: String::new(), text: data.to_owned() });
        let Self { name, mut text } = said;
        if text.len() > LONGEST_SHOWN {
            text.truncate(text.floor_char_boundary(LONGEST_SHOWN));
            text.push('…');
        }
        Self { name: if is_name(&name) { name } else { String::new() }, text }
    }

    /// The same in one line, as a list of rooms shows it.
    #[must_use]
    pub fn in_a_line(self) -> Self {
        let mut characters = self.text.chars();
        let line = characters.by_ref().take(LONGEST_LINE);
        let mut text: String = line.map(|one| if one.is_control() { ' ' } else { one }).collect();
        if characters.next().is_some() {
            text.push('…');
        }
        Self { text, ..self }
    }
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

    #[test]
    fn what_is_published_otherwise_is_the_text_of_nobody() {
        let of = |read: Option<(&str, &str)>| {
            let read = read.map(|(name, text)| Message { name: name.into(), text: text.into() });
            let Message { name, text } = Message::of("as it is", read);
            (name, text)
        };
        assert_eq!(of(None), (String::new(), "as it is".into()));
        let long = "时".repeat(LONGEST_SHOWN);
        let (_, cut) = of(Some(("Ada", &long)));
        assert_eq!(cut.chars().count(), LONGEST_SHOWN / 3 + 1);
        assert_eq!(of(Some(("Ada", "hello"))), ("Ada".into(), "hello".into()));
        assert_eq!(of(Some(("A\u{202e}da", "hello"))), (String::new(), "hello".into()));
    }

    #[test]
    fn a_list_shows_a_message_in_one_line() {
        let line = |text: &str| Message { name: "Ada".into(), text: text.into() }.in_a_line().text;
        assert_eq!(line("a\nb\tc"), "a b c");
        let full = "时".repeat(LONGEST_LINE);
        assert_eq!(line(&full), full);
        assert_eq!(line(&(full.clone() + "a")), full + "…");
    }
}
