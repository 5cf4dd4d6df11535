//! The encoder: writes an event as its bytes on the wire, once for all readers, as a chunk of HTTP/1.1 too.
//!
//! The format is [WHATWG HTML, 9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
//! Lines end in LF only; CRLF, CR and LF in data each begin a new `data:` line; an event always has
//! at least one, so that an empty message is a message; there is no byte order mark.

use std::time::Duration;

use bytes::{Buf, Bytes};
use serde::Serialize;
use wire::{
    event::{Envelope, MESSAGE},
    tick::Tick,
    topics::READERS,
};

use crate::{
    cursor::Cursor,
    event::{Event, EventType},
};

/// How a reader wants its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// As they were published: the type as the event's, the data as its data.
    #[default]
    Message,
    /// Each as one JSON object, an [`Envelope`], in an event of type `message`.
    Json,
}

/// An event's bytes on the wire, shared by all readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The bytes as a [chunk](https://www.rfc-editor.org/rfc/rfc9112#section-7.1) of HTTP/1.1.
    chunk: Bytes,
    /// Where in it they begin; they end before its last two.
    start: usize,
}

/// What a chunk has after its bytes.
const CHUNK_END: &[u8] = b"\r\n";

impl Frame {
    /// The most that a chunk has beside the bytes in it, in bytes: their number in hexadecimal digits, and two
    /// line ends.
    pub(crate) const CHUNK_FRAMING: usize = 16 + 4;

    /// A comment, which no script sees: it keeps intermediaries from considering the stream dead.
    pub const COMMENT: Self = Self { chunk: Bytes::from_static(b"3\r\n:\n\n\r\n"), start: 3 };

    /// A frame of these bytes, of which there are some.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let length = chunk_begin(bytes.len());
        let chunk = [length.as_bytes(), bytes, CHUNK_END].concat();
        Self { chunk: chunk.into(), start: length.len() }
    }

    /// An event of the log. The id comes last, so that a truncated event does not move the cursor.
    #[must_use]
    pub fn event(event: &Event, format: Format) -> Self {
        let frame = match format {
            Format::Message => {
                let event_type = event.draft.event_type.as_ref().map(EventType::as_str);
                with_lines(begin(event_type), &event.draft.data)
            }
            Format::Json => with_lines(String::new(), &json(&envelope(event))),
        };
        Self::new((frame + &format!("id: {}\n\n", event.id())).as_bytes())
    }

    /// An event of a state topic: it has no id.
    #[must_use]
    pub fn state(topic: &str, at: i64, data: &str, format: Format) -> Self {
        let event_type = if topic == READERS { READERS } else { MESSAGE };
        let data = match format {
            Format::Message => data.to_owned(),
            Format::Json => json(&Envelope {
                id: None,
                event_type: event_type.into(),
                topics: vec![topic.into()],
                data: data.into(),
                at: Tick::from_micros(at).to_string(),
                private: false,
            }),
        };
        let named = (event_type != MESSAGE).then_some(event_type);
        Self::new((with_lines(begin(named), &data) + "\n").as_bytes())
    }

    /// One of the server's own events, whose data is JSON, and the place where reading goes on.
    #[must_use]
    pub fn own(event_type: &'static str, data: &impl Serialize, id: Option<Cursor>) -> Self {
        let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        Self::new((with_lines(begin(Some(event_type)), &json(data)) + &id + "\n").as_bytes())
    }

    /// Moves the reader's cursor, and dispatches nothing.
    #[must_use]
    pub fn place(id: Cursor) -> Self {
        Self::new(format!("id: {id}\n\n").as_bytes())
    }

    /// How long a browser is to wait before it comes back, without an event.
    #[must_use]
    pub fn retry(wait: Duration) -> Self {
        Self::new(format!("retry: {}\n\n", wait.as_millis()).as_bytes())
    }

    /// A frame that was encoded before, by its chunk.
    pub(crate) fn of_chunk(chunk: Bytes) -> Self {
        let start = chunk.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Self { chunk, start }
    }

    /// How many bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no frame is")]
    pub fn len(&self) -> usize {
        self.chunk.len() - self.start - CHUNK_END.len()
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        let (end, mut bytes) = (self.chunk.len() - CHUNK_END.len(), self.chunk);
        bytes.truncate(end);
        bytes.advance(self.start);
        bytes
    }

    /// The bytes as a chunk.
    #[must_use]
    pub fn into_chunk(self) -> Bytes {
        self.chunk
    }

    /// The same as a chunk.
    pub(crate) fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// Several frames in one piece, in their order.
    #[must_use]
    pub fn concat(frames: &[Self]) -> Self {
        if let [alone] = frames {
            return alone.clone();
        }
        Self::new(&frames.iter().map(Self::bytes).collect::<Vec<_>>().concat())
    }

    fn bytes(&self) -> &[u8] {
        &self.chunk[self.start..self.chunk.len() - CHUNK_END.len()]
    }
}

/// What a chunk of so many bytes begins with.
fn chunk_begin(bytes: usize) -> String {
    format!("{bytes:x}\r\n")
}

/// Bytes as a chunk, in pieces that need no copy.
pub(crate) fn chunked(bytes: Bytes) -> impl Buf {
    let begin = Bytes::from(chunk_begin(bytes.len()));
    begin.chain(bytes).chain(CHUNK_END)
}

/// An event of the log as JSON.
#[must_use]
pub fn envelope(event: &Event) -> Envelope {
    let draft = &event.draft;
    Envelope {
        id: Some(event.id().to_string()),
        event_type: draft.event_type.as_ref().map_or(MESSAGE, EventType::as_str).into(),
        topics: draft.topics.iter().map(ToString::to_string).collect(),
        data: draft.data.clone(),
        at: Tick::from_micros(event.at).to_string(),
        private: draft.private,
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers are JSON")
}

/// What an event begins with. A type that was checked holds no CR and no LF.
fn begin(event_type: Option<&str>) -> String {
    event_type.map(|name| format!("event: {name}\n")).unwrap_or_default()
}

/// Adds a line of data for every line of the data, and at least one.
fn with_lines(mut event: String, data: &str) -> String {
    // With the id, most often in one piece: what grows by doubling takes twice its size.
    event.reserve(data.len() + 64);
    let mut rest = data;
    loop {
        let end = rest.find(['\r', '\n']);
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
        if end.is_none() {
            break;
        }
        rest = after.strip_prefix("\r\n").unwrap_or(&after[1..]);
    }
    event
}

#[cfg(test)]
mod tests {
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
}
