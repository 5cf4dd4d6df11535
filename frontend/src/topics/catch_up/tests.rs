//! Tests of the guarantees to a follower of a topic.

mod histories;
mod log;

use wire::tick::Tick;

use super::*;

const TOPIC: &str = "a";

fn place(text: &str) -> Cursor {
    Cursor::parse(text).unwrap()
}

fn cursor(sequence: u64) -> Cursor {
    place(&format!("E-{sequence}"))
}

fn event(sequence: u64, topic: &str) -> Envelope {
    named(&format!("E-{sequence}"), topic)
}

fn named(id: &str, topic: &str) -> Envelope {
    Envelope {
        id: Some(id.to_owned()),
        event_type: "message".to_owned(),
        topics: vec![topic.to_owned()],
        data: String::new(),
        at: Tick::from_micros(0).to_string(),
        private: false,
    }
}

fn topics() -> Vec<String> {
    vec!["time".to_owned(), TOPIC.to_owned()]
}

fn spans(all: &[(&str, u64)]) -> Vec<Span> {
    all.iter().map(|(epoch, after)| Span { epoch: (*epoch).to_owned(), after: *after }).collect()
}

/// The last page of a history, or one that is followed by others.
fn page(events: Vec<Envelope>, more: bool) -> History {
    let next = events.last().and_then(|event| event.id.clone()).filter(|_| more);
    History { events, next, gap: false, at: None, spans: Vec::new() }
}

/// A page that says that events before it are gone.
fn page_after_gap(at: &str, events: Vec<Envelope>) -> History {
    History { gap: true, at: Some(at.to_owned()), ..page(events, false) }
}

fn live(at: u64) -> CatchUp {
    let mut it = CatchUp::new(TOPIC.to_owned(), Some(&format!("E-{at}")));
    it.cover(&topics(), Some(&cursor(at)), &[]);
    assert_eq!(it.reading(), None);
    it
}

fn hear(it: &mut CatchUp, sequence: u64, topic: &str) -> Vec<u64> {
    ids(it.hear(&event(sequence, topic), Some(&cursor(sequence))))
}

/// The sequences of what was heard; a gap is 0.
fn ids(heard: impl IntoIterator<Item = StreamEvent>) -> Vec<u64> {
    let id = |heard| match heard {
        StreamEvent::Gap { .. } => 0,
        StreamEvent::Event { envelope, .. } => envelope.id.unwrap()[2..].parse().unwrap(),
        other => unreachable!("{other:?} is not of a topic"),
    };
    heard.into_iter().map(id).collect()
}

#[test]
fn who_is_in_a_room_is_not_in_the_log() {
    assert!(is_servers_own("here/lobby") && is_servers_own("time"));
    assert!(!is_servers_own("here") && !is_servers_own("chat/here/lobby"));
    let mut it = CatchUp::new("here/lobby".to_owned(), None);
    it.lose();
    it.cover(&topics(), Some(&cursor(7)), &[]);
    it.doubt(None);
    assert!(!it.is_uncovered() && it.reading().is_none());
    let said = Envelope { id: None, ..event(0, "here/lobby") };
    assert_eq!(
        it.hear(&said, None),
        Some(StreamEvent::Event { envelope: said.clone(), reached: None })
    );
}

#[test]
fn a_stream_that_begins_where_the_page_ends_is_taken_as_it_comes() {
    let mut it = live(5);
    assert_eq!(hear(&mut it, 6, TOPIC), [6]);
    assert_eq!(hear(&mut it, 7, "b"), Vec::<u64>::new());
    assert_eq!(
        hear(&mut it, 6, TOPIC),
        Vec::<u64>::new(),
        "from the stream that is being replaced"
    );
    assert_eq!(it.at(), Some(&cursor(7)));
}

#[test]
fn a_stream_that_begins_later_makes_the_history_be_read_first() {
    let mut it = CatchUp::new(TOPIC.to_owned(), Some("E-5"));
    assert_eq!(hear(&mut it, 9, TOPIC), Vec::<u64>::new(), "nobody has said that this is all");
    it.cover(&topics(), Some(&cursor(8)), &[]);
    assert_eq!(hear(&mut it, 9, TOPIC), Vec::<u64>::new());
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, page(vec![event(6, TOPIC)], true))), [6]);
    assert_eq!(ids(it.read_back(reading, page(vec![event(7, TOPIC)], false))), [7, 9]);
    assert_eq!(hear(&mut it, 10, TOPIC), [10]);
}

#[test]
fn a_reading_from_before_messages_were_lost_is_too_old() {
    let mut it = CatchUp::new(TOPIC.to_owned(), Some("E-5"));
    it.cover(&topics(), Some(&cursor(8)), &[]);
    let early = it.reading().unwrap();
    it.lose();
    it.cover(&topics(), Some(&cursor(12)), &[]);
    assert!(it.read_back(early, page(vec![event(9, TOPIC)], false)).is_empty());
    assert!(it.reading().is_some_and(|reading| reading != early));
}

