//! The messages: a visit goes in, what is shown of its room and what is on its way come out, the newest
//! at the foot.

use leptos::{ev::MouseEvent, prelude::*};

use super::{row::RowView, rows::rows, visit::Visit};
use crate::{
    address::UNRESERVED,
    changing::{flag, words},
    chat::path,
    feed::Feed,
    text::text,
    writing::number,
};

/// What was said in a room.
#[component]
pub fn Messages(visit: Visit) -> impl IntoView {
    let said = text().chat;
    let writing = expect_context::<Feed>().writing;
    let conversation = visit.conversation;
    let empty = flag(move || {
        let it = conversation.read();
        !(it.entries().is_empty() && it.outbox().is_empty())
    });
    view! {
        <div class="messages">
            <div
                class="scroller"
                tabindex="0"
                role="group"
                aria-label=said.messages
                node_ref=visit.scroller
                on:scroll=move |_| visit.on_scroll()
            >
                <div>
                    <Older visit/>
                    <p class="empty" hidden=empty>{said.nothing}</p>
                    <ol>
                        <For each=move || rows(&conversation.read(), &writing.read()) key=|row| row.key.clone() let:row>
                            <RowView visit row/>
                        </For>
                    </ol>
                </div>
            </div>
            <ToEnd visit/>
        </div>
    }
}

/// Leads to what was said before. Without scripts it is a page of its own.
#[component]
fn Older(visit: Visit) -> impl IntoView {
    let before = words(move || visit.conversation.read().older().cloned().unwrap_or_default());
    let to = words(move || {
        let before = before.read();
        let before = percent_encoding::utf8_percent_encode(&before, UNRESERVED);
        format!("{}?before={before}", path(&visit.room.read_value()))
    });
    let read_back = move |click: MouseEvent| {
        click.prevent_default();
        visit.read_back();
    };
    view! {
        <p class="older" hidden=flag(move || before.read().is_empty())>
            <a href=to on:click=read_back>{text().chat.older}</a>
        </p>
    }
}

/// Leads back to the newest message, and says how many have come meanwhile.
#[component]
fn ToEnd(visit: Visit) -> impl IntoView {
    let unread = expect_context::<Feed>().unread;
    let label = words(move || match unread.get() {
        0 => text().chat.newest.to_owned(),
        count => (text().chat.new)(&number(count.into(), 0), count == 1),
    });
    let to = path(&visit.room.read_value());
    let to_end = move |click: MouseEvent| {
        click.prevent_default();
        visit.to_end();
    };
    view! {
        <p class="to-end" hidden=visit.at_end>
            <a href=to on:click=to_end>{label}</a>
        </p>
    }
}
