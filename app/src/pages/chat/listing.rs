//! The list of rooms, kept up to date, with the latest message first.

use leptos::prelude::*;
use percent_encoding::utf8_percent_encode;
use wire::{
    chat::{
        Message, Posted,
        page_data::{Listed, MOST_UNREAD},
        room::presence_topic,
    },
    cursor::{Cursor, Spans},
    event::{Envelope, PURGED},
    page_data::{PageAt, PageData},
    parameters::READ,
    paths::CHAT_PATH,
    percent::UNRESERVED,
    topics::{PRESENCE_PREFIX, ROOM_PREFIX},
};

use crate::{
    erased::effect,
    feed::Feed,
    seams::{Browser, follow::Following},
    stream::StreamEvent,
};

/// The page hears who is there of this many rooms: a stream has up to 100 topics.
const MOST_FOLLOWED: usize = 50;

/// The longest address that is asked for, in bytes. It is written into another, in which it may become
/// three times as long.
const LONGEST_ADDRESS: usize = 2000;

/// A list of rooms. A cheap handle.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The rooms, in order.
    pub rooms: RwSignal<Vec<Listed>>,
    /// Those of which the page hears who is there, with slashes between their names. (Few types of
    /// signals: each brings machine code of its own.)
    followed: RwSignal<String>,
    /// Something has happened that only the server knows enough of.
    stale: RwSignal<bool>,
    /// Something was said since the list was asked for.
    moved: RwSignal<bool>,
    browser: Option<Browser>,
}

impl Listing {
    /// Begins with what the page is rendered with, and follows from there. `after`: the end of the log when
    /// it was made.
    pub fn begin(rooms: Vec<Listed>, after: String) -> Self {
        let listing = Self {
            followed: RwSignal::new(followed(&rooms)),
            rooms: RwSignal::new(rooms),
            stale: RwSignal::new(false),
            moved: RwSignal::new(false),
            browser: use_context(),
        };
        listing.follow(after);
        listing
    }

    fn follow(self, after: String) {
        let Some(browser) = self.browser else { return };
        let to = move |topic, after| {
            let hear = Callback::new(move |heard| self.hear(heard));
            (browser.follow)(Following { topic, after, hear });
        };
        effect(move || to(format!("{ROOM_PREFIX}*"), Some(after.clone())));
        effect(move || {
            let followed = self.followed.read();
            for room in followed.split('/').filter(|room| !room.is_empty()) {
                to(presence_topic(room), None);
            }
        });
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
            if self.stale.get_untracked() {
                self.ask();
            }
        });
    }

    fn hear(self, heard: StreamEvent) {
        match heard {
            StreamEvent::Start(_) | StreamEvent::Connection { .. } => {}
            StreamEvent::Event { envelope, .. } if self.take(&envelope).is_some() => {}
            StreamEvent::Event { .. } | StreamEvent::Gap { .. } => self.stale.set(true),
        }
    }

    /// Takes in an event of a room that is listed; `None` where the list does not tell what comes of it.
    fn take(self, event: &Envelope) -> Option<()> {
        let browser = self.browser?;
        let of = |prefix| event.topics.iter().find_map(move |topic| topic.strip_prefix(prefix));
        let Some(id) = &event.id else {
            let (room, presence) = (of(PRESENCE_PREFIX)?, (browser.read.presence)(&event.data)?);
            let mut rooms = self.rooms.write();
            return rooms.iter_mut().find(|it| it.room == room).map(|it| it.presence = presence);
        };
        let room = of(ROOM_PREFIX).filter(|_| event.event_type != PURGED)?;
        let counts = (browser.store.remembered)(room).is_some();
        let message = Message::of(&event.data, (browser.read.message)(&event.data)).in_a_line();
        let said = Posted { id: id.clone(), at: event.at.clone(), message, mark: String::new() };
        let mut rooms = self.rooms.write();
        let at = rooms.iter().position(|listed| listed.room == room)?;
        // Otherwise the list was ahead of the stream.
        if rooms[at].last.as_ref().is_none_or(|last| comes_after(&said, last)) {
            rooms[at].last = Some(said);
            if counts {
                rooms[at].unread = MOST_UNREAD.min(rooms[at].unread + 1);
            }
            let first = rooms.remove(at);
            rooms.insert(0, first);
            self.moved.set(true);
        }
        Some(())
    }

    /// Fetches the list again, with how much of each room is unread.
    fn ask(self) {
        let Some(browser) = self.browser else { return };
        self.stale.set(false);
        self.moved.set(false);
        let mut address = CHAT_PATH.to_owned();
        for Listed { room, .. } in &*self.rooms.read_untracked() {
            if let Some(place) = (browser.store.remembered)(room)
                && address.len() < LONGEST_ADDRESS
            {
                address.push(if address.len() == CHAT_PATH.len() { '?' } else { '&' });
                address += READ;
                address.push('=');
                address.extend(utf8_percent_encode(&(place + " " + room), UNRESERVED));
            }
        }
        let take = move |page_at| {
            if let Some(PageAt { page: PageData::Rooms(Ok(found)), .. }) = page_at
                && !self.rooms.is_disposed()
            {
                // What has come since may not be in it.
                if self.moved.get_untracked() {
                    return self.stale.set(true);
                }
                // Rooms that are only in another order are not followed again.
                let among =
                    |followed: &str, room: &Listed| followed.split('/').any(|it| it == room.room);
                let before = self.followed.get_untracked();
                if !found.rooms.iter().take(MOST_FOLLOWED).all(|room| among(&before, room)) {
                    self.followed.set(followed(&found.rooms));
                }
                self.rooms.set(found.rooms);
            }
        };
        (browser.read.page)(&address, Box::new(take));
    }
}

/// The rooms of which the page hears who is there: those first where something was said last. No room has
/// a slash in its name.
fn followed(rooms: &[Listed]) -> String {
    let mut names = String::new();
    for listed in rooms.iter().take(MOST_FOLLOWED) {
        names.push('/');
        names += &listed.room;
    }
    names
}

/// Whether a message is newer than another, as far as is known.
fn comes_after(one: &Posted, other: &Posted) -> bool {
    let both = Cursor::parse(&one.id).zip(Cursor::parse(&other.id));
    both.is_none_or(|(one, other)| !Spans::default().reaches(&other, &one))
}
