//! A room: what its page is born with goes in; who is here, what was said and a form come out.

use leptos::prelude::*;

use super::{composer::Composer, here::HereList, messages::Messages, visit::Visit};
use crate::{
    chat::{CHAT_PATH, Room},
    text::text,
};

/// The page of a room.
#[component]
pub fn RoomView(
    room: Room,
    /// The end of the log when the page was made.
    after: String,
) -> impl IntoView {
    let words = text().chat;
    let (name, key, draft, unsent) =
        (room.room.clone(), room.key.clone(), room.draft.clone(), room.unsent);
    let visit = Visit::begin(room, after);
    view! {
        <div class="room">
            <header class="page-head">
                <h1><bdi>{name}</bdi></h1>
                <p class="age"><a href=CHAT_PATH>{words.rooms}</a></p>
            </header>
            <HereList here=visit.here/>
            <Messages visit/>
            <Composer visit key draft unsent/>
            <p class="visually-hidden" aria-live="polite">{visit.spoken}</p>
        </div>
    }
}
