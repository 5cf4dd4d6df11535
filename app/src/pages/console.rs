//! The console: a topic goes in; what is published to it comes out, newest first, as it arrives.

mod row;
mod sample;
mod spoken;

use leptos::{
    either::{Either, EitherOf3},
    prelude::*,
};

use super::awaited;
use crate::{
    changing::{effect, flag, words},
    components::{Ask, PageHead},
    event::{Envelope, PURGED, Purge},
    feed::{Born, Newborn, Unread},
    follow::{Follow, Following, Heard},
    text::text,
};
use row::{Event, EventRow};
use sample::Sample;
use spoken::spoken;

/// How many rows are kept: older ones leave the page.
const ROWS_KEPT: usize = 200;

/// The page at `/console`.
#[component]
pub fn ConsolePage() -> impl IntoView {
    let born = awaited();
    let shown = move || {
        born.take().map(|newborn| match newborn {
            Some(Newborn { cursor, page: Born::Console { topic, events } }) => {
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
            action="/console"
            name="topic"
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
    let Some(Follow(follow)) = use_context() else { return };
    effect(move || {
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
        match &heard {
            Heard::Spans(_) => return,
            Heard::Event(event) if event.event_type == PURGED => match event.purge() {
                Some(Purge::Earlier) => self.rows.clear(),
                Some(Purge::One(id)) => return self.rows.retain(|row| row.id() != Some(id)),
                None => return,
            },
            Heard::Event(_) | Heard::Gap(_) => {}
        }
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
    fn what_was_removed_leaves_the_page_and_a_row_says_so() {
        let purged = || Envelope { event_type: PURGED.to_owned(), ..event("") };
        let mut rows = Rows::new(vec![event("2"), purged(), event("1")]);
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [Some("2"), Some("")]);
        assert_eq!(rows.rows.len(), 2, "also of what the page is born with");
        rows.hear(Heard::Event(purged()));
        assert_eq!((rows.rows.len(), rows.rows[0].data(), rows.rows[0].number), (1, Some(""), 4));
    }

    #[test]
    fn an_event_that_was_removed_leaves_the_page_and_nothing_in_its_place() {
        let one = |id: &str| Envelope { id: Some(id.to_owned()), ..event(id) };
        let gone = |id| Envelope {
            event_type: PURGED.to_owned(),
            ..event(&format!(r#"{{"id":"{id}"}}"#))
        };
        let mut rows = Rows::new(vec![one("E-4"), gone("E-1"), one("E-2"), one("E-1")]);
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [Some("E-4"), Some("E-2")]);
        rows.hear(Heard::Event(gone("E-2")));
        rows.hear(Heard::Event(Envelope {
            event_type: PURGED.to_owned(),
            ..event("of a newer version")
        }));
        assert_eq!((rows.rows.len(), rows.rows[0].data(), rows.heard), (1, Some("E-4"), 3));
    }

    #[test]
    fn a_gap_is_a_row() {
        let mut rows = Rows::new(vec![event("1")]);
        rows.hear(Heard::Gap(Gap { reason: GapReason::Expired, after: String::new() }));
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [None, Some("1")]);
    }
}
