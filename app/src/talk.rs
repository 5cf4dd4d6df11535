//! How a page of the chat talks with the server, given by the browser's half in the context. The server
//! provides none, so that rendering sends nothing.

use leptos::prelude::*;

use crate::{
    chat::{Here, Message, Unsent},
    event::History,
};

/// Called once, when an answer has come. Who asked may be gone by then, and has to look. (No [`Callback`]:
/// that goes with the row whose button was pressed, and then nobody would hear of the answer.)
pub type Take<T> = Box<dyn FnOnce(T)>;

/// How to talk in a room.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// A key that no other message has.
    pub key: fn() -> String,
    /// Sends a message to a room under its key. Called back with the cursor of its event, or why it was
    /// not taken.
    pub say: fn(&str, &str, &Message, Take<Result<String, Unsent>>),
    /// Reads a room's messages from a place on; called back with `None` where the server does not give
    /// them.
    pub read: fn(&str, Side, Take<Option<History>>),
    /// Reads the data of an event; `None` where it is no message.
    pub message: fn(&str) -> Option<Message>,
    /// Reads who is in a room.
    pub here: fn(&str) -> Option<Here>,
    /// Where an element that scrolls stands, by its id.
    pub place: fn(&str) -> Place,
    /// Scrolls an element to a place from its top.
    pub scroll: fn(&str, i32),
    /// What stands in a field, by its id.
    pub field: fn(&str) -> String,
    /// Writes into a field, which the browser itself then remembers no longer.
    pub fill: fn(&str, &str),
    /// Keeps a room's draft for as long as the tab is open; of no room, the visitor's name.
    pub keep: fn(&str, &str),
    /// What was kept of a room, or of none; `None` where nothing was.
    pub kept: fn(&str) -> Option<String>,
    /// Gives the keyboard to an element, by its id.
    pub focus: fn(&str),
    /// Remembers, in all tabs, up to which message a room was read.
    pub remember: fn(&str, &str),
    /// What was remembered.
    pub remembered: fn(&str) -> Option<String>,
    /// Says, for as long as the current owner lives, that somebody of this name is in a room; the name
    /// may be none.
    pub stay: fn(String, RwSignal<String>),
}

/// Where an element that scrolls stands, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// What has scrolled out at its top. It is negative in one that is laid out from its foot, where 0 is
    /// the foot.
    pub top: i32,
    /// How high all that it holds is.
    pub whole: i32,
    /// How much of it is seen.
    pub seen: i32,
}

/// On which side of a cursor to read a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Backwards from before a cursor.
    Before(String),
    /// Forwards from after a cursor.
    After(String),
}
