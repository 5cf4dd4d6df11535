//! The lines of the log on stderr: one for each event, whatever it holds.

use std::fmt::{self, Display, Write};

use tracing_subscriber::{
    Layer,
    field::MakeExt,
    fmt::{
        MakeWriter,
        format::{Writer, debug_fn},
        layer as lines,
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
            lines().fmt_fields(fields).with_writer(writer).with_ansi(colours).boxed()
        }
        LineFormat::Json => {
            lines().json().flatten_event(true).with_span_list(false).with_writer(writer).boxed()
        }
    }
}

/// Writes text without what could end a line or steer a terminal, and not too much of it.
struct OneLine<W> {
    to: W,
    /// How many bytes may follow before the rest is left out.
    room: usize,
    is_cut: bool,
}

impl<W: Write> OneLine<W> {
    fn new(to: W) -> Self {
        Self { to, room: LONGEST, is_cut: false }
    }

    fn write_part(&mut self, part: impl Display, length: usize) -> fmt::Result {
        self.room = self.room.saturating_sub(length);
        write!(self.to, "{part}")
    }
}

impl<W: Write> Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
        if text.len() <= self.room && text.bytes().all(is_plain) {
            return self.write_part(text, text.len());
        }
        if self.is_cut {
            return Ok(());
        }
        for character in text.chars() {
            match character {
                _ if self.room == 0 => {
                    self.is_cut = true;
                    self.to.write_char('…')?;
                    break;
                }
                // The separators of lines and paragraphs, and what turns the direction of text.
                '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    let escaped = character.escape_unicode();
                    self.write_part(escaped.clone(), escaped.len())?;
                }
                control if control.is_control() => {
                    let escaped = control.escape_default();
                    self.write_part(escaped.clone(), escaped.len())?;
                }
                other => self.write_part(other, other.len_utf8())?,
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
}
