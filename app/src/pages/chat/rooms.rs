//! The rooms: those that there are go in, links and a form to open another come out.

use leptos::prelude::*;

use crate::{
    changing::words,
    chat::{CHAT_PATH, Listed, Rooms, path},
    components::{Ask, PageHead},
    text::text,
    writing::number,
};

/// The page of all rooms.
pub fn view(rooms: Rooms) -> impl IntoView {
    let said = text().chat;
    let Rooms { rooms, any, refused } = rooms;
    let none = rooms.is_empty().then(|| view! { <p class="empty">{said.no_rooms}</p> });
    let link = |Listed { room, here }| {
        // A signal of its own: else the whole page would be made again when the visitor's way to write
        // numbers is known.
        let here = words(move || match here {
            0 => String::new(),
            here => (text().chat.here)(&number(here.into(), 0)),
        });
        let to = path(&room);
        view! { <li><a href=to><bdi>{room}</bdi></a><span>{here}</span></li> }
    };
    let links: Vec<_> = rooms.into_iter().map(link).collect();
    let problem = refused.then_some(said.not_a_room);
    let value = String::new();
    let form = any.then(|| {
        view! { <Ask action=CHAT_PATH name="room" label=said.room value button=said.enter problem/> }
    });
    let about = words(|| text().chat.about.to_owned());
    view! {
        <PageHead heading=said.heading.to_owned() about/>
        {form}
        <section class="rooms">
            <h2>{said.rooms}</h2>
            {none}
            <ul>{links}</ul>
        </section>
    }
}
