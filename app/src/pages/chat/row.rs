//! A row of a conversation: what it says goes in; its day, its author and its text come out, as text.

use std::sync::Arc;

use leptos::{either::Either, prelude::*};

use super::{
    links::{Part, parts},
    outbox::{Outgoing, State},
    rows::{Kind, Row},
    visit::Visit,
};
use crate::{
    changing::{click, words},
    chat::{Message, Posted},
    feed::Feed,
    text::text,
    tick::Tick,
};

/// A message as it is shown.
struct Line {
    message: Message,
    /// It says whose it is; else that stands above it.
    first: bool,
    /// When it was published; empty where it was not.
    at: String,
    /// How far it has come, where this page has sent it.
    state: &'static str,
    /// Its key, where it has failed once, or is offered.
    failed: Option<String>,
}

/// A row of the list.
pub fn view(visit: Visit, row: Row) -> impl IntoView {
    let writing = expect_context::<Feed>().writing;
    let said = text().chat;
    let line = match row.kind {
        Kind::Day(tick) => {
            let date = words(move || (writing.read().date)(tick));
            return Either::Left(view! { <li class="line"><span>{date}</span></li> });
        }
        Kind::Notice(notice) => {
            let notice = words(move || notice.to_owned());
            return Either::Left(view! { <li class="line"><span>{notice}</span></li> });
        }
        Kind::Said { posted, mine, first } => {
            let Posted { at, message, .. } = Arc::unwrap_or_clone(posted);
            let state = if mine { said.delivered } else { "" };
            Line { message, first, at, state, failed: None }
        }
        Kind::Outgoing(Outgoing { key, message, tried, state, .. }) => {
            let (state, failed) = match state {
                State::Waiting => (said.waiting, tried.then_some(key)),
                State::Sending => (said.sending, None),
                State::Offered => (said.offered, Some(key)),
                State::Heard(_) | State::Delivered(_) => (said.delivered, None),
                State::Failed(why) => ((said.unsent)(why), Some(key)),
            };
            Line { message, first: true, at: String::new(), state, failed }
        }
    };
    Either::Right(message(visit, line))
}

fn message(visit: Visit, Line { message, first, at, state, failed }: Line) -> impl IntoView {
    let writing = expect_context::<Feed>().writing;
    let (said, Message { name, text }) = (text().chat, message);
    let nameless = name.is_empty();
    let name = if nameless { said.nobody.to_owned() } else { name };
    let sent = at.parse::<Tick>().ok().map(|tick| {
        let time = words(move || (writing.read().minute)(tick));
        view! { <time datetime=at>{time}</time> }
    });
    let state = (!state.is_empty())
        .then(|| view! { <p class="state" class:failed=failed.is_some()>{state}</p> });
    let failed = failed.map(|key| {
        let again = key.clone();
        view! {
            <button type="button" on:click=click(move || visit.retry(&again))>{said.again}</button>
            <button type="button" on:click=click(move || visit.take_back(&key))>{said.edit}</button>
        }
    });
    // A name is isolated, so that it cannot turn what stands beside it.
    view! {
        <li class="said" class:first=first>
            <bdi class="author" class:nameless=nameless>{name}</bdi>
            {sent}
            <p class="text" dir="auto">{linked(&text)}</p>
            {state}
            {failed}
        </li>
    }
}

/// What was said, with its links.
fn linked(text: &str) -> Vec<impl IntoView + use<>> {
    let part = |Part { text, link }| {
        let text = text.to_owned();
        if !link {
            return Either::Left(text);
        }
        let href = text.clone();
        Either::Right(view! {
            <a href=href target="_blank" rel="noopener noreferrer nofollow ugc">{text}</a>
        })
    };
    parts(text).into_iter().map(part).collect()
}
