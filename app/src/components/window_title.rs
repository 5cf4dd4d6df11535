//! The window's title: the page and the newest tick go in, a title in the page's language comes out.

use leptos::prelude::*;

use crate::{address::Address, feed::Feed, page::Page, text::text};

/// How to set the window's title, given by the browser's half in the context.
#[derive(Clone, Copy, Debug)]
pub struct Titled(pub fn(&str));

/// Keeps the window's title right: on the time page hours and minutes, set on each tick (a hidden
/// tab's timers run once a minute), elsewhere the page's name.
pub fn keep_title(feed: Feed, address: RwSignal<Address>) {
    let Some(Titled(set)) = use_context() else { return };
    // An effect, because effects do not run on the server.
    Effect::new(move |before: Option<()>| {
        let page = address.read().page();
        let tick = feed.pushes.read().first().map(|push| push.tick);
        let what = match tick.filter(|_| page == Page::Time) {
            Some(tick) => (feed.writing.with_untracked(|writing| writing.minute))(tick),
            // The server's title has the time already.
            None if page == Page::Time && before.is_none() => return,
            None => page.name(text()).to_owned(),
        };
        set(&(text().title)(&what));
    });
}
