//! The chat: which rooms there are, what may be said in them and how fast, and by whose mark.
//!
//! - `rooms`: the rooms; `validation`: names and texts; `message`: an event's data as a message
//! - `limits`: how fast one may talk; `marks`: what tells senders apart

mod limits;
mod marks;
mod message;
mod rooms;
mod validation;

use belfry_hub::{event::Topic, presence::Presence, state_topics::StateTopics};

use crate::token::{Keys, Secret};
use limits::Limits;
use marks::{Marks, PURPOSE};

pub(crate) use message::message;
pub use rooms::{BadRoom, LOBBY, Room, Rooms};
pub(crate) use validation::{name, one_form, text};

/// What the chat's answers are made from, beside the hub. A cheap handle.
#[derive(Clone, Debug)]
pub struct Chat {
    rooms: Rooms,
    pub(crate) limits: Limits,
    marks: Option<Marks>,
}

impl Chat {
    /// The chat of a server with these rooms. Marks are derived from the first secret among its keys;
    /// without one, from a secret that lasts until the server stops.
    #[must_use]
    pub fn new(rooms: Rooms, keys: &Keys) -> Self {
        let secret = keys.derived(PURPOSE).or_else(|| Secret::random().ok());
        Self { rooms, limits: Limits::new(), marks: secret.map(Marks::new) }
    }

    /// The mark in a room of the browser with this id; empty where there is none.
    pub(crate) fn mark(&self, room: &Room, browser: Option<&str>) -> String {
        let both = self.marks.as_ref().zip(browser);
        both.map(|(marks, browser)| marks.of(room, browser)).unwrap_or_default()
    }

    /// The topic that carries the mark in a room of the browser with this id, if there is one.
    pub(crate) fn mark_topic(&self, room: &Room, browser: Option<&str>) -> Option<Topic> {
        self.marks.as_ref()?.topic(room, browser?)
    }

    /// Registers the state topics of the rooms that there are.
    pub fn register(&self, presence: &Presence, states: &StateTopics) {
        let chat = self.clone();
        presence.register(states, move |room, grant| chat.rooms(grant.local).open(room).is_ok());
    }

    /// The rooms that there are for a request, made on this machine or not.
    #[must_use]
    pub fn rooms(&self, local: bool) -> &Rooms {
        self.rooms.seen(local)
    }
}
