//! The page of all rooms: the latest message in each, who is there, and a form to open another.

use leptos::prelude::*;
use wire::{
    chat::{
        FEW_NAMES, Posted,
        page_data::{Listed, MOST_UNREAD, Rooms},
        room::path,
    },
    parameters::ROOM,
    paths::CHAT_PATH,
    tick::Tick,
};

use super::{listing::Listing, presence::who};
use crate::{
    components::{Ask, PageHead},
    erased::{flag, words},
    feed::{Feed, under_base},
    number::number,
    text::text,
};

/// The page of all rooms. `after`: the end of the log when it was made.
pub fn view(rooms: Rooms, after: String) -> impl IntoView {
    let said = text().chat;
    let Rooms { rooms, any, refused } = rooms;
    let listing = Listing::begin(rooms, after);
    let problem = refused.then_some(said.not_a_room);
    let value = String::new();
    let form = any.then(|| {
        view! { <Ask action=under_base(CHAT_PATH) name=ROOM label=said.room value button=said.enter problem/> }
    });
    let about = words(|| text().chat.about.to_owned());
    let names = move || {
        let rooms = listing.rooms.read();
        rooms.iter().map(|listed| listed.room.clone()).collect::<Vec<_>>()
    };
    view! {
        <PageHead heading=said.heading.to_owned() about/>
        {form}
        <section class="rooms">
            <h2>{said.rooms}</h2>
            <p class="empty" hidden=flag(move || !listing.rooms.read().is_empty())>{said.no_rooms}</p>
            <ul>
                <For each=names key=|room| room.clone() let:room>{listed(listing, room)}</For>
            </ul>
        </section>
    }
}

/// A room in the list. It stays the same while what it shows changes.
fn listed(listing: Listing, room: String) -> impl IntoView {
    let to = under_base(&path(&room));
    let name = room.clone();
    let part = move |class: &'static str, say: fn(&Listed) -> String| {
        let room = room.clone();
        let words = words(move || {
            let rooms = listing.rooms.read();
            rooms.iter().find(|listed| listed.room == room).map(say).unwrap_or_default()
        });
        view! { <span class=class>{words}</span> }
    };
    view! {
        <li>
            <a href=to><bdi>{name}</bdi></a>
            {part("unread", unread)}
            {part("who", presence)}
            {part("last", line)}
            {part("at", at)}
        </li>
    }
}

fn unread(listed: &Listed) -> String {
    let count = number(listed.unread.into(), 0);
    match listed.unread {
        0 => String::new(),
        MOST_UNREAD.. => (text().chat.new)(&(number((MOST_UNREAD - 1).into(), 0) + "+"), false),
        one => (text().chat.new)(&count, one == 1),
    }
}

fn presence(listed: &Listed) -> String {
    match listed.presence.count {
        0 => String::new(),
        _ => who(&listed.presence, FEW_NAMES, text().chat, number),
    }
}

fn line(listed: &Listed) -> String {
    let words = text().chat;
    let Some(Posted { message, .. }) = &listed.last else { return words.nothing.to_owned() };
    let name = if message.name.is_empty() { words.nobody } else { &message.name };
    (words.says)(name, &message.text)
}

/// When it was said: the time of day, and of another day than today the date.
fn at(listed: &Listed) -> String {
    let at = listed.last.as_ref().and_then(|said| said.at.parse::<Tick>().ok());
    let Some((tick, feed)) = at.zip(use_context::<Feed>()) else { return String::new() };
    let today = feed.pushes.read_untracked().first().map_or(feed.rendered_at, |push| push.tick);
    let writing = feed.writing.read();
    let (date, minute) = ((writing.date)(tick), (writing.minute)(tick));
    if date == (writing.date)(today) { minute } else { date + " " + &minute }
}
