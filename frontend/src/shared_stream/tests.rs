//! Tests of the guarantees of a shared stream, in a model of a browser's tabs and of the server.

mod browser;

use std::collections::VecDeque;

use app::link::Link;
use proptest::{collection::vec, prelude::*};
use wire::cursor::Cursor;

use super::*;
use crate::tabs::message::Body;
use browser::{Browser, TOPICS};

const SECOND: i64 = 1_000_000;

/// A tab that shares, begun at 0, in a browser where it is alone.
fn first() -> (SharedStream, Vec<Action>) {
    let tab = Tab {
        name: "a".to_owned(),
        identity: "ada".to_owned(),
        interval: 3 * SECOND,
        shares: true,
        visible: true,
    };
    SharedStream::start(tab, 0, 0.0)
}

/// The sources that are opened, and what is asked of them.
fn opened(actions: &[Action]) -> Vec<(u32, &str)> {
    let mut opened = Vec::new();
    for action in actions {
        if let Action::OpenSource(number, url) = action {
            opened.push((*number, url.split_once("session=1").unwrap().1));
        }
    }
    opened
}

fn begin(identity: &str, after: u64) -> Result<StreamEvent, Failed> {
    let after = Cursor::parse(&format!("E-{after}"));
    let identity = identity.to_owned();
    Ok(StreamEvent::Start(Start { identity, topics: Vec::new(), after, spans: Vec::new() }))
}

#[test]
fn a_tab_opens_a_source_once_the_lock_is_its_own() {
    let (mut it, actions) = first();
    assert!(
        matches!(
            &actions[..],
            [
                Action::AskForLock { steal: false, .. },
                Action::OpenChannel(_),
                Action::Post(TabMessage { body: Body::Present { asks: true, .. }, .. }),
            ]
        ),
        "{actions:?}"
    );
    assert_eq!(it.wake_at(), Some(6 * SECOND));
    let actions = it.on(Input::Granted, 0, 0.5);
    assert_eq!(opened(&actions), [(1, "&topic=time&topic=readers")]);
}

#[test]
fn a_topic_is_added_without_a_break() {
    let (mut it, _) = first();
    it.on(Input::Granted, 0, 0.5);
    it.on(Input::Source(1, begin("ada", 4)), SECOND, 0.5);
    let after = Some("E-4".to_owned());
    let actions =
        it.on(Input::Follow { follower: 1, topic: "a".to_owned(), after }, 2 * SECOND, 0.5);
    // No place of the log is known of a stream that had only state topics: the page's counts.
    assert_eq!(opened(&actions), [(2, "&last_event_id=E-4&topic=time&topic=readers&topic=a")]);
    assert!(!actions.contains(&Action::CloseSource(1)));
    let actions = it.on(Input::Source(2, begin("ada", 4)), 2 * SECOND, 0.5);
    assert!(actions.contains(&Action::CloseSource(1)));
    // Nothing is missing: nothing is read.
    assert!(!actions.iter().any(|action| matches!(action, Action::Read(..))), "{actions:?}");
}

