//! The state topics `here/{room}`: who is in a room, for those who follow it.

use std::{fmt, sync::Arc};

use futures::{StreamExt, stream};
use wire::topics::PRESENCE_PREFIX;

use super::Presence;
use crate::{
    grant::Grant,
    selector::Selector,
    state_topics::{Access, Followed, StateTopic, StateTopics},
};

/// The topics of the rooms that there are.
struct Rooms<F> {
    presence: Presence,
    is_open: F,
}

impl<F> fmt::Debug for Rooms<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooms").finish_non_exhaustive()
    }
}

impl Presence {
    /// Registers the state topics `here/{room}`, of the rooms that are open to a request by what it may do.
    pub fn register(
        &self,
        states: &StateTopics,
        is_open: impl Fn(&str, &Grant) -> bool + Send + Sync + 'static,
    ) {
        let rooms = Selector::new(&format!("{PRESENCE_PREFIX}*")).expect("it is a prefix");
        states.register(rooms, Arc::new(Rooms { presence: self.clone(), is_open }));
    }
}

impl<F: Fn(&str, &Grant) -> bool + Send + Sync> StateTopic for Rooms<F> {
    /// Nobody is where no room is, and each one followed takes memory.
    fn access(&self, topic: &str, grant: &Grant) -> Access {
        match topic.strip_prefix(PRESENCE_PREFIX) {
            Some(room) if (self.is_open)(room, grant) => Access::Granted,
            _ => Access::Missing,
        }
    }

    fn follow(&self, topic: &str) -> Followed {
        let room = topic.strip_prefix(PRESENCE_PREFIX).unwrap_or(topic);
        let (newest, room) = self.presence.follow(room);
        let changes = stream::unfold(room, async |mut room| Some((room.changed().await, room)));
        Followed { newest: Some(newest), changes: changes.boxed() }
    }
}
