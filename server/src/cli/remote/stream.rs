//! The decoder: turns a stream's bytes, however they are split, into events.
//!
//! The format is [WHATWG HTML, 9.2.6](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).

use std::{error::Error, fmt, mem, time::Duration};

use wire::event::MESSAGE;

/// The most bytes that a line, or the data of an event, may have: an event of the largest data has
/// fewer, even where JSON writes each of its bytes as six.
pub const LARGEST: usize = 8 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An event as a reader gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `message` where the stream names none.
    pub event_type: String,
    /// The lines of data, with LF between them.
    pub data: String,
}

/// A line or an event has more than [`LARGEST`] bytes. Nothing more can be read from the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stream contains an event of more than {LARGEST} bytes")
    }
}

impl Error for TooLarge {}

/// Reads one stream, from its first byte.
#[derive(Debug)]
pub struct Decoder {
    largest: usize,
    /// What has come of a line that has not ended.
    line: Vec<u8>,
    /// A line has ended.
    begun: bool,
    /// The last byte was a CR: a LF after it belongs to the same line end.
    after_cr: bool,
    event_type: String,
    /// Every line of data with a LF after it.
    data: String,
    /// The id of the event that has not ended.
    next_id: Option<String>,
    id: Option<String>,
    retry: Option<Duration>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::bounded(LARGEST)
    }
}

impl Decoder {
    fn bounded(largest: usize) -> Self {
        Self {
            largest,
            line: Vec::new(),
            begun: false,
            after_cr: false,
            event_type: String::new(),
            data: String::new(),
            next_id: None,
            id: None,
            retry: None,
        }
    }

    /// The id of the last event that was received completely; `None` where none had one.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// How long the stream wants a reader to wait before it comes back, if it has said so.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Takes the next bytes, and adds the events that they complete to `events`.
    ///
    /// # Errors
    /// Where a line or an event is too large. The events before it are in `events`.
    pub fn feed(&mut self, mut bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        while let [first, rest @ ..] = bytes {
            if mem::take(&mut self.after_cr) && *first == b'\n' {
                bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + piece.len() > self.largest {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(piece);
            bytes = rest;
            if let [end, rest @ ..] = bytes {
                self.after_cr = *end == b'\r';
                bytes = rest;
                events.extend(self.end_line()?);
            }
        }
        Ok(())
    }

    /// Interprets a line that has ended.
    fn end_line(&mut self) -> Result<Option<Event>, TooLarge> {
        let line = mem::take(&mut self.line);
        let mut bytes = &line[..];
        if !mem::replace(&mut self.begun, true) {
            bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        }
        if bytes.is_empty() {
            return Ok(self.dispatch());
        }
        let text = String::from_utf8_lossy(bytes);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data.len() + value.len() > self.largest {
                    return Err(TooLarge);
                }
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => value.clone_into(&mut self.event_type),
            "id" if !value.contains('\0') => self.next_id = Some(value.into()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().map(Duration::from_millis).ok().or(self.retry);
            }
            _ => {}
        }
        Ok(None)
    }

    /// Ends an event. One without data is not an event, but its id counts.
    fn dispatch(&mut self) -> Option<Event> {
        self.id.clone_from(&self.next_id);
        let event_type = mem::take(&mut self.event_type);
        let mut data = mem::take(&mut self.data);
        // The LF after the last line does not belong to the data.
        data.pop()?;
        let event_type = if event_type.is_empty() { MESSAGE.into() } else { event_type };
        Some(Event { event_type, data })
    }
}

#[cfg(test)]
mod tests;
