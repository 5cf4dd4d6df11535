//! Rooms: which ones a server has, and how a name leads to a room or to the reason why there is none.

use std::{collections::BTreeSet, error::Error, fmt, sync::Arc};

use belfry_hub::event::Topic;
use wire::{
    chat::{
        page_data::NoRoom,
        room::{self, LONGEST_ROOM},
        visible,
    },
    topics,
};

use super::validation::{is_piled_name, one_form};

/// The room that is always listed on a server with rooms.
pub const LOBBY: &str = "lobby";

/// The rooms of a server. A cheap handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rooms {
    /// Any that somebody opens.
    Any,
    /// These, by name.
    Only(Arc<BTreeSet<String>>),
    /// Any, for requests made on this machine; none for others.
    Local,
    /// None.
    Off,
}

static ANY: Rooms = Rooms::Any;
static OFF: Rooms = Rooms::Off;

/// A room that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    name: String,
    topic: Topic,
}

impl Room {
    /// A room by its name: one segment of a topic, of up to [`LONGEST_ROOM`] bytes, that is visible as
    /// what it is and stands in its [one form](one_form), so that no two rooms look alike by it. What is
    /// written for bytes that are not text is not a room, because it stands for any.
    ///
    /// # Errors
    /// Where no room can have that name.
    pub fn new(name: &str) -> Result<Self, NoRoom> {
        let plain = visible::is_visible(name)
            && name.len() <= LONGEST_ROOM
            && one_form(name) == name
            && !is_piled_name(name)
            && !name.contains(['/', char::REPLACEMENT_CHARACTER]);
        let topic = plain.then(|| Topic::new(&room::topic(name)).ok()).flatten();
        topic.map(|topic| Self { name: name.to_owned(), topic }).ok_or(NoRoom::NotARoom)
    }

    /// The room whose messages are in a topic; `None` where it is not a room's.
    #[must_use]
    pub fn of_topic(topic: &Topic) -> Option<Self> {
        Self::new(topic.as_str().strip_prefix(topics::ROOM_PREFIX)?).ok()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The topic of its messages.
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.topic
    }
}

/// Part of a list of rooms that is not a valid room name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRoom(String);

impl fmt::Display for BadRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is not a room name; use 1 to {LONGEST_ROOM} bytes of visible characters, without / or *",
            self.0
        )
    }
}

impl Error for BadRoom {}

impl Rooms {
    /// Reads `any`, `off`, or names with a comma between two.
    ///
    /// # Errors
    /// The first that is not a valid room name.
    pub fn read(said: &str) -> Result<Self, BadRoom> {
        match said {
            "any" => return Ok(Self::Any),
            "off" => return Ok(Self::Off),
            _ => {}
        }
        let names = said.split(',').map(|name| {
            let name = name.trim();
            let room = Room::new(&one_form(name));
            room.map(|room| room.name).map_err(|_| BadRoom(name.to_owned()))
        });
        Ok(Self::Only(Arc::new(names.collect::<Result<_, _>>()?)))
    }

    /// The default for a server that listens only where this machine can reach it, or elsewhere too: a proxy on
    /// this machine can be reached by others.
    #[must_use]
    pub fn for_whom_it_listens(is_local: bool) -> Self {
        if is_local { Self::Local } else { Self::Off }
    }

    /// The rooms as a request sees them, made on this machine or not.
    #[must_use]
    pub fn seen(&self, local: bool) -> &Self {
        match self {
            Self::Local => {
                if local {
                    &ANY
                } else {
                    &OFF
                }
            }
            others => others,
        }
    }

    /// The room of a name.
    ///
    /// # Errors
    /// If there is no such room.
    pub fn open(&self, name: &str) -> Result<Room, NoRoom> {
        match self {
            Self::Off | Self::Local => Err(NoRoom::Off),
            Self::Any => Room::new(name),
            Self::Only(rooms) => {
                let room = Room::new(name)?;
                if rooms.contains(name) { Ok(room) } else { Err(NoRoom::NotOpen) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_one_segment_that_is_visible() {
        for name in ["lobby", "天气", "a b", "50%", "<script>", "a,b", &"a".repeat(64)] {
            let room = Room::new(name).unwrap();
            assert_eq!(room.topic().as_str(), format!("chat/{name}"));
            assert_eq!(Room::of_topic(room.topic()), Some(room));
        }
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a*",
            "*",
            " a",
            "a ",
            "a  b",
            "a\u{a0}b",
            "a\nb",
            "a\0",
            "a\u{202e}b",
            "a\u{200b}",
            "\u{2800}",
            "\u{3164}",
            "a\u{fe0f}",
            "\u{e000}",
            "\u{e0061}",
            "\u{fffd}",
            "ｌｏｂｂｙ",
            "lobb\u{24e8}",
            "e\u{301}",
            "a\u{316}\u{317}\u{318}",
            &"a".repeat(65),
            &"é".repeat(33),
        ] {
            assert_eq!(Room::new(name), Err(NoRoom::NotARoom), "{name:?}");
        }
    }

    #[test]
    fn a_server_has_any_room_or_some_or_none() {
        assert_eq!(Rooms::read("any"), Ok(Rooms::Any));
        assert_eq!(Rooms::read("off").unwrap().open("lobby"), Err(NoRoom::Off));
        let some = Rooms::read("ｔｅａｍ, lobby").unwrap();
        assert_eq!(some.open("team").unwrap().name(), "team");
        assert_eq!(some.open("lobby").unwrap().name(), "lobby");
        assert_eq!(some.open("kitchen"), Err(NoRoom::NotOpen));
        assert_eq!(some.open("a/b"), Err(NoRoom::NotARoom));
        assert_eq!(Rooms::Any.open("kitchen").unwrap().name(), "kitchen");
        for (bad, named) in [("", r#""""#), ("a,,b", r#""""#), ("a,b*", r#""b*""#)] {
            let why = Rooms::read(bad).unwrap_err().to_string();
            assert!(why.starts_with(named), "{bad:?}");
        }
    }
}
