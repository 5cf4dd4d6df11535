//! A list of rooms: what the page is born with and what it hears go in; the rooms come out, those first
//! where something was said last.

use leptos::prelude::*;
use percent_encoding::utf8_percent_encode;

use super::visit::Browser;
use crate::{
    address::UNRESERVED,
    changing::effect,
    chat::{
        CHAT_PATH, HERE_PREFIX, Listed, MOST_UNREAD, Message, Posted, READ, ROOM_PREFIX, here_topic,
    },
    cursor::{Cursor, Spans},
    event::{Envelope, PURGED},
    feed::{Born, Feed, Newborn},
    follow::{Follow, Following, Heard},
};

/// The page hears who is there of so many rooms: a stream has up to 100 topics.
const MOST_FOLLOWED: usize = 50;

/// The longest address that is asked for, in bytes. It is written into another, in which it may become
/// three times as long.
const LONGEST_ADDRESS: usize = 2000;

/// A list of rooms. A cheap handle.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The rooms, in order.
    pub rooms: RwSignal<Vec<Listed>>,
    /// Those of which the page hears who is there, by name.
    followed: RwSignal<Vec<String>>,
    /// Something has happened that only the server knows enough of.
    stale: StoredValue<bool>,
    browser: Option<Browser>,
}

impl Listing {
    /// Begins with what the page is born with, and follows from there. `after`: the end of the log when
    /// it was made.
    pub fn begin(rooms: Vec<Listed>, after: String) -> Self {
        let listing = Self {
            followed: RwSignal::new(followed(&rooms)),
            rooms: RwSignal::new(rooms),
            stale: StoredValue::new(false),
            browser: Browser::of_context(),
        };
        listing.follow(after);
        listing
    }

    fn follow(self, after: String) {
        let Some(Browser { follow: Follow(follow), .. }) = self.browser else { return };
        let to = move |topic, after| {
            let hear = Callback::new(move |heard| self.hear(heard));
            follow(Following { topic, after, hear });
        };
        effect(move || to(format!("{ROOM_PREFIX}*"), Some(after.clone())));
        effect(move || self.followed.get().iter().for_each(|room| to(here_topic(room), None)));
        let Feed { pushes, visible, .. } = expect_context();
        effect(move || {
            // In another tab something may have been read meanwhile.
            if visible.get() {
                self.ask();
            }
        });
        effect(move || {
            // Not at once: many may be opened together.
            pushes.track();
            if self.stale.get_value() {
                self.ask();
            }
        });
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Spans(_) => {}
            Heard::Event(event) if self.take(&event).is_some() => {}
            Heard::Event(_) | Heard::Gap(_) => self.stale.set_value(true),
        }
    }

    /// Takes in an event of a room that is listed; `None` where the list does not tell what comes of it.
    fn take(self, event: &Envelope) -> Option<()> {
        let Browser { talk, .. } = self.browser?;
        let of = |prefix| event.topics.iter().find_map(move |topic| topic.strip_prefix(prefix));
        let Some(id) = &event.id else {
            let (room, here) = (of(HERE_PREFIX)?, (talk.here)(&event.data)?);
            let mut rooms = self.rooms.write();
            return rooms.iter_mut().find(|it| it.room == room).map(|it| it.here = here);
        };
        let room = of(ROOM_PREFIX).filter(|_| event.event_type != PURGED)?;
        let counts = (talk.remembered)(room).is_some();
        let message = Message::of(&event.data, (talk.message)(&event.data)).in_a_line();
        let said = Posted { id: id.clone(), at: event.at.clone(), message, mark: String::new() };
        let mut rooms = self.rooms.write();
        let at = rooms.iter().position(|listed| listed.room == room)?;
        // Else the list was ahead of the stream.
        if rooms[at].last.as_ref().is_none_or(|last| comes_after(&said, last)) {
            rooms[at].last = Some(said);
            if counts {
                rooms[at].unread = MOST_UNREAD.min(rooms[at].unread + 1);
            }
            rooms[..=at].rotate_right(1);
        }
        Some(())
    }

    /// Has the list anew, with how much of each room is unread.
    fn ask(self) {
        let Some(Browser { talk, fetch, .. }) = self.browser else { return };
        self.stale.set_value(false);
        let mut address = CHAT_PATH.to_owned();
        for Listed { room, .. } in &*self.rooms.read_untracked() {
            if let Some(place) = (talk.remembered)(room)
                && address.len() < LONGEST_ADDRESS
            {
                let between = if address.len() == CHAT_PATH.len() { '?' } else { '&' };
                let read = format!("{place} {room}");
                address += &format!("{between}{READ}={}", utf8_percent_encode(&read, UNRESERVED));
            }
        }
        let take = move |newborn| {
            if let Some(Newborn { page: Born::Rooms(Ok(found)), .. }) = newborn
                && !self.rooms.is_disposed()
            {
                let followed = followed(&found.rooms);
                if *self.followed.read_untracked() != followed {
                    self.followed.set(followed);
                }
                self.rooms.set(found.rooms);
            }
        };
        (fetch.newborn)(&address, Box::new(take));
    }
}

/// The rooms of which the page hears who is there: those first where something was said last.
fn followed(rooms: &[Listed]) -> Vec<String> {
    let first = rooms.iter().take(MOST_FOLLOWED);
    let mut names: Vec<_> = first.map(|listed| listed.room.clone()).collect();
    names.sort();
    names
}

/// Whether a message is newer than another, as far as is known.
fn comes_after(one: &Posted, other: &Posted) -> bool {
    let both = Cursor::parse(&one.id).zip(Cursor::parse(&other.id));
    both.is_none_or(|(one, other)| !Spans::default().reaches(&other, &one))
}
