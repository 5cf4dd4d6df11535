//! The page of a room: who is here, what was said, and the composer.

use leptos::prelude::*;
use wire::{chat::page_data::Room, paths::CHAT_PATH};

use super::{
    composer, messages,
    visit::{FIELD, Visit},
};
use crate::{components::PageHead, feed::under_base, text::text};

/// The page of a room. `after`: the end of the log when it was made.
pub fn view(room: Room, after: String) -> impl IntoView {
    let said = text().chat;
    let heading = room.room.clone();
    let (key, draft, unsent) = (room.key.clone(), room.draft.clone(), room.unsent);
    let visit = Visit::begin(room, after);
    visit.remember();
    view! {
        <div class="room">
            <PageHead heading about=visit.presence.into() long=true/>
            <p class="all-rooms"><a href=under_base(CHAT_PATH)>{said.rooms}</a></p>
            <a class="skip" href=format!("#{FIELD}")>{said.skip}</a>
            {messages::view(visit)}
            {composer::view(visit, key, draft, unsent)}
            <p class="visually-hidden" aria-live="polite">{visit.spoken}</p>
        </div>
    }
}
