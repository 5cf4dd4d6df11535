//! The console: a topic goes in; what is published to it comes out, newest first, as it arrives.

mod row;
mod sample;

use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

use super::Birth;
use crate::{
    address::Address,
    event::{Envelope, PURGED},
    feed::{Born, Unread},
    follow::{Follow, Following, Heard},
    text::text,
};
use row::{Event, EventRow};
use sample::Sample;

/// How many rows are kept: older ones leave the page.
const ROWS_KEPT: usize = 200;

/// The page at `/console`.
#[component]
pub fn ConsolePage(
    /// The end of the log when the page was rendered.
    after: String,
) -> impl IntoView {
    let words = text().console;
    let (topic, events) = match expect_context::<Birth>().take() {
        Some(Born::Console { topic, events }) if !topic.is_empty() => (topic, Some(events)),
        // After a navigation without a reload: the form asks for it.
        _ => (asked(), None),
    };
    let (problem, list) = match events {
        None => (None, EitherOf3::A(view! { <p class="empty">{words.no_topic}</p> })),
        Some(Err(Unread::NotATopic)) => (Some(words.not_a_topic), EitherOf3::B(())),
        Some(Err(Unread::Unavailable)) => {
            (Some(words.unavailable), EitherOf3::C(listed(topic.clone(), Vec::new(), after)))
        }
        Some(Ok(events)) => (None, EitherOf3::C(listed(topic.clone(), events, after))),
    };
    let invalid = problem.map(|_| "true");
    let described = problem.map(|_| "problem");
    let problem = problem.map(|it| view! { <p id="problem" class="problem" role="alert">{it}</p> });
    view! {
        <div class="console">
            <header class="page-head">
                <h1>{words.heading}</h1>
                <p class="age">{words.about}</p>
            </header>
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
        </div>
    }
}

/// The topic that the address names.
fn asked() -> String {
    let address = expect_context::<RwSignal<Address>>();
    address.read_untracked().parameter("topic").unwrap_or_default()
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
        if matches!(&heard, Heard::Event(event) if event.event_type == PURGED) {
            self.rows.clear();
        }
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
    fn what_was_removed_leaves_the_page_and_a_row_says_so() {
        let purged = || Envelope { event_type: PURGED.to_owned(), ..event("") };
        let mut rows = Rows::new(vec![event("2"), purged(), event("1")]);
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [Some("2"), Some("")]);
        assert_eq!(rows.rows.len(), 2, "also of what the page is born with");
        rows.hear(Heard::Event(purged()));
        assert_eq!((rows.rows.len(), rows.rows[0].data(), rows.rows[0].number), (1, Some(""), 4));
    }

    #[test]
    fn a_gap_is_a_row() {
        let mut rows = Rows::new(vec![event("1")]);
        rows.hear(Heard::Gap(Gap { reason: GapReason::Expired, after: String::new() }));
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [None, Some("1")]);
    }
}