#[test]
fn all_topics_of_a_prefix_are_followed_as_one() {
    let mut it = CatchUp::new("chat/*".to_owned(), Some("E-5"));
    it.cover(&topics(), Some(&cursor(5)), &[]);
    assert!(it.is_uncovered());
    it.cover(&["chat/*".to_owned()], Some(&cursor(5)), &[]);
    assert_eq!(hear(&mut it, 6, "chat/lobby"), [6]);
    assert_eq!(hear(&mut it, 7, "chats"), Vec::<u64>::new());
    assert_eq!(hear(&mut it, 8, "chat/a/b"), [8]);
}

#[test]
fn a_gap_in_the_stream_is_looked_up_in_the_history() {
    let mut it = live(5);
    it.doubt(None);
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, page(vec![event(6, TOPIC)], false))), [6]);
    it.doubt(None);
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, page_after_gap("E-7", vec![event(9, TOPIC)]))), [0, 9]);
}

#[test]
fn the_place_of_a_gap_replaces_the_own_one() {
    let mut it = live(5);
    it.doubt(Some(&place("F-0")));
    let reading = it.reading().unwrap();
    let first = named("F-1", TOPIC);
    assert_eq!(ids(it.read_back(reading, page_after_gap("F-0", vec![first]))), [0, 1]);
    assert_eq!(it.at(), Some(&place("F-1")));
    // Where nothing has followed yet, too.
    it.doubt(Some(&place("G-0")));
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, page_after_gap("G-0", Vec::new()))), [0]);
    assert_eq!((it.at(), it.reading()), (Some(&place("G-0")), None));
    assert_eq!(ids(it.hear(&named("G-1", TOPIC), Some(&place("G-1")))), [1]);
}

#[test]
fn a_restart_of_the_server_costs_nothing() {
    let mut it = live(5);
    it.cover(&topics(), Some(&cursor(5)), &spans(&[("E", 0)]));
    // What is published first after a restart begins an epoch.
    assert_eq!(ids(it.hear(&named("F-6", TOPIC), Some(&place("F-6")))), [6]);
    assert_eq!(it.reading(), None);
    // Another, and the stream begins a little further back.
    it.cover(&topics(), Some(&cursor(4)), &spans(&[("E", 0), ("F", 5), ("G", 6)]));
    assert_eq!(it.reading(), None);
    assert_eq!(ids(it.hear(&event(5, TOPIC), Some(&cursor(5)))), Vec::<u64>::new());
    assert_eq!(ids(it.hear(&named("F-6", TOPIC), Some(&place("F-6")))), Vec::<u64>::new());
    assert_eq!(ids(it.hear(&named("G-7", TOPIC), Some(&place("G-7")))), [7]);
    assert_eq!(it.reading(), None);
}

#[test]
fn where_places_cannot_be_compared_the_history_is_read() {
    let mut it = live(5);
    it.cover(&topics(), Some(&place("F-7")), &spans(&[("F", 6)]));
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.hear(&named("F-8", TOPIC), Some(&place("F-8")))), Vec::<u64>::new());
    let known = spans(&[("E", 0), ("F", 6)]);
    let events = vec![event(6, TOPIC), named("F-7", TOPIC)];
    let answer = History { spans: known.clone(), ..page(events, false) };
    assert_eq!(ids(it.read_back(reading, answer)), [6, 7, 8]);
    let mut expected = Spans::default();
    expected.learn(&known);
    assert_eq!(it.news_of_spans(), Some(expected));
    assert_eq!(it.news_of_spans(), None);
}

#[test]
fn who_was_further_than_a_restored_log_asks_for_what_is_missing() {
    let mut it = live(9);
    it.cover(&topics(), Some(&cursor(6)), &spans(&[("E", 0), ("F", 7)]));
    let reading = it.reading().unwrap();
    let answer = page_after_gap("E-7", vec![named("F-8", TOPIC)]);
    assert_eq!(ids(it.read_back(reading, answer)), [0, 8]);
    assert_eq!(it.reading(), None);
    // The same where the stream alone shows it.
    let mut it = live(9);
    it.cover(&topics(), Some(&cursor(6)), &[]);
    assert_eq!(ids(it.hear(&event(7, TOPIC), Some(&cursor(7)))), Vec::<u64>::new());
    assert_eq!(ids(it.hear(&named("F-8", TOPIC), Some(&place("F-8")))), Vec::<u64>::new());
    assert!(it.reading().is_some());
}

#[test]
fn a_state_topic_is_heard_at_once_and_has_no_place() {
    let mut it = CatchUp::new("status".to_owned(), None);
    let mut value = event(1, "status");
    value.id = None;
    assert!(it.hear(&value, Some(&cursor(7))).is_some());
    it.lose();
    it.cover(&[], None, &[]);
    assert!(it.hear(&value, None).is_some());
    assert_eq!((it.at(), it.reading(), it.is_uncovered()), (None, None, false));
}
