//! A row of a conversation: what it says goes in; its day, its author and its text come out, as text.

use std::sync::Arc;

use leptos::{
    either::{Either, EitherOf3, EitherOf4},
    prelude::*,
};

use super::{
    conversation::{Outgoing, State},
    links::parts,
    rows::{Kind, Row},
    visit::Visit,
};
use crate::{
    changing::words, chat::Posted, feed::Feed, pages::moment::clock, text::text, tick::Tick,
};

/// A row of the list.
#[component]
pub fn RowView(visit: Visit, row: Row) -> impl IntoView {
    let writing = expect_context::<Feed>().writing;
    match row.kind {
        Kind::Day(tick) => {
            let date = words(move || (writing.read().date)(tick));
            EitherOf4::A(view! { <li class="day"><span>{date}</span></li> })
        }
        Kind::Notice(words) => {
            EitherOf4::B(view! { <li class="day notice-row"><span>{words}</span></li> })
        }
        Kind::Said { said, mine, first } => {
            let Posted { at, message, .. } = Arc::unwrap_or_clone(said);
            let tick = at.parse().unwrap_or(Tick::MIN);
            let time = words(move || clock(&writing.read(), tick));
            let delivered = mine.then(|| view! { <p class="state">{text().chat.delivered}</p> });
            EitherOf4::C(view! {
                <li class="said" class:first=first>
                    <Author name=message.name.clone()/>
                    <time datetime=at>{time}</time>
                    <Text text=message.text/>
                    {delivered}
                </li>
            })
        }
        Kind::Outgoing(one) => EitherOf4::D(view! { <OutgoingRow visit one/> }),
    }
}

/// Who has said it. A name is isolated, so that it cannot turn what stands beside it.
#[component]
fn Author(name: String) -> impl IntoView {
    let nameless = name.is_empty();
    let name = if nameless { text().chat.nobody.to_owned() } else { name };
    view! { <bdi class="author" class:nameless=nameless>{name}</bdi> }
}

/// What was said, with its links.
#[component]
fn Text(text: String) -> impl IntoView {
    let part = |text: &str, link: bool| {
        let text = text.to_owned();
        let href = link.then(|| text.clone());
        match href {
            None => Either::Left(text),
            Some(href) => Either::Right(view! {
                <a href=href target="_blank" rel="noopener noreferrer nofollow ugc">{text}</a>
            }),
        }
    };
    let parts: Vec<_> = parts(&text).into_iter().map(|it| part(it.text, it.link)).collect();
    view! { <p class="text" dir="auto">{parts}</p> }
}

/// A message that was not heard yet: how far it has come, and what can be done where it has failed.
#[component]
fn OutgoingRow(visit: Visit, one: Outgoing) -> impl IntoView {
    let said = text().chat;
    let Outgoing { key, message, state } = one;
    let state = match state {
        State::Sending => EitherOf3::A(view! { <p class="state">{said.sending}</p> }),
        State::Delivered(_) => EitherOf3::B(view! { <p class="state">{said.delivered}</p> }),
        State::Failed(why) => {
            let again = key.clone();
            EitherOf3::C(view! {
                <p class="state failed">
                    {(said.unsent)(why)}" "
                    <button type="button" on:click=move |_| visit.retry(Some(&again))>{said.again}</button>
                    " "
                    <button type="button" on:click=move |_| visit.take_back(&key)>{said.edit}</button>
                </p>
            })
        }
    };
    view! {
        <li class="said first outgoing">
            <Author name=message.name/>
            <Text text=message.text/>
            {state}
        </li>
    }
}
