//! The chat: an address goes in; the rooms there are, a room, or why there is none come out.

mod composer;
mod conversation;
mod here;
mod links;
mod messages;
mod room;
mod rooms;
mod row;
mod rows;
mod visit;

use leptos::{either::EitherOf3, prelude::*};

use super::newborn;
use crate::{
    chat::CHAT_PATH,
    feed::{Born, Newborn},
    text::text,
};
use room::RoomView;
use rooms::RoomsView;

/// The page at `/chat` and `/chat/{room}`.
#[component]
pub fn ChatPage() -> impl IntoView {
    let born = RwSignal::new(None);
    newborn(move |newborn| born.set(Some(newborn)));
    let words = text().chat;
    move || {
        let notice = match born.get() {
            Some(Some(Newborn { cursor, page: Born::Room(Ok(room)) })) => {
                return EitherOf3::A(view! { <RoomView room after=cursor/> });
            }
            Some(Some(Newborn { page: Born::Rooms(Ok(rooms)), .. })) => {
                return EitherOf3::B(view! { <RoomsView rooms/> });
            }
            Some(Some(Newborn { page: Born::Room(Err(why)) | Born::Rooms(Err(why)), .. })) => {
                (words.no_room)(why)
            }
            Some(_) => words.failed,
            None => words.loading,
        };
        EitherOf3::C(view! {
            <header class="page-head">
                <h1>{words.heading}</h1>
                <p class="age" role="status">{notice}</p>
            </header>
            <p><a href=CHAT_PATH rel="external">{words.rooms}</a></p>
        })
    }
}
