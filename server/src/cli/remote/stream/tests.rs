//! The decoder against the examples of the standard, our own encoder, and every way to split a stream.

use belfry_hub::{
    cursor::{Cursor, Epoch},
    event::{Draft, Topic},
    frame::{Format, Frame},
};
use proptest::prelude::*;

use super::*;

fn message(data: &str) -> Event {
    Event { event_type: "message".into(), data: data.into() }
}

/// What a stream in these pieces comes to: its events, the last id, the wait that it asks for.
fn heard<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, Option<String>, Option<Duration>) {
    let (mut decoder, mut events) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.feed(piece, &mut events).unwrap();
    }
    (events, decoder.last_id().map(ToOwned::to_owned), decoder.retry())
}

fn events(stream: &str) -> Vec<Event> {
    heard([stream.as_bytes()]).0
}

#[test]
fn the_examples_of_the_standard_are_read_as_it_says() {
    assert_eq!(events("data: YHOO\ndata: +2\ndata: 10\n\n"), [message("YHOO\n+2\n10")]);
    let stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n";
    let (events, id, _) = heard([stream.as_bytes()]);
    assert_eq!(events, [message("first event"), message("second event")]);
    assert_eq!(id.as_deref(), Some(""));
    assert_eq!(self::events("data\n\ndata\ndata\n\ndata:"), [message(""), message("\n")]);
    assert_eq!(self::events("data:test\n\ndata: test\n\n"), [message("test"), message("test")]);
}

#[test]
fn a_line_ends_in_lf_cr_or_both_and_a_byte_order_mark_is_none_of_it() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = "\u{feff}data: a~data: b~~event: e~data: \u{feff}c~~".replace('~', end);
        let named = Event { event_type: "e".into(), data: "\u{feff}c".into() };
        assert_eq!(events(&stream), [message("a\nb"), named], "{end:?}");
    }
    assert_eq!(events("data: a\n\r\ndata: b\r\r"), [message("a"), message("b")]);
}

#[test]
fn an_id_counts_with_the_blank_line_and_not_before() {
    let id = |stream: &str| heard([stream.as_bytes()]).1;
    assert_eq!(id("data: a\nid: 1\n\ndata: b\nid: 2\n").as_deref(), Some("1"));
    assert_eq!(id("id: 1\n\n").as_deref(), Some("1"), "without data it moves the cursor alone");
    assert_eq!(id("id: 1\n\ndata: state\n\n").as_deref(), Some("1"));
    assert_eq!(id("id: a\0b\n\n"), None);
}

#[test]
fn a_retry_is_a_number_of_milliseconds() {
    let retry = |stream: &str| heard([stream.as_bytes()]).2;
    assert_eq!(retry("retry: 2500\n"), Some(Duration::from_millis(2500)));
    for bad in ["retry: 2.5\n", "retry:\n", "retry: +1\n", "retry: 99999999999999999999\n"] {
        assert_eq!(retry(&format!("retry: 7\n{bad}")), Some(Duration::from_millis(7)), "{bad}");
    }
}

#[test]
fn what_is_no_field_is_left_out() {
    assert_eq!(events("date: x\n:data: y\n data: z\nDATA: w\ndata: a\n\n"), [message("a")]);
    assert_eq!(events("event: only\n\ndata: a\n\n"), [message("a")]);
}

#[test]
fn what_is_not_utf_8_is_replaced() {
    assert_eq!(heard([&b"data: a\xFFb\xE5\n\n"[..]]).0, [message("a\u{fffd}b\u{fffd}")]);
}

#[test]
fn an_event_without_end_is_an_error_and_not_all_memory() {
    let feed = |stream: &str| {
        let mut events = Vec::new();
        let fed = Decoder::bounded(9).feed(stream.as_bytes(), &mut events);
        (fed, events.len())
    };
    assert_eq!(feed("data: a\n\ndata: abc\n\n"), (Ok(()), 2));
    assert_eq!(feed("data: a\n\ndata: abcd"), (Err(TooLarge), 1));
    assert_eq!(feed(&"data:abc\n".repeat(3)), (Err(TooLarge), 0));
    assert_eq!(feed(&":\n".repeat(1000)), (Ok(()), 0));
}

const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b":",
    b" ",
    b"data: ",
    b"data",
    b"event: e",
    b"id: 1",
    b"id",
    b"a",
    b"retry: 12",
    b"\0",
    BYTE_ORDER_MARK,
    b"\xC3\xA9",
    b"\xE5",
];

/// A stream that is mostly one.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::sample::select(PIECES);
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn however_it_is_cut_a_stream_is_the_same(
        stream in stream(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..8),
    ) {
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        places.sort_unstable();
        let begins = [0].into_iter().chain(places.iter().copied());
        let ends = places.iter().copied().chain([stream.len()]);
        let pieces = begins.zip(ends).map(|(begin, end)| &stream[begin..end]);
        let whole = heard([&stream[..]]);
        prop_assert_eq!(heard(pieces), whole.clone());
        prop_assert_eq!(heard(stream.chunks(1)), whole);
    }

    #[test]
    fn what_the_encoder_writes_is_read(datas in proptest::collection::vec(".*", 1..5)) {
        let id = Cursor { epoch: Epoch(7), sequence: 12 };
        let stream: Vec<u8> = datas.iter().flat_map(|data| {
            let topics = vec![Topic::new("a").unwrap()];
            let draft = Draft { topics, event_type: None, data: data.clone(), private: false };
            let event = belfry_hub::event::Event { epoch: id.epoch, sequence: 12, at: 0, draft };
            Frame::event(&event, Format::Message).into_bytes()
        }).collect();
        let said: Vec<_> = datas.iter().map(|data| {
            message(&data.replace("\r\n", "\n").replace('\r', "\n"))
        }).collect();
        prop_assert_eq!(heard([&stream[..]]), (said, Some(id.to_string()), None));
    }
}
