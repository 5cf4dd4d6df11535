//! The data of the events of a room's topics: what is said in the chat, and who is there.

pub mod answer;
mod joined;
pub mod page_data;
pub mod room;
pub mod typed;
pub mod visible;

use serde::{Deserialize, Serialize};

use self::visible::is_name;
use crate::read::{FromJson, Source, read_fields};

/// The longest text of a message, in bytes of UTF-8.
pub const LONGEST_TEXT: usize = 4096;

/// How many names of people in a room a list of rooms shows.
pub const FEW_NAMES: usize = 3;

/// How much of a text a list of rooms shows, in characters.
const LONGEST_LINE: usize = 120;

/// How much of a text is shown, in bytes: a publisher may send more than a page can hold.
const LONGEST_SHOWN: usize = 16 * 1024;

/// A message: the data of an event, as JSON. Anything else published to a room's topic is the text of a
/// sender without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sender's self-chosen name; empty if there is none.
    #[serde(default)]
    pub name: String,
    /// What is said.
    pub text: String,
}

/// A message that is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The cursor of its event.
    pub id: String,
    /// When it was published, as RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// What was said.
    pub message: Message,
    /// The [mark](room::mark_in) of the browser that has said it, in this room; empty where it was published
    /// with a token.
    pub mark: String,
}

/// Who is in a room: the data of the events of its state topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPresence {
    /// How many browsers.
    pub count: u32,
    /// The names of those who gave one, by name, at most 100.
    pub names: Vec<String>,
    /// How many browsers have each of these names; left out where no name is there twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<u32>,
}

/// A name may be missing.
impl FromJson for Message {
    fn from_json<S: Source>(source: &S) -> Option<Self> {
        let name: Option<String> = FromJson::from_json(&source.field("name"))?;
        Some(Self { name: name.unwrap_or_default(), text: source.field("text").text()? })
    }
}

read_fields!(Posted { id, at, message, mark });
read_fields!(RoomPresence { count, names, times });

impl RoomPresence {
    /// The same with one name more than a list of rooms shows, if there are that many.
    #[must_use]
    pub fn few(mut self) -> Self {
        self.names.truncate(FEW_NAMES + 1);
        self.times.truncate(FEW_NAMES + 1);
        self
    }
}

impl Message {
    /// What an event's data says, with what was read of it as JSON: a name that is not one is left out, and
    /// a text that no page could bear is cut.
    #[must_use]
    pub fn of(data: &str, read: Option<Self>) -> Self {
        let said = read.unwrap_or_else(|| Self { name: String::new(), text: data.to_owned() });
        let Self { name, mut text } = said;
        if text.len() > LONGEST_SHOWN {
            text.truncate(text.floor_char_boundary(LONGEST_SHOWN));
            text.push('…');
        }
        Self { name: if is_name(&name) { name } else { String::new() }, text }
    }

    /// The same in one line, as a list of rooms shows it.
    #[must_use]
    pub fn in_a_line(self) -> Self {
        let mut characters = self.text.chars();
        let line = characters.by_ref().take(LONGEST_LINE);
        let mut text: String = line.map(|one| if one.is_control() { ' ' } else { one }).collect();
        if characters.next().is_some() {
            text.push('…');
        }
        Self { text, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_otherwise_is_the_text_of_nobody() {
        let of = |read: Option<(&str, &str)>| {
            let read = read.map(|(name, text)| Message { name: name.into(), text: text.into() });
            let Message { name, text } = Message::of("as it is", read);
            (name, text)
        };
        assert_eq!(of(None), (String::new(), "as it is".into()));
        let long = "时".repeat(LONGEST_SHOWN);
        let (_, cut) = of(Some(("Ada", &long)));
        assert_eq!(cut.chars().count(), LONGEST_SHOWN / 3 + 1);
        assert_eq!(of(Some(("Ada", "hello"))), ("Ada".into(), "hello".into()));
        assert_eq!(of(Some(("A\u{202e}da", "hello"))), (String::new(), "hello".into()));
    }

    #[test]
    fn a_list_shows_a_message_in_one_line() {
        let line = |text: &str| Message { name: "Ada".into(), text: text.into() }.in_a_line().text;
        assert_eq!(line("a\nb\tc"), "a b c");
        let full = "时".repeat(LONGEST_LINE);
        assert_eq!(line(&full), full);
        assert_eq!(line(&(full.clone() + "a")), full + "…");
    }
}
