//! The chat: an address goes in; the rooms there are, a room, or why there is none come out.

mod composer;
mod conversation;
mod here;
mod links;
mod messages;
mod outbox;
mod pace;
mod room;
mod rooms;
mod row;
mod rows;
mod visit;

use leptos::{either::EitherOf3, prelude::*};

use super::awaited;
use crate::{
    changing::words,
    chat::CHAT_PATH,
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
            Some(Some(Newborn { page: Born::Rooms(Ok(rooms)), .. })) => {
                return EitherOf3::B(rooms::view(rooms));
            }
            Some(Some(Newborn { page: Born::Room(Err(why)) | Born::Rooms(Err(why)), .. })) => {
                (said.no_room)(why)
            }
            Some(_) => said.failed,
            None => said.loading,
        };
        let about = words(move || notice.to_owned());
        EitherOf3::C(view! {
            <PageHead heading=said.heading.to_owned() about/>
            <p><a href=CHAT_PATH>{said.rooms}</a></p>
        })
    }
}
