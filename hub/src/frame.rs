//! The encoder: writes an event as its bytes on the wire, once for all readers, as a chunk of HTTP/1.1 too.
//!
//! The format is [WHATWG HTML, 9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
//! Lines end in LF only; CRLF, CR and LF in data each begin a new `data:` line; an event always has
//! at least one, so that an empty message is a message; there is no byte order mark.

#[cfg(test)]
mod tests;

use std::{io::Write, time::Duration};

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
        Self::of(&[bytes])
    }

    /// The same of pieces, which are copied once.
    fn of(pieces: &[&[u8]]) -> Self {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        let mut chunk = Vec::with_capacity(length + Self::CHUNK_FRAMING);
        begin_chunk(&mut chunk, length);
        let start = chunk.len();
        pieces.iter().for_each(|piece| chunk.extend(*piece));
        chunk.extend(CHUNK_END);
        Self { chunk: chunk.into(), start }
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
        Self::of(&frames.iter().map(Self::bytes).collect::<Vec<_>>())
    }

    fn bytes(&self) -> &[u8] {
        &self.chunk[self.start..self.chunk.len() - CHUNK_END.len()]
    }
}

/// Writes what a chunk of so many bytes begins with.
fn begin_chunk(to: &mut Vec<u8>, bytes: usize) {
    // Writing to a vector does not fail.
    let _ = write!(to, "{bytes:x}\r\n");
}

/// Bytes as a chunk, in pieces that need no copy.
pub(crate) fn chunked(bytes: Bytes) -> impl Buf {
    let mut begin = Vec::with_capacity(Frame::CHUNK_FRAMING);
    begin_chunk(&mut begin, bytes.len());
    Bytes::from(begin).chain(bytes).chain(CHUNK_END)
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
