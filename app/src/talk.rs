//! How a page of the chat talks with the server, given by the browser's half in the context. The server
//! provides none, so that rendering sends nothing.

use leptos::prelude::*;

use crate::{
    chat::{Here, Message, Unsent},
    event::History,
    link::Mono,
};

/// Called once, when an answer has come. Who asked may be gone by then, and has to look. (No [`Callback`]:
/// that goes with the row whose button was pressed, and then nobody would hear of the answer.)
pub type Take<T> = Box<dyn FnOnce(T)>;

/// The event of the window after which nothing that was kept is there any more.
pub const FORGOTTEN: &str = "belfry-forgotten";

/// How to talk in a room.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// A key that no other message has.
    pub key: fn() -> String,
    /// Sends a message to a room under its key. Called back with the cursor of its event, or why it was
    /// not taken and how long the server asks to wait, in microseconds.
    pub say: fn(&str, &str, &Message, Take<Result<String, (Unsent, Option<Mono>)>>),
    /// The page's monotonic clock.
    pub now: fn() -> Mono,
    /// The visitor's clock, in microseconds since the Unix epoch.
    pub wall: fn() -> i64,
    /// At random, 0 to 1.
    pub chance: fn() -> f64,
    /// Who the visitor is to the server; empty where they have not signed in.
    pub who: fn() -> String,
    /// Calls back after a time, in microseconds.
    pub after: fn(Mono, Box<dyn FnOnce()>),
    /// Calls at each event of this name of the window, for as long as the current owner lives.
    pub on: fn(&'static str, Box<dyn Fn()>),
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
