//! The lines of the log on stderr: one for each event, whatever it holds.

use std::fmt::{self as text, Display, Write};

use tracing_subscriber::{
    Layer,
    field::MakeExt,
    fmt::{
        self, MakeWriter,
        format::{Writer, debug_fn},
    },
    registry::LookupSpan,
};

/// The longest value that a line repeats, in bytes.
const LONGEST: usize = 2048;

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object each.
    Json,
}

impl LineFormat {
    /// Reads one of its names.
    ///
    /// # Errors
    /// Any other.
    pub fn read(name: &str) -> Result<Self, &'static str> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}

/// What writes lines to `writer`, with colours where a terminal shows them.
pub fn layer<S, W>(
    format: LineFormat,
    writer: W,
    colours: bool,
) -> Box<dyn Layer<S> + Send + Sync + 'static>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        LineFormat::Text => {
            let fields = debug_fn(|to: &mut Writer<'_>, field: &tracing::field::Field, value| {
                if field.name() != "message" {
                    write!(to, "{}=", field.name())?;
                }
                write!(OneLine::new(to), "{value:?}")
            });
            let fields = fields.delimited(" ");
            fmt::layer().fmt_fields(fields).with_writer(writer).with_ansi(colours).boxed()
        }
        LineFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(writer)
            .boxed(),
    }
}

/// Writes text without what could end a line or steer a terminal, and not too much of it.
struct OneLine<W> {
    to: W,
    /// How many bytes may follow; `None` once the rest is left out.
    room: Option<usize>,
}

impl<W: Write> OneLine<W> {
    fn new(to: W) -> Self {
        Self { to, room: Some(LONGEST) }
    }

    fn write_part(&mut self, part: impl Display, length: usize) -> text::Result {
        self.room = self.room.map(|room| room.saturating_sub(length));
        write!(self.to, "{part}")
    }
}

impl<W: Write> Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> text::Result {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
        if self.room.is_some_and(|room| text.len() <= room) && text.bytes().all(is_plain) {
            return self.write_part(text, text.len());
        }
        for character in text.chars() {
            match (self.room, character) {
                (None, _) => break,
                (Some(0), _) => {
                    self.room = None;
                    self.to.write_char('…')?;
                }
                // The separators of lines and paragraphs, and what turns the direction of text.
                (_, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                    let escaped = character.escape_unicode();
                    self.write_part(escaped.clone(), escaped.len())?;
                }
                (_, control) if control.is_control() => {
                    let escaped = control.escape_default();
                    self.write_part(escaped.clone(), escaped.len())?;
                }
                (_, other) => self.write_part(other, other.len_utf8())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_or_steers_a_terminal() {
        let one_line = |text: &str| {
            let mut line = String::new();
            write!(OneLine::new(&mut line), "{text}").unwrap();
            line
        };
        assert_eq!(one_line("a\r\nb\t\u{1b}[31m\u{85}"), "a\\r\\nb\\t\\u{1b}[31m\\u{85}");
        assert_eq!(one_line("\u{2028}é\u{202e}日"), "\\u{2028}é\\u{202e}日");
        assert!(one_line(&"x".repeat(100_000)).len() < LONGEST + 9);
    }

    #[test]
    fn what_comes_in_pieces_is_cut_once() {
        let mut line = String::new();
        let mut to = OneLine::new(&mut line);
        for _ in 0..LONGEST {
            to.write_str("ab\n").unwrap();
        }
        assert_eq!(line, "ab\\n".repeat(LONGEST / 4) + "…");
    }
}
