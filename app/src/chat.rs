//! The chat, as both halves know it: what somebody has said goes in, the data of an event of a room's
//! topic comes out, and back.

mod joined;
mod seen;
mod typed;

use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    address::UNRESERVED,
    read::{FromJson, Source, read_fields, read_names},
};

pub use seen::{LONGEST_NAME, is_name, is_seen, is_unseen, seen_of};
pub use typed::{clean, misleads, one_form};

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
    /// The server, or a proxy before it, does not say why.
    Refused,
    /// The server was not reached, or has not answered.
    Unreached,
}

impl Unsent {
    /// Whether it may be taken if it is sent again.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::TooFast | Self::Unavailable | Self::Unreached)
    }
}

impl Answer {
    /// What an answer of this status comes to, with what was read of it.
    ///
    /// # Errors
    /// Why the message was not taken.
    pub fn of(status: u16, read: Option<Self>) -> Result<String, Unsent> {
        let read_any = read.is_some();
        let (id, reason) = read.map_or((None, None), |Self { id, reason }| (id, reason));
        match (status, id, reason) {
            (200..300, Some(id), _) => Ok(id),
            (_, _, Some(reason)) => Err(reason),
            (429, ..) => Err(Unsent::TooFast),
            // A request that came too slowly, or was no good on this connection.
            (408 | 421 | 425, ..) => Err(Unsent::Unreached),
            (400..500, ..) => Err(Unsent::Refused),
            _ if read_any => Err(Unsent::Unavailable),
            // A page of a proxy, or of who stands in the way.
            _ => Err(Unsent::Unreached),
        }
    }
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
    OtherText,
    TooFast,
    Elsewhere,
    Closed,
    Unavailable,
    Refused,
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
    fn an_answer_is_a_cursor_or_a_reason() {
        let read = |id: Option<&str>, reason| Some(Answer { id: id.map(str::to_owned), reason });
        for (status, read, means) in [
            (200, read(Some("E-1"), None), Ok("E-1".to_owned())),
            (429, read(None, Some(Unsent::TooFast)), Err(Unsent::TooFast)),
            (400, read(None, Some(Unsent::BadText)), Err(Unsent::BadText)),
            // A proxy numbers its own answers.
            (502, read(Some("request 7"), None), Err(Unsent::Unavailable)),
            (503, read(None, None), Err(Unsent::Unavailable)),
            (502, None, Err(Unsent::Unreached)),
            (200, None, Err(Unsent::Unreached)),
            (429, None, Err(Unsent::TooFast)),
            (408, None, Err(Unsent::Unreached)),
            (403, None, Err(Unsent::Refused)),
            (413, read(None, None), Err(Unsent::Refused)),
        ] {
            assert_eq!(Answer::of(status, read.clone()), means, "{status} {read:?}");
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
        let long = "时".repeat(LONGEST_SHOWN);
        let (_, cut) = of(Some(("Ada", &long)));
        assert_eq!(cut.chars().count(), LONGEST_SHOWN / 3 + 1);
        assert_eq!(of(Some(("Ada", "hello"))), ("Ada".into(), "hello".into()));
        assert_eq!(of(Some(("A\u{202e}da", "hello"))), (String::new(), "hello".into()));
    }
}
