//! Renders a row of a conversation: its day, its author and its text, never as markup.

use std::sync::Arc;

use leptos::{either::Either, prelude::*};
use wire::{
    chat::{Message, Posted},
    tick::Tick,
};

use super::{
    links::{Part, parts},
    outbox::{Outgoing, State},
    rows::{Kind, Row},
    visit::Visit,
};
use crate::{
    erased::{click, words},
    feed::Feed,
    text::text,
};

/// This many colours tell marks apart at a glance.
const COLOURS: u8 = 8;

/// So much of a mark is shown.
const MARK_SHOWN: usize = 6;

/// A message as it is shown.
struct Line {
    message: Message,
    /// The mark of the browser that has said it; empty where it has none.
    mark: String,
    /// This browser has said it.
    own: bool,
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
        Kind::Said { posted, mine, own, first } => {
            let Posted { at, message, mark, .. } = Arc::unwrap_or_clone(posted);
            let state = if mine { said.delivered } else { "" };
            Line { message, mark, own, first, at, state, failed: None }
        }
        Kind::Outgoing(Outgoing { key, message, tried, state, .. }) => {
            let (state, failed) = match state {
                State::Waiting => (said.waiting, tried.then_some(key)),
                State::Sending => (said.sending, None),
                State::Offered => (said.offered, Some(key)),
                State::Delivered(_) => (said.delivered, None),
                State::Failed(why) => ((said.unsent)(why), Some(key)),
            };
            let mark = visit.mark.get_untracked();
            Line { message, mark, own: true, first: true, at: String::new(), state, failed }
        }
    };
    Either::Right(message(visit, line))
}

fn message(visit: Visit, line: Line) -> impl IntoView {
    let Line { message, mark, own, first, at, state, failed } = line;
    let writing = expect_context::<Feed>().writing;
    let (said, Message { name, text }) = (text().chat, message);
    let nameless = name.is_empty();
    let name = if nameless { said.nobody.to_owned() } else { name };
    let (class, mark) = class_and_mark(mark, own, first);
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
        <li class=class>
            <bdi class="author" class:nameless=nameless>{name}</bdi>
            " "
            <span class="mark">{mark}</span>
            {sent}
            <p class="text" dir="auto">{linked(&text)}</p>
            {state}
            {failed}
        </li>
    }
}

/// The classes of a row, and what stands beside the name. What is shown of a mark is long enough that nobody
/// makes another that looks the same: 30 bits, of which one more is tried with each request.
fn class_and_mark(mut mark: String, own: bool, first: bool) -> (String, String) {
    let mut class = "said".to_owned();
    if first {
        class += " first";
    }
    if own {
        class += " own";
    }
    let colour = mark.as_bytes().get(MARK_SHOWN).copied();
    if let Some(next) = colour {
        class += " sender-";
        class.push(char::from(b'1' + next % COLOURS));
    }
    mark.truncate(MARK_SHOWN);
    let beside = match (own, colour) {
        (true, _) => text().chat.you,
        (false, None) => text().chat.program,
        (false, _) => "",
    };
    if !(mark.is_empty() || beside.is_empty()) {
        mark.push(' ');
    }
    (class, mark + beside)
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
