//! The chat: an address goes in; the rooms there are, a room, or why there is none come out.

mod composer;
mod conversation;
mod here;
mod links;
mod listing;
mod messages;
mod outbox;
mod room;
mod rooms;
mod row;
mod rows;
mod visit;

use leptos::{either::EitherOf3, prelude::*};

use super::awaited;
use crate::{
    changing::words,
    chat::{CHAT_PATH, NoRoom},
    components::PageHead,
    feed::{Born, Newborn},
    text::text,
};

/// The page at `/chat` and `/chat/{room}`. (Its parts are functions: a component of its own for each
/// would be half as much machine code again.)
#[component]
pub fn ChatPage() -> impl IntoView {
    let born = awaited();
    move || {
        let said = text().chat;
        let notice = match born.take() {
            Some(Some(Newborn { cursor, page: Born::Room(Ok(room)) })) => {
                return EitherOf3::A(room::view(room, cursor));
            }
            Some(Some(Newborn { cursor, page: Born::Rooms(Ok(rooms)) })) => {
                return EitherOf3::B(rooms::view(rooms, cursor));
            }
            Some(Some(Newborn { page: Born::Room(Err(why)), .. })) => {
                ((said.no_room)(why), why != NoRoom::Off)
            }
            Some(Some(Newborn { page: Born::Rooms(Err(why)), .. })) => ((said.no_room)(why), false),
            Some(_) => (said.failed, true),
            None => (said.loading, true),
        };
        let (notice, leads) = notice;
        let lead = leads.then(|| view! { <p><a href=CHAT_PATH>{said.rooms}</a></p> });
        let about = words(move || notice.to_owned());
        EitherOf3::C(view! {
            <PageHead heading=said.heading.to_owned() about/>
            {lead}
        })
    }
}
