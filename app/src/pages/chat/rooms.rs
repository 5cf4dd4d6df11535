//! The rooms: those that there are go in, links and a form to open another come out.

use leptos::prelude::*;

use crate::{
    chat::{CHAT_PATH, Listed, Rooms, path},
    text::text,
    writing::number,
};

/// The page of all rooms.
#[component]
pub fn RoomsView(rooms: Rooms) -> impl IntoView {
    let words = text().chat;
    let Rooms { rooms, any, refused } = rooms;
    let none = rooms.is_empty().then(|| view! { <p class="empty">{words.no_rooms}</p> });
    let link = |Listed { room, here }| {
        let here = (here > 0).then(|| (words.here)(&number(here.into(), 0), here == 1));
        let to = path(&room);
        view! { <li><a href=to><bdi>{room}</bdi></a><span>{here}</span></li> }
    };
    let links: Vec<_> = rooms.into_iter().map(link).collect();
    let problem = refused
        .then(|| view! { <p id="problem" class="problem" role="alert">{words.not_a_room}</p> });
    let form = any.then(|| {
        view! {
            <form class="ask" action=CHAT_PATH>
                <label for="room">{words.room}</label>
                <input
                    id="room"
                    name="room"
                    required=true
                    autocomplete="off"
                    aria-invalid=refused.then_some("true")
                    aria-describedby=refused.then_some("problem")
                />
                <button class="button">{words.enter}</button>
                {problem}
            </form>
        }
    });
    view! {
        <header class="page-head">
            <h1>{words.heading}</h1>
            <p class="age">{words.about}</p>
        </header>
        {form}
        <section class="rooms">
            <h2>{words.rooms}</h2>
            {none}
            <ul>{links}</ul>
        </section>
    }
}
