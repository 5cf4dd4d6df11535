//! Frames as they are written, and as a browser reads them.

use proptest::prelude::*;

use super::*;
use crate::{
    cursor::Epoch,
    event::{Draft, Topic},
};

const ID: Cursor = Cursor { epoch: Epoch(7), sequence: 12 };

fn event(event_type: Option<&str>, data: &str) -> Event {
    let event_type = event_type.and_then(|name| EventType::new(name).unwrap());
    let topics = vec![Topic::new("a").unwrap(), Topic::new("b/c").unwrap()];
    let draft = Draft { topics, event_type, data: data.into(), private: false };
    Event { epoch: ID.epoch, sequence: ID.sequence, at: 1_795_324_681_400_000, draft }
}

fn message(data: &str) -> String {
    let bytes = Frame::event(&event(None, data), Format::Message).into_bytes();
    String::from_utf8(bytes.to_vec()).unwrap().replace("id: AAAAAAAAAAAAO-12\n\n", "")
}

#[test]
fn every_kind_of_line_end_begins_a_new_data_line() {
    assert_eq!(message("a\nb"), "data: a\ndata: b\n");
    assert_eq!(message("a\r\nb"), "data: a\ndata: b\n");
    assert_eq!(message("a\rb"), "data: a\ndata: b\n");
    assert_eq!(message("a\n\rb"), "data: a\ndata: \ndata: b\n");
    assert_eq!(message("a\n"), "data: a\ndata: \n");
}

#[test]
fn an_empty_message_is_a_message() {
    assert_eq!(message(""), "data: \n");
}

#[test]
fn the_type_comes_first_and_the_id_last() {
    let frame = Frame::event(&event(Some("price"), "7"), Format::Message);
    assert_eq!(frame.into_bytes(), "event: price\ndata: 7\nid: AAAAAAAAAAAAO-12\n\n");
    let gap = Frame::own("gap", &1, Some(ID));
    assert_eq!(gap.into_bytes(), "event: gap\ndata: 1\nid: AAAAAAAAAAAAO-12\n\n");
}

#[test]
fn as_json_an_event_says_everything_in_one_line() {
    let frame = Frame::event(&event(Some("price"), "7\n\0"), Format::Json);
    assert_eq!(
        frame.into_bytes(),
        concat!(
            r#"data: {"id":"AAAAAAAAAAAAO-12","type":"price","topics":["a","b/c"],"#,
            r#""data":"7\n\u0000","at":"2026-11-22T05:18:01.400Z"}"#,
            "\nid: AAAAAAAAAAAAO-12\n\n"
        )
    );
}

#[test]
fn a_state_has_no_id_and_only_the_readers_have_a_type() {
    let state = |topic, format| Frame::state(topic, 0, "7", format).into_bytes();
    assert_eq!(state("time", Format::Message), "data: 7\n\n");
    assert_eq!(state("readers", Format::Message), "event: readers\ndata: 7\n\n");
    assert_eq!(
        state("readers", Format::Json),
        concat!(
            "event: readers\n",
            r#"data: {"type":"readers","topics":["readers"],"data":"7","at":"1970-01-01T00:00:00.000Z"}"#,
            "\n\n"
        )
    );
}

#[test]
fn a_frame_is_a_chunk_too() {
    for (bytes, chunk) in [(3, "3\r\n"), (10, "a\r\n"), (255, "ff\r\n"), (4096, "1000\r\n")] {
        let bytes = "x".repeat(bytes);
        let frame = Frame::new(bytes.as_bytes());
        let whole = format!("{chunk}{bytes}\r\n");
        assert_eq!((frame.len(), frame.chunk()), (bytes.len(), &Bytes::from(whole.clone())));
        assert_eq!(Frame::of_chunk(frame.chunk().clone()), frame);
        let mut pieces = chunked(frame.clone().into_bytes());
        assert_eq!(pieces.copy_to_bytes(pieces.remaining()), whole);
        assert_eq!(frame.into_bytes(), bytes);
    }
    let comment = Frame::COMMENT;
    assert_eq!((comment.len(), Frame::new(b":\n\n")), (3, comment));
}

#[test]
fn a_retry_is_in_milliseconds() {
    assert_eq!(Frame::retry(Duration::from_millis(2500)).into_bytes(), "retry: 2500\n\n");
}

/// An event as a reader by the standard gets it.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    event_type: String,
    data: String,
    last_event_id: String,
}

/// Interprets a stream as the standard says (9.2.6), from its text and not from the encoder.
fn interpret(stream: &str) -> Vec<Heard> {
    let mut events = Vec::new();
    let (mut data, mut event_type, mut id) = (String::new(), String::new(), String::new());
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let unified = stream.replace("\r\n", "\n").replace('\r', "\n");
    // What stands after the last line end is not a line.
    let mut lines: Vec<&str> = unified.split('\n').collect();
    lines.pop();
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                data.pop();
                events.push(Heard {
                    event_type: if event_type.is_empty() { "message" } else { &event_type }
                        .to_owned(),
                    data: std::mem::take(&mut data),
                    last_event_id: id.clone(),
                });
            }
            event_type.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => data.extend([value, "\n"]),
            "event" => value.clone_into(&mut event_type),
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            _ => {}
        }
    }
    events
}

fn awkward() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r"),
        Just("\n"),
        Just("\r\n"),
        Just(":"),
        Just(" "),
        Just("data: "),
        Just("\0"),
        Just("\u{feff}"),
        Just("\u{2028}"),
        Just("a"),
        Just("é"),
        Just("id: 1"),
        Just("\u{85}"),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_reader_by_the_standard_gets_what_was_published_with_its_line_ends_unified(
        datas in proptest::collection::vec((awkward(), proptest::option::of("[ :a-zé]{1,9}")), 1..5)
    ) {
        let named = |name: &Option<String>| name.clone().filter(|name| {
            !matches!(&**name, "gap" | "open" | "error")
        });
        let stream: String = datas.iter().map(|(data, name)| {
            let event = event(named(name).as_deref(), data);
            let bytes = Frame::event(&event, Format::Message).into_bytes();
            String::from_utf8(bytes.to_vec()).unwrap()
        }).collect();
        let said: Vec<_> = datas.iter().map(|(data, name)| Heard {
            event_type: named(name).unwrap_or_else(|| "message".into()),
            data: data.replace("\r\n", "\n").replace('\r', "\n"),
            last_event_id: ID.to_string(),
        }).collect();
        prop_assert_eq!(interpret(&stream), said);
    }

    #[test]
    fn as_json_what_was_published_arrives_unchanged(data in awkward()) {
        let frame = Frame::event(&event(None, &data), Format::Json).into_bytes();
        let heard = interpret(std::str::from_utf8(&frame).unwrap());
        prop_assert_eq!(heard.len(), 1);
        let envelope: Envelope = serde_json::from_str(&heard[0].data).unwrap();
        prop_assert_eq!(envelope.data, data);
    }
}
