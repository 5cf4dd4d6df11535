//! Tests of what a follower tells its page, and of when it reads the history.

use proptest::{collection::vec, prelude::*};
use wire::{cursor::Span, event::Envelope};

use super::*;

const SECOND: i64 = 1_000_000;

fn at(sequence: u64) -> Option<Cursor> {
    Cursor::parse(&format!("E-{sequence}"))
}

fn envelope(sequence: u64) -> Envelope {
    Envelope {
        id: Some(format!("E-{sequence}")),
        event_type: "message".to_owned(),
        topics: vec!["a".to_owned()],
        data: String::new(),
        at: String::new(),
        private: false,
    }
}

fn event(sequence: u64) -> StreamEvent {
    StreamEvent::Event { envelope: envelope(sequence), reached: at(sequence) }
}

fn start(after: u64) -> StreamEvent {
    let topics = vec!["a".to_owned()];
    StreamEvent::Start(Start { topics, after: at(after), ..Start::default() })
}

fn page(sequences: &[u64], more: bool) -> Option<History> {
    let events: Vec<_> = sequences.iter().copied().map(envelope).collect();
    let next = events.last().and_then(|event| event.id.clone()).filter(|_| more);
    Some(History { events, next, gap: false, at: None, spans: Vec::new() })
}

/// One that has everything up to 5, while the stream begins after 8: its first reading is under way.
fn behind() -> Follower {
    let mut it = Follower::new("a".to_owned(), Some("E-5"));
    assert_eq!(it.next_reading(0), None, "nobody has said that there is a stream");
    assert_eq!(it.hear(&start(8)), []);
    let reading = Reading { number: 1, topic: "a".to_owned(), after: at(5) };
    assert_eq!(it.next_reading(0), Some(reading));
    it
}

#[test]
fn what_the_stream_lacks_is_read_first_page_after_page() {
    let mut it = behind();
    assert_eq!(it.next_reading(0), None, "one at a time");
    assert_eq!(it.hear(&event(9)), []);
    assert_eq!(it.read(1, page(&[6], true), 0), [event(6)]);
    assert_eq!(it.next_reading(0).unwrap().after, at(6));
    assert_eq!(it.read(1, page(&[8], false), 0), [event(8), event(9)]);
    assert_eq!((it.next_reading(0), it.wake_at()), (None, None));
    assert_eq!(it.hear(&event(10)), [event(10)]);
}

#[test]
fn a_reading_that_fails_is_repeated_after_longer_and_longer_waits() {
    let mut it = behind();
    let mut now = 0;
    for wait in [1, 2, 4, 8, 12, 12] {
        assert_eq!(it.read(1, None, now), []);
        assert_eq!(it.wake_at(), Some(now + wait * SECOND));
        assert_eq!(it.next_reading(now + wait * SECOND - 1), None);
        now += wait * SECOND;
        assert!(it.next_reading(now).is_some());
    }
    it.read(1, page(&[6], true), now);
    assert!(it.next_reading(now).is_some(), "at once where the server answers");
    it.read(1, None, now);
    assert_eq!(it.wake_at(), Some(now + SECOND));
}

#[test]
fn an_answer_to_a_reading_that_is_no_longer_wanted_is_left_and_asked_for_again() {
    let mut it = behind();
    it.lose();
    it.hear(&start(12));
    assert_eq!(it.next_reading(0), None);
    assert_eq!(it.read(1, page(&[6], false), 0), []);
    assert_eq!(it.next_reading(0).map(|reading| reading.number), Some(2));
    assert_eq!(it.read(1, page(&[6], false), 0), [], "nobody has asked");
    assert_eq!(it.read(2, page(&[6], false), 0), [event(6)]);
}

#[test]
fn a_reading_that_another_must_follow_is_not_followed_at_once() {
    let mut it = behind();
    // It is of an epoch that nobody knows: where it stands the history alone tells.
    let foreign = Envelope { id: Some("F-9".to_owned()), ..envelope(9) };
    it.hear(&StreamEvent::Event { envelope: foreign, reached: Cursor::parse("F-9") });
    it.read(1, page(&[8], false), 0);
    assert_eq!((it.next_reading(0), it.wake_at()), (None, Some(SECOND)));
}

#[test]
fn the_page_is_told_of_the_epochs_before_what_follows() {
    let mut it = Follower::new("a".to_owned(), Some("E-5"));
    let spans = vec![Span { epoch: "E".to_owned(), after: 0 }];
    let topics = vec!["a".to_owned()];
    let known = Start { topics, after: at(5), spans, ..Start::default() };
    assert_eq!(it.hear(&StreamEvent::Start(known.clone())), [StreamEvent::Start(known)]);
    assert_eq!(it.hear(&event(6)), [event(6)]);
}

#[test]
fn a_gap_is_looked_up_in_the_history_before_the_page_is_told() {
    let mut it = Follower::new("a".to_owned(), Some("E-5"));
    it.hear(&start(5));
    assert_eq!(it.hear(&StreamEvent::Gap { reached: at(9) }), []);
    let number = it.next_reading(0).unwrap().number;
    let gone = History { gap: true, at: Some("E-9".to_owned()), ..page(&[10], false).unwrap() };
    let told = it.read(number, Some(gone), 0);
    assert_eq!(told, [StreamEvent::Gap { reached: at(9) }, event(10)]);
}

#[test]
fn the_state_of_the_connection_is_of_no_topic() {
    let mut it = Follower::new("a".to_owned(), None);
    let connection = StreamEvent::Connection { link: app::Link::Live, tabs: Some(2) };
    assert_eq!(it.hear(&connection), []);
}

proptest! {
    /// Whatever the stream and the server do: never two readings at once, and never none where one is
    /// wanted.
    #[test]
    fn a_reading_that_is_wanted_is_under_way_or_planned(
        acts in vec((0..6u8, 0..20u64, 0..4 * SECOND), 0..60),
    ) {
        let mut it = Follower::new("a".to_owned(), Some("E-5"));
        let (mut now, mut under_way) = (0, None);
        for (act, sequence, after) in acts {
            now += after;
            match (act, under_way) {
                (0, _) => drop(it.hear(&start(sequence))),
                (1, _) => drop(it.hear(&event(sequence))),
                (2, _) => drop(it.hear(&StreamEvent::Gap { reached: at(sequence) })),
                (3, _) => it.lose(),
                (_, None) => {}
                (answer, Some(number)) => {
                    under_way = None;
                    it.read(number, page(&[sequence], false).filter(|_| answer == 4), now);
                }
            }
            if let Some(reading) = it.next_reading(now) {
                prop_assert_eq!(under_way.replace(reading.number), None);
            }
            let planned = under_way.is_some() || it.wake_at().is_some_and(|at| at > now);
            prop_assert!(planned || it.catch_up.reading().is_none(), "{it:?}");
        }
    }
}
