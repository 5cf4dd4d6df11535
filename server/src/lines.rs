//! The lines of the log on stderr: one for each event, whatever it holds.

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
                let value = one_line(&format!("{value:?}"));
                match field.name() {
                    "message" => write!(to, "{value}"),
                    name => write!(to, "{name}={value}"),
                }
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

/// The same text without what could end a line or steer a terminal, and not too long.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST));
    for character in text.chars() {
        if line.len() >= LONGEST {
            line.push('…');
            break;
        }
        match character {
            // The separators of lines and paragraphs, and what turns the direction of text.
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                line.extend(character.escape_unicode());
            }
            control if control.is_control() => line.extend(control.escape_default()),
            other => line.push(other),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_line_or_steers_a_terminal() {
        assert_eq!(one_line("a\r\nb\t\u{1b}[31m\u{85}"), "a\\r\\nb\\t\\u{1b}[31m\\u{85}");
        assert_eq!(one_line("\u{2028}é\u{202e}日"), "\\u{2028}é\\u{202e}日");
        assert!(one_line(&"x".repeat(100_000)).len() < LONGEST + 9);
    }
}
