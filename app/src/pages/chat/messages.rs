//! The messages of a room and those on their way to it, the newest at the foot.

use leptos::prelude::*;
use wire::{chat::room::path, parameters::BEFORE, percent::UNRESERVED};

use super::{row, rows::rows, visit::Visit};
use crate::{
    erased::{click, flag, words},
    feed::{Feed, under_base},
    number::number,
    text::text,
};

/// What was said in a room.
pub fn view(visit: Visit) -> impl IntoView {
    let said = text().chat;
    let writing = expect_context::<Feed>().writing;
    let conversation = visit.conversation;
    let empty = flag(move || {
        let it = conversation.read();
        !(it.entries().is_empty() && it.outbox.all().is_empty())
    });
    view! {
        <div class="messages">
            <div
                id="messages"
                node_ref=visit.parts.scroller
                class="scroller"
                tabindex="0"
                role="group"
                aria-label=said.messages
                on:scroll=move |_| visit.on_scroll()
            >
                <div>
                    {older(visit)}
                    <p class="empty" hidden=empty>{said.nothing}</p>
                    <ol>
                        <For each=move || rows(&conversation.read(), &visit.mark.read(), &writing.read()) key=|row| row.key.clone() let:row>
                            {row::view(visit, row)}
                        </For>
                    </ol>
                </div>
            </div>
            {to_end(visit)}
        </div>
    }
}

/// Leads to what was said before. Without scripts it is a page of its own.
fn older(visit: Visit) -> impl IntoView {
    let before = words(move || visit.conversation.read().older().cloned().unwrap_or_default());
    let to = words(move || {
        let before = before.read();
        let before = percent_encoding::utf8_percent_encode(&before, UNRESERVED);
        under_base(&format!("{}?{BEFORE}={before}", path(&visit.room.read_untracked())))
    });
    view! {
        <p class="older" hidden=flag(move || before.read().is_empty())>
            <a href=to on:click=click(move || visit.read_back())>{text().chat.older}</a>
        </p>
    }
}

/// Leads back to the newest message, and says how many have come meanwhile.
fn to_end(visit: Visit) -> impl IntoView {
    let unread = expect_context::<Feed>().unread;
    let label = words(move || match unread.get() {
        0 => text().chat.newest.to_owned(),
        count => (text().chat.new)(&number(count, 0), count == 1),
    });
    let to = under_base(&path(&visit.room.read_untracked()));
    view! {
        <p class="to-end" hidden=visit.at_end>
            <a href=to on:click=click(move || visit.leave_for_end())>{label}</a>
        </p>
    }
}
