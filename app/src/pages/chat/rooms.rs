//! The rooms: those that there are go in; what was said there last, who is there and a form to open another
//! come out.

use leptos::prelude::*;

use super::{here::who, listing::Listing};
use crate::{
    changing::{flag, words},
    chat::{CHAT_PATH, FEW_NAMES, Listed, MOST_UNREAD, Posted, Rooms, path},
    components::{Ask, PageHead},
    feed::Feed,
    text::text,
    tick::Tick,
    writing::number,
};

/// The page of all rooms. `after`: the end of the log when it was made.
pub fn view(rooms: Rooms, after: String) -> impl IntoView {
    let said = text().chat;
    let Rooms { rooms, any, refused } = rooms;
    let listing = Listing::begin(rooms, after);
    let problem = refused.then_some(said.not_a_room);
    let value = String::new();
    let form = any.then(|| {
        view! { <Ask action=CHAT_PATH name="room" label=said.room value button=said.enter problem/> }
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
    let to = path(&room);
    let name = room.clone();
    let say = move |say: fn(&Listed) -> String| {
        let room = room.clone();
        words(move || {
            let rooms = listing.rooms.read();
            rooms.iter().find(|listed| listed.room == room).map(say).unwrap_or_default()
        })
    };
    view! {
        <li>
            <a href=to><bdi>{name}</bdi></a>
            <span class="unread">{say(unread)}</span>
            <span class="who">{say(here)}</span>
            <p class="last" dir="auto"><bdi>{say(line)}</bdi></p>
            <span class="at">{say(at)}</span>
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

fn here(listed: &Listed) -> String {
    match listed.here.count {
        0 => String::new(),
        _ => who(&listed.here, FEW_NAMES, text().chat, number),
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
    let today = feed.pushes.read_untracked().first().map_or(feed.born, |push| push.tick);
    let writing = feed.writing.read();
    let (date, minute) = ((writing.date)(tick), (writing.minute)(tick));
    if date == (writing.date)(today) { minute } else { format!("{date}, {minute}") }
}
