//! The chat's pages: the list of rooms, a room, or why there is none.

mod composer;
mod conversation;
mod links;
mod listing;
mod messages;
mod outbox;
mod pace;
mod presence;
mod room;
mod rooms;
mod row;
mod rows;
mod visit;

use leptos::{either::EitherOf3, prelude::*};
use wire::{
    chat::page_data::NoRoom,
    page_data::{PageAt, PageData},
    paths::CHAT_PATH,
};

use super::page_data::awaited;
use crate::{components::PageHead, erased::words, feed::under_base, text::text};

/// The page at `/chat` and `/chat/{room}`. (Its parts are functions: a component of its own for each
/// would be half as much machine code again.)
#[component]
pub fn ChatPage() -> impl IntoView {
    let data = awaited();
    move || {
        let said = text().chat;
        let notice = match data.take() {
            Some(Some(PageAt { cursor, page: PageData::Room(Ok(room)) })) => {
                return EitherOf3::A(room::view(room, cursor));
            }
            Some(Some(PageAt { cursor, page: PageData::Rooms(Ok(rooms)) })) => {
                return EitherOf3::B(rooms::view(rooms, cursor));
            }
            Some(Some(PageAt { page: PageData::Room(Err(why)), .. })) => {
                ((said.no_room)(why), why != NoRoom::Off)
            }
            Some(Some(PageAt { page: PageData::Rooms(Err(why)), .. })) => {
                ((said.no_room)(why), false)
            }
            Some(_) => (said.failed, true),
            None => (said.loading, true),
        };
        let (notice, leads) = notice;
        let lead = leads.then(|| view! { <p><a href=under_base(CHAT_PATH)>{said.rooms}</a></p> });
        let about = words(move || notice.to_owned());
        EitherOf3::C(view! {
            <PageHead heading=said.heading.to_owned() about/>
            {lead}
        })
    }
}
