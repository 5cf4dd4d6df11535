//! How a page reads from the server, and what the server says.

use wire::{
    chat::{Message, RoomPresence},
    page_data::PageAt,
    status::Status,
    topics::History,
};

/// Called once, when an answer has come. Who asked may be gone by then, and has to look. (No
/// [`Callback`](leptos::prelude::Callback): that goes with the row whose button was pressed, and then nobody
/// would hear of the answer.)
pub type Take<T> = Box<dyn FnOnce(T)>;

/// How to read from the server.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// Asks for the data of the page at an address (a path and a query), after a navigation without a
    /// reload; `None` where the server does not answer.
    pub page: fn(&str, Take<Option<PageAt>>),
    /// Reads a room's messages from a cursor on; called back with `None` where the server does not give
    /// them.
    pub history: fn(&str, Side, Take<Option<History>>),
    /// Reads the data of a room's event; `None` where it is not a message.
    pub message: fn(&str) -> Option<Message>,
    /// Reads who is in a room.
    pub presence: fn(&str) -> Option<RoomPresence>,
    /// Reads the data of a `status` event; `None` for that of another version of the server.
    pub status: fn(&str) -> Option<Status>,
}

/// On which side of a cursor to read a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Backwards from before a cursor.
    Before(String),
    /// Forwards from after a cursor.
    After(String),
}
