//! The encoder: an event goes in, its bytes on the wire come out, once for all readers.
//!
//! The format is [WHATWG HTML, 9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
//! Lines end in LF only; CRLF, CR and LF in data each begin a new `data:` line; an event always has
//! at least one, so that an empty message is a message; there is no byte order mark.

use std::time::Duration;

use bytes::Bytes;

/// An event's bytes on the wire, shared by all readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// A comment, which no script sees: it keeps what lies between from calling the stream dead.
    pub const COMMENT: Self = Self(Bytes::from_static(b":\n\n"));

    /// An event that `onmessage` sees.
    #[must_use]
    pub fn message(data: &str) -> Self {
        Self(Bytes::from(with_data(String::new(), data)))
    }

    /// An event of a type. The type is one of our own names: it holds no CR and no LF.
    #[must_use]
    pub fn named(event_type: &'static str, data: &str) -> Self {
        Self(Bytes::from(with_data(format!("event: {event_type}\n"), data)))
    }

    /// How long a browser is to wait before it comes back, without an event.
    #[must_use]
    pub fn retry(wait: Duration) -> Self {
        Self(Bytes::from(format!("retry: {}\n\n", wait.as_millis())))
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Several frames in one piece, in their order.
    #[must_use]
    pub fn concat(frames: &[Self]) -> Self {
        let bytes: Vec<&[u8]> = frames.iter().map(|frame| &frame.0[..]).collect();
        Self(Bytes::from(bytes.concat()))
    }
}

/// Adds the data and ends the event.
fn with_data(mut event: String, data: &str) -> String {
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
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(data: &str) -> Vec<u8> {
        Frame::message(data).into_bytes().to_vec()
    }

    #[test]
    fn every_kind_of_line_end_begins_a_new_data_line() {
        assert_eq!(bytes("a\nb"), b"data: a\ndata: b\n\n");
        assert_eq!(bytes("a\r\nb"), b"data: a\ndata: b\n\n");
        assert_eq!(bytes("a\rb"), b"data: a\ndata: b\n\n");
        assert_eq!(bytes("a\n\rb"), b"data: a\ndata: \ndata: b\n\n");
        assert_eq!(bytes("a\n"), b"data: a\ndata: \n\n");
    }

    #[test]
    fn an_empty_message_is_a_message() {
        assert_eq!(bytes(""), b"data: \n\n");
    }

    #[test]
    fn a_type_comes_before_the_data() {
        assert_eq!(Frame::named("readers", "7").into_bytes(), "event: readers\ndata: 7\n\n");
    }

    #[test]
    fn a_retry_is_in_milliseconds() {
        assert_eq!(Frame::retry(Duration::from_millis(2500)).into_bytes(), "retry: 2500\n\n");
    }

    /// Reads one event as the standard says (9.2.6), from its text and not from the encoder.
    fn interpret(stream: &str) -> Vec<(String, String)> {
        let (mut events, mut data, mut event_type) = (Vec::new(), String::new(), String::new());
        let unified = stream.replace("\r\n", "\n").replace('\r', "\n");
        for line in unified.strip_suffix('\n').unwrap_or(&unified).split('\n') {
            if line.is_empty() {
                if !data.is_empty() {
                    data.pop();
                    events.push((std::mem::take(&mut event_type), std::mem::take(&mut data)));
                }
                event_type.clear();
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "data" => data.extend([value, "\n"]),
                "event" => value.clone_into(&mut event_type),
                _ => {}
            }
        }
        events
    }

    proptest! {
        #[test]
        fn a_reader_by_the_standard_gets_the_message_with_its_line_ends_unified(
            data in proptest::collection::vec(
                prop_oneof![
                    Just("\r"), Just("\n"), Just("\r\n"), Just(":"), Just(" "), Just("data: "),
                    Just("\0"), Just("\u{feff}"), Just("\u{2028}"), Just("a"), Just("é"), Just("id: 1"),
                ],
                0..12,
            ).prop_map(|parts| parts.concat())
        ) {
            let said = data.replace("\r\n", "\n").replace('\r', "\n");
            let encoded = Frame::message(&data).into_bytes();
            let heard = interpret(std::str::from_utf8(&encoded).unwrap());
            prop_assert_eq!(heard, vec![(String::new(), said)]);
        }
    }
}
