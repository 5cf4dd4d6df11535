//! The window's title: the page and the newest tick go in, a title in the page's language comes out.

use leptos::prelude::*;

use crate::{address::Address, chat, feed::Feed, page::Page, text::text, writing::number};

/// How to set the window's title, given by the browser's half in the context.
#[derive(Clone, Copy, Debug)]
pub struct Titled(pub fn(&str));

/// Keeps the window's title right: on the time page hours and minutes, set on each tick (a hidden
/// tab's timers run once a minute), in a room of the chat the room's name and how many messages of it
/// are new, elsewhere the page's name.
pub fn keep_title(feed: Feed, address: RwSignal<Address>) {
    let Some(Titled(set)) = use_context() else { return };
    // An effect, because effects do not run on the server.
    Effect::new(move |before: Option<()>| {
        let page = address.read().page();
        let room = chat::room_at(&address.read().path).filter(|room| chat::is_seen(room));
        let tick = feed.pushes.read().first().map(|push| push.tick);
        let what = match tick.filter(|_| page == Page::Time) {
            Some(tick) => (feed.writing.with_untracked(|writing| writing.minute))(tick),
            // The server's title has the time already.
            None if page == Page::Time && before.is_none() => return,
            None => room.unwrap_or_else(|| page.name(text()).to_owned()),
        };
        let title = (text().title)(&what);
        match feed.unread.get() {
            0 => set(&title),
            unread => set(&format!("({}) {title}", number(unread.into(), 0))),
        }
    });
}
