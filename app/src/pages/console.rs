//! The console: a topic goes in; what is published to it comes out, newest first, as it arrives.

mod row;
mod sample;

use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

use super::newborn;
use crate::{
    event::Envelope,
    feed::{Born, Newborn, Unread},
    follow::{Follow, Following, Heard},
    text::text,
};
use row::{Event, EventRow};
use sample::Sample;

/// How many rows are kept: older ones leave the page.
const ROWS_KEPT: usize = 200;

/// The page at `/console`.
#[component]
pub fn ConsolePage() -> impl IntoView {
    let born = RwSignal::new(None);
    newborn(move |newborn| born.set(Some(newborn)));
    let shown = move || {
        born.get().map(|newborn| match newborn {
            Some(Newborn { cursor, page: Born::Console { topic, events } }) => {
                asked(topic, events, cursor)
            }
            _ => asked(String::new(), Err(Unread::Unavailable), String::new()),
        })
    };
    let words = text().console;
    view! {
        <div class="console">
            <header class="page-head">
                <h1>{words.heading}</h1>
                <p class="age">{words.about}</p>
            </header>
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
    let invalid = problem.map(|_| "true");
    let described = problem.map(|_| "problem");
    let problem = problem.map(|it| view! { <p id="problem" class="problem" role="alert">{it}</p> });
    view! {
        <form class="ask" action="/console">
            <label for="topic">{words.topic}</label>
            <input
                id="topic"
                name="topic"
                value=topic
                required=true
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=described
            />
            <button class="button">{words.show}</button>
            {problem}
        </form>
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
    let empty = Memo::new(move |_| rows.read().rows.is_empty());
    let list = move || {
        let topic = topic.clone();
        if empty.get() {
            return Either::Left(view! { <Sample topic/> });
        }
        let topic = StoredValue::new(topic);
        Either::Right(view! {
            <ol class="rows" aria-label=label.clone()>
                <For each=move || rows.read().rows.clone() key=|row| row.number let:row>
                    <EventRow topic row/>
                </For>
            </ol>
        })
    };
    view! {
        <section class="listed">
            <h2>{heading}" "<small>{words.newest_first}</small></h2>
            {list}
        </section>
    }
}

fn follow(topic: String, after: String, rows: RwSignal<Rows>) {
    let Some(Follow(follow)) = use_context() else { return };
    Effect::new(move || {
        let hear = Callback::new(move |heard| rows.update(|rows| rows.hear(heard)));
        follow(Following { topic: topic.clone(), after: Some(after.clone()), hear });
    });
}

/// What is listed, newest first.
#[derive(Debug)]
struct Rows {
    rows: Vec<Event>,
    heard: u32,
}

impl Rows {
    fn new(newest_first: Vec<Envelope>) -> Self {
        let mut rows = Self { rows: Vec::new(), heard: 0 };
        for event in newest_first.into_iter().rev() {
            rows.hear(Heard::Event(event));
        }
        rows
    }

    fn hear(&mut self, heard: Heard) {
        self.heard = self.heard.wrapping_add(1);
        self.rows.insert(0, Event::new(self.heard, heard));
        self.rows.truncate(ROWS_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Gap, GapReason};

    fn event(data: &str) -> Envelope {
        Envelope {
            id: None,
            event_type: "message".to_owned(),
            topics: vec!["a".to_owned()],
            data: data.to_owned(),
            at: "2026-11-22T05:18:03.000Z".to_owned(),
            private: false,
        }
    }

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let mut rows = Rows::new(vec![event("2"), event("1")]);
        for number in 3..=ROWS_KEPT + 2 {
            rows.hear(Heard::Event(event(&number.to_string())));
        }
        assert_eq!(rows.rows.len(), ROWS_KEPT);
        assert_eq!(rows.rows[0].data(), Some("202"));
        assert_eq!(rows.rows[ROWS_KEPT - 1].data(), Some("3"));
        let numbers: std::collections::HashSet<_> =
            rows.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers.len(), ROWS_KEPT);
    }

    #[test]
    fn a_gap_is_a_row() {
        let mut rows = Rows::new(vec![event("1")]);
        rows.hear(Heard::Gap(Gap { reason: GapReason::Expired, after: String::new() }));
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [None, Some("1")]);
    }
}
