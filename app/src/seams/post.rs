//! How a page says something in a room, and that somebody is there.

use leptos::prelude::*;
use wire::chat::{Message, answer::Unsent};

use super::read::Take;
use crate::link::Mono;

/// What the server has answered to a message: the cursor of its event, or why it was not taken and how long
/// the server asks to wait, in microseconds.
pub type Answered = Result<String, (Unsent, Option<Mono>)>;

/// How to post in a room.
#[derive(Clone, Copy, Debug)]
pub struct Post {
    /// A key that no other message has.
    pub key: fn() -> String,
    /// Sends a message to a room under its key.
    pub message: fn(&str, &str, &Message, Take<Answered>),
    /// Who the visitor is to the server; empty where they have not signed in.
    pub who: fn() -> String,
    /// Says, for as long as the current owner lives, that somebody of this name is in a room; the name
    /// may be none.
    pub stay: fn(String, RwSignal<String>),
}
