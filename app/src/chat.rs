//! The chat, as both halves know it: what somebody has said goes in, the data of an event of a room's
//! topic comes out, and back.

use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    address::UNRESERVED,
    read::{FromJson, Source, read_fields, read_names},
};

/// Where the rooms are: `/chat/{room}`.
pub const CHAT_PATH: &str = "/chat";

/// What the topic of a room begins with: `chat/{room}`.
pub const ROOM_PREFIX: &str = "chat/";

/// What the state topic of who is in a room begins with: `here/{room}`, see [`Here`].
pub const HERE_PREFIX: &str = "here/";

/// Where the page at an address is read as data, see [`Newborn`](crate::feed::Newborn).
pub const BORN_PATH: &str = "/api/born";

/// The longest name of a room, in bytes of UTF-8.
pub const LONGEST_ROOM: usize = 64;

/// The longest name of a person, in characters.
pub const LONGEST_NAME: usize = 40;

/// The longest text of a message, in bytes of UTF-8.
pub const LONGEST_TEXT: usize = 4096;

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
}

/// Who is in a room: the data of the events of its state topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// How many browsers.
    pub count: u32,
    /// The names of those who gave one, by name, at most 100.
    pub names: Vec<String>,
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
    /// The rooms that there are, by name.
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
    /// How many browsers are there.
    pub here: u32,
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

read_fields!(Posted { id, at, message });
read_fields!(Here { count, names });
read_fields!(Room { room, messages, older, newer, here, me, key, draft, unsent });
read_fields!(Rooms { rooms, any, refused });
read_fields!(Listed { room, here });
read_fields!(Answer { id, reason });
read_names!(Unsent {
    NoName,
    BadName,
    NoText,
    LongText,
    BadText,
    TooFast,
    Elsewhere,
    Closed,
    Unavailable,
    Unreached
});
read_names!(NoRoom { Off, NotARoom, NotOpen, Unavailable });

/// Characters that are not seen, or that change how others are seen, as first and last: control and
/// format characters, line ends, what
/// [Unicode](https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point) lets a program leave
/// out, the blanks of Braille, of Khitan and of musical notation, and private use.
const UNSEEN: [(char, char); 32] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{f0000}', '\u{10ffff}'),
];

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

/// Whether a character is unseen, or changes how others are seen. A space is not judged.
#[must_use]
pub fn is_unseen(one: char) -> bool {
    UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&one))
}

/// Whether a text of one line is seen as what it is: it is not empty, each of its characters is seen, and
/// there is no blank but the space, and none at an end or beside another.
#[must_use]
pub fn is_seen(text: &str) -> bool {
    let odd_space = |one: char| one.is_whitespace() && one != ' ';
    !text.is_empty()
        && text.trim().len() == text.len()
        && !text.chars().zip(text.chars().skip(1)).any(|pair| pair == (' ', ' '))
        && !text.chars().any(|one| is_unseen(one) || odd_space(one))
}

/// Whether a name [is seen](is_seen) as what it is, and has up to [`LONGEST_NAME`] characters. What is
/// not is shown as no name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.chars().count() <= LONGEST_NAME && is_seen(name)
}

impl Message {
    /// What an event's data says, with what was read of it as JSON: a name that is none is left out.
    #[must_use]
    pub fn of(data: &str, read: Option<Self>) -> Self {
        let Some(Self { name, text }) = read else {
            return Self { name: String::new(), text: data.to_owned() };
        };
        Self { name: if is_name(&name) { name } else { String::new() }, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_seen_as_what_it_is() {
        let longest = "é".repeat(LONGEST_NAME);
        for name in ["Ada", "Ada Lovelace", "王小明", "عمر", "דנה", "O'Brien <b>", "🦀", &longest]
        {
            assert!(is_name(name), "{name:?}");
        }
        for name in [
            "",
            " ",
            " Ada",
            "Ada ",
            "A  da",
            "A\u{a0}da",
            "A\u{3000}da",
            "A\nda",
            "A\u{202e}ada",
            "A\u{200b}da",
            "Ada\u{2066}",
            "\u{3164}",
            "\u{2800}",
            "\u{1d159}",
            "Ada\u{fe0f}",
            "A\u{e0041}da",
            "\u{f8ff}",
            &"é".repeat(LONGEST_NAME + 1),
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }

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
    fn what_is_published_otherwise_is_the_text_of_nobody() {
        let of = |read: Option<(&str, &str)>| {
            let read = read.map(|(name, text)| Message { name: name.into(), text: text.into() });
            let Message { name, text } = Message::of("as it is", read);
            (name, text)
        };
        assert_eq!(of(None), (String::new(), "as it is".into()));
        assert_eq!(of(Some(("Ada", "hello"))), ("Ada".into(), "hello".into()));
        assert_eq!(of(Some(("A\u{202e}da", "hello"))), (String::new(), "hello".into()));
    }
}
