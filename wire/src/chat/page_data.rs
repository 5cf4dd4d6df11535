//! What the chat's pages are rendered with.

use serde::{Deserialize, Serialize};

use super::{Posted, RoomPresence, answer::Unsent};
use crate::read::{read_fields, read_names};

/// More unread messages of a room are not counted.
pub const MOST_UNREAD: u32 = 100;

/// What the page of a room is rendered with.
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
    #[serde(rename = "here")]
    pub presence: RoomPresence,
    /// The name that the visitor used last; empty where there is none.
    pub me: String,
    /// The mark of the visitor's browser in this room; empty where it has none.
    pub mark: String,
    /// The form's key: the same form sent twice is one message.
    pub key: String,
    /// What the visitor wanted to say and could not; otherwise empty.
    pub draft: String,
    /// Why that was not taken.
    pub unsent: Option<Unsent>,
}

/// What the page of all rooms is rendered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// The rooms that there are, those first where something was said last.
    pub rooms: Vec<Listed>,
    /// Any other room may be opened.
    pub any: bool,
    /// What was asked for is not a valid room name.
    pub refused: bool,
}

/// A room in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub room: String,
    /// Who is there.
    #[serde(rename = "here")]
    pub presence: RoomPresence,
    /// What was said last, in one line; `None` where nothing was.
    pub last: Option<Posted>,
    /// How many messages have come since the place that the visitor says they have read, at most
    /// [`MOST_UNREAD`]; 0 where they say none.
    pub unread: u32,
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

read_fields!(Room { room, messages, older, newer, presence = "here", me, mark, key, draft, unsent });
read_fields!(Rooms { rooms, any, refused });
read_fields!(Listed { room, presence = "here", last, unread });
read_names!(NoRoom { Off, NotARoom, NotOpen, Unavailable });
