//! Keeps the window's title up to date with the page and the newest tick, in the page's language.

use std::cell::Cell;

use leptos::prelude::*;
use wire::chat::{room, visible};

use crate::{
    address::Address, erased::effect, feed::Feed, number::number, page::Page, seams::Browser,
    text::text,
};

/// Keeps the window's title right: on the time page hours and minutes, set on each tick (a hidden
/// tab's timers run once a minute), in a room of the chat the room's name and how many messages of it
/// are new, elsewhere the page's name.
pub fn keep_title(feed: Feed, address: RwSignal<Address>) {
    let Some(browser) = use_context::<Browser>() else { return };
    let set = browser.window.set_title;
    let first = Cell::new(true);
    // An effect, because effects do not run on the server.
    effect(move || {
        let first = first.replace(false);
        let page = address.read().page();
        let room = room::room_at(&address.read().path).filter(|room| visible::is_visible(room));
        let tick = feed.pushes.read().first().map(|push| push.tick);
        let what = match tick.filter(|_| page == Page::Time) {
            Some(tick) => (feed.writing.with_untracked(|writing| writing.minute))(tick),
            // The server's title has the time already.
            None if page == Page::Time && first => return,
            None => room.unwrap_or_else(|| page.name(text()).to_owned()),
        };
        let title = (text().title)(&what);
        match feed.unread.get() {
            0 => set(&title),
            unread => set(&format!("({}) {title}", number(unread, 0))),
        }
    });
}