#[test]
fn a_source_that_is_to_add_a_topic_and_says_nothing_or_fails_is_tried_again() {
    let (mut it, _) = first();
    it.on(Input::Refused, 0, 0.5);
    it.on(Input::Source(1, begin("ada", 4)), 0, 0.5);
    let topic = "a".to_owned();
    it.on(Input::Follow { follower: 1, topic, after: None }, SECOND, 0.5);
    let mut tick = |now, source, said| {
        it.on(Input::Source(1, Ok(StreamEvent::Gap { reached: None })), now * SECOND, 0.5);
        let mut actions = it.on(Input::Source(source, said), now * SECOND, 0.5);
        actions.extend(it.on(Input::Due, now * SECOND, 0.5));
        opened(&actions).into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    let nothing = || Ok(StreamEvent::Gap { reached: None });
    let time: StreamEvent = Envelope {
        id: None,
        event_type: "message".to_owned(),
        topics: vec!["time".to_owned()],
        data: String::new(),
        at: String::new(),
        private: false,
    }
    .into();
    for now in [2, 5, 8] {
        assert_eq!(tick(now, 1, Ok(time.clone())), [0; 0]);
    }
    assert_eq!(tick(11, 1, Ok(time.clone())), [3], "the second has said nothing for 10 s");
    assert_eq!(tick(12, 3, Err(Failed)), [0; 0]);
    assert_eq!(tick(14, 1, Ok(time.clone())), [0; 0]);
    assert_eq!(tick(17, 1, Ok(time.clone())), [0; 0]);
    assert_eq!(tick(20, 1, Ok(time.clone())), [0; 0]);
    assert_eq!(tick(23, 1, Ok(time.clone())), [4]);
    assert_eq!(tick(24, 4, nothing()), [0; 0]);
    assert_eq!(tick(26, 4, Ok(time.clone())), [0; 0]);
    assert_eq!(tick(29, 4, Ok(time.clone())), [0; 0]);
    assert_eq!(tick(32, 4, Ok(time.clone())), [0; 0]);
    assert_eq!(tick(35, 4, Ok(time)), [0; 0], "it has taken over");
}

#[test]
fn a_source_of_another_visitor_is_closed_before_anything_of_it_is_shown() {
    let (mut it, _) = first();
    it.on(Input::Granted, 0, 0.5);
    let actions = it.on(Input::Source(1, begin("bob", 4)), SECOND, 0.5);
    let waiting = |action: &Action| {
        matches!(action, Action::Tell(StreamEvent::Connection { link: Link::Waiting { .. }, .. }))
    };
    assert!(actions.contains(&Action::CloseSource(1)) && actions.iter().any(waiting));
    let told = |action: &Action| matches!(action, Action::TellPage(..));
    assert!(!actions.iter().any(told));
}

#[test]
fn a_tab_that_hears_nothing_says_since_when_and_takes_the_lock() {
    let (mut it, _) = first();
    let actions = it.on(Input::Due, 6 * SECOND, 0.5);
    let silent = StreamEvent::Connection { link: Link::Silent { since: 0 }, tabs: None };
    assert!(actions.contains(&Action::Tell(silent)));
    assert!(matches!(actions.last(), Some(Action::AskForLock { steal: true, .. })));
}

#[test]
fn a_leader_beats_and_a_tab_that_joins_is_told_where_the_stream_stands() {
    let (mut it, _) = first();
    it.on(Input::Granted, 0, 0.5);
    it.on(Input::Source(1, begin("ada", 4)), 0, 0.5);
    let status = Envelope {
        id: None,
        event_type: "message".to_owned(),
        topics: vec!["status".to_owned()],
        data: "{}".to_owned(),
        at: String::new(),
        private: false,
    };
    it.on(Input::Source(1, Ok(status.clone().into())), 0, 0.5);
    let body = Body::Present { topics: Vec::new(), after: None, asks: true };
    let joins = TabMessage { from: "b".to_owned(), number: 1, body };
    let posted = |actions: Vec<Action>| -> Vec<StreamEvent> {
        let event = |action| match action {
            Action::Post(TabMessage { body: Body::Stream(event), .. }) => Some(event),
            _ => None,
        };
        actions.into_iter().filter_map(event).collect()
    };
    let told = posted(it.on(Input::Message(joins), SECOND, 0.5));
    assert!(matches!(&told[0], StreamEvent::Start(start) if start.topics == ["time", "readers"]));
    assert_eq!(told[1], StreamEvent::from(status));
    let live = StreamEvent::Connection { link: Link::Live, tabs: Some(2) };
    assert_eq!(told[2..], [live.clone()]);
    assert_eq!(it.wake_at(), Some(3 * SECOND));
    assert_eq!(posted(it.on(Input::Due, 3 * SECOND, 0.5)), [live]);
}

#[test]
fn tabs_do_not_flood_each_other_while_the_stream_says_nothing() {
    let follow = |follower| Input::Follow { follower, topic: "a".to_owned(), after: None };
    let mut tabs: Vec<_> = (0..4)
        .map(|name: u8| {
            let (mut it, _) = first();
            it.me = name.to_string();
            it
        })
        .collect();
    let mut under_way: VecDeque<_> = (0..4).map(|tab| (tab, follow(1))).collect();
    under_way.push_front((0, Input::Granted));
    let mut inputs = 0;
    while let Some((tab, input)) = under_way.pop_front() {
        inputs += 1;
        assert!(inputs < 100, "it goes on and on");
        for action in tabs[tab].on(input, SECOND, 0.5) {
            if let Action::Post(message) = action {
                let others = (0..4).filter(|other| *other != tab);
                under_way.extend(others.map(|to| (to, Input::Message(message.clone()))));
            }
        }
    }
}

#[test]
fn the_state_of_the_connection_is_told_by_each_tabs_own_clock() {
    let (mut leads, _) = first();
    let (mut follows, _) = first();
    leads.on(Input::Granted, 0, 0.5);
    let actions = leads.on(Input::Source(1, Err(Failed)), SECOND, 0.5);
    let message = actions.into_iter().find_map(|action| match action {
        Action::Post(message) => Some(message),
        _ => None,
    });
    let waiting = |actions: Vec<Action>| {
        actions.into_iter().find_map(|action| match action {
            Action::Tell(StreamEvent::Connection { link: Link::Waiting { until }, .. }) => {
                Some(until)
            }
            _ => None,
        })
    };
    assert_eq!(
        waiting(follows.on(Input::Message(message.unwrap()), 9 * SECOND, 0.5)),
        Some(10 * SECOND)
    );
}

#[test]
fn where_tabs_cannot_share_each_that_is_seen_has_a_stream() {
    let (mut it, _) = first();
    let actions = it.on(Input::Refused, 0, 0.5);
    assert_eq!(opened(&actions).len(), 1);
    assert!(actions.contains(&Action::CloseChannel) && actions.contains(&Action::ReleaseLock));
    assert_eq!(it.on(Input::Hidden, SECOND, 0.5)[0], Action::CloseSource(1));
    let actions = it.on(Input::Awake, 2 * SECOND, 0.5);
    assert_eq!(opened(&actions), [(2, "&topic=time&topic=readers")]);
}

proptest! {
    /// Whatever happens to the tabs, the stream and the network: each page is told each event of its topic
    /// once and in order, of nobody but its visitor, from one source per browser; and once all is calm,
    /// everything.
    #[test]
    fn each_page_is_told_everything_once_from_one_source(
        tabs in 1..4usize,
        acts in vec((0..24u8, 0..8usize), 0..150),
    ) {
        let mut browser = Browser::new(tabs);
        for (act, index) in acts {
            browser.act(act, index);
            browser.check();
        }
        browser.settle();
        for topic in TOPICS {
            browser.publish(topic);
        }
        browser.run(4);
        browser.check_settled();
    }

    #[test]
    fn no_message_or_source_makes_it_panic(
        inputs in vec((0..9u8, any::<i64>(), 0..4u32, -2.0..2.0f64), 0..60),
    ) {
        let (mut it, _) = first();
        for (input, now, number, random) in inputs {
            let reached = Cursor::parse(&format!("E-{number}"));
            let event = StreamEvent::Gap { reached };
            let message = TabMessage { from: "b".to_owned(), number, body: Body::Stream(event.clone()) };
            let input = match input {
                0 => Input::Awake,
                1 => Input::Granted,
                2 => Input::Robbed,
                3 => Input::Asleep,
                4 => Input::Message(message),
                5 => Input::Source(number, Ok(event)),
                6 => Input::Follow { follower: number, topic: "a".to_owned(), after: Some("E-1".to_owned()) },
                7 => Input::History(number, number, None),
                _ => Input::Due,
            };
            it.on(input, now, random);
        }
    }
}
