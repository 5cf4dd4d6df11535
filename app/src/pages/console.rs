//! The console: shows what is published to a topic as it arrives, newest first.

mod row;
mod rows;
mod sample;
mod spoken;

use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};
use wire::{
    event::Envelope,
    page_data::{PageAt, PageData, Unread},
    parameters::TOPIC,
};

use super::page_data::awaited;
use crate::{
    components::{Ask, PageHead},
    erased::{effect, flag, words},
    feed::under_base,
    seams::{Browser, follow::Following},
    text::text,
};
use row::EventRow;
use rows::Rows;
use sample::Sample;
use spoken::spoken;

/// The page at `/console`.
#[component]
pub fn ConsolePage() -> impl IntoView {
    let data = awaited();
    let shown = move || {
        data.take().map(|page_at| match page_at {
            Some(PageAt { cursor, page: PageData::Console { topic, events } }) => {
                Either::Left(asked(topic, events, cursor))
            }
            _ => Either::Right(view! { <p class="empty">{text().chat.failed}</p> }),
        })
    };
    let about = words(|| text().console.about.to_owned());
    view! {
        <div class="console">
            <PageHead heading=text().console.heading.to_owned() about/>
            {shown}
        </div>
    }
}

/// The form, and what it has asked for. `after`: where the events end.
fn asked(topic: String, events: Result<Vec<Envelope>, Unread>, after: String) -> impl IntoView {
    let words = text().console;
    let problem = match events {
        Err(Unread::NotATopic) => Some(words.not_a_topic),
        Err(Unread::Unavailable) => Some(words.unavailable),
        Ok(_) => None,
    };
    let list = match events {
        Err(Unread::NotATopic) => EitherOf3::B(()),
        _ if topic.is_empty() => EitherOf3::A(view! { <p class="empty">{words.no_topic}</p> }),
        events => EitherOf3::C(listed(topic.clone(), events.unwrap_or_default(), after)),
    };
    view! {
        <Ask
            action=under_base("/console")
            name=TOPIC
            label=words.topic
            value=topic
            button=words.show
            problem
        />
        {list}
    }
}

/// The list of a topic's events, and how to publish one while there are none.
fn listed(topic: String, events: Vec<Envelope>, after: String) -> impl IntoView {
    let words = text().console;
    let rows = RwSignal::new(Rows::new(events));
    follow(topic.clone(), after, rows);
    let label = (words.events_of)(&topic);
    let heading = label.clone();
    let empty = flag(move || rows.read().rows.is_empty());
    let some = flag(move || !rows.read().rows.is_empty());
    let listed = StoredValue::new(topic.clone());
    view! {
        <section class="listed">
            <h2>{heading}" "<small>{words.newest_first}</small></h2>
            <div hidden=some><Sample topic/></div>
            <ol class="rows" aria-label=label hidden=empty>
                <For each=move || rows.read().rows.clone() key=|row| row.number let:row>
                    <EventRow topic=listed row/>
                </For>
            </ol>
            <p class="visually-hidden" aria-live="polite">{spoken(rows)}</p>
        </section>
    }
}

fn follow(topic: String, after: String, rows: RwSignal<Rows>) {
    let Some(browser) = use_context::<Browser>() else { return };
    effect(move || {
        let hear = Callback::new(move |heard| rows.update(|rows| rows.hear(heard)));
        (browser.follow)(Following { topic: topic.clone(), after: Some(after.clone()), hear });
    });
}
