//! The rows of a conversation: its entries go in, rows by day and author come out.

use std::sync::Arc;

use super::{
    conversation::{Conversation, Entry},
    outbox::{Outgoing, State},
};
use crate::{chat::Posted, text::text, tick::Tick, writing::Writing};

/// After so long, in milliseconds, the same author's next message says anew whose it is.
const PAUSE: i64 = 5 * 60 * 1000;

/// Every zone's midnight is at a multiple of this, in milliseconds.
const QUARTER: i64 = 15 * 60 * 1000;

/// A row, with its key: what it says, and beside whom it stands.
#[derive(Clone, Debug)]
pub struct Row {
    /// Changes with everything that the row shows.
    pub key: String,
    /// What it says.
    pub kind: Kind,
}

/// What a row says.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Another day begins.
    Day(Tick),
    /// A message.
    Said {
        /// The message.
        posted: Arc<Posted>,
        /// This page has sent it.
        mine: bool,
        /// It says whose it is.
        first: bool,
    },
    /// A message on its way.
    Outgoing(Outgoing),
    /// Something beside the messages.
    Notice(&'static str),
}

/// The rows of a conversation, grouped by day and author.
pub fn rows(conversation: &Conversation, writing: &Writing) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<(Tick, &str)> = None;
    for entry in conversation.entries() {
        let (said, mine) = match entry {
            Entry::Said(said, mine) => (said, *mine),
            Entry::Gap(number) | Entry::Purged(number, _) => {
                let gap = matches!(entry, Entry::Gap(_));
                let words = if gap { text().chat.gap } else { text().chat.purged };
                rows.push(Row { key: format!("{number}"), kind: Kind::Notice(words) });
                before = None;
                continue;
            }
        };
        let at = said.at.parse().unwrap_or(Tick::MIN);
        let (id, name) = (&said.id, &*said.message.name);
        let day = |tick| (writing.date)(tick);
        let same = |earlier: Tick| {
            at.millis().div_euclid(QUARTER) == earlier.millis().div_euclid(QUARTER)
                || day(at) == day(earlier)
        };
        if !before.is_some_and(|(earlier, _)| same(earlier)) {
            rows.push(Row { key: format!("{id} {}", day(at)), kind: Kind::Day(at) });
            before = None;
        }
        let first = before.is_none_or(|(earlier, author)| {
            author != name || at.millis() - earlier.millis() > PAUSE
        });
        let kind = Kind::Said { posted: said.clone(), mine, first };
        rows.push(Row { key: format!("{id} {first} {mine}"), kind });
        before = Some((at, name));
    }
    rows.extend(conversation.outbox.all().iter().filter_map(outgoing));
    rows
}

/// A message on its way, unless it stands above already.
fn outgoing(one: &Outgoing) -> Option<Row> {
    let state = match one.state {
        State::Waiting => u8::from(one.tried),
        State::Sending => 2,
        State::Heard(_) => return None,
        State::Delivered(_) => 3,
        State::Failed(_) => 4,
        State::Offered => 5,
    };
    Some(Row { key: format!("{} {state}", one.key), kind: Kind::Outgoing(one.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Here, Message, Room};

    fn grouped(said: &[(&str, &str)]) -> Vec<&'static str> {
        let posted = |(number, (name, at)): (usize, &(&str, &str))| Posted {
            id: format!("E-{number}"),
            at: format!("2026-11-{at}.000Z"),
            message: Message { name: (*name).into(), text: String::new() },
        };
        let conversation = Conversation::new(Room {
            room: String::new(),
            messages: said.iter().enumerate().map(posted).collect(),
            older: None,
            newer: false,
            here: Here::default(),
            me: String::new(),
            key: String::new(),
            draft: String::new(),
            unsent: None,
        });
        let rows = rows(&conversation, &Writing::plain());
        let keys: std::collections::HashSet<_> = rows.iter().map(|row| &row.key).collect();
        assert_eq!(keys.len(), rows.len());
        let kind = |row: &Row| match row.kind {
            Kind::Day(_) => "day",
            Kind::Said { first: true, .. } => "first",
            Kind::Said { .. } => "more",
            Kind::Notice(_) | Kind::Outgoing(_) => "other",
        };
        rows.iter().map(kind).collect()
    }

    #[test]
    fn messages_are_grouped_by_day_and_author() {
        let said = [
            ("Ada", "22T23:50:00"),
            ("Ada", "22T23:54:59"),
            ("Bob", "22T23:55:00"),
            ("Ada", "22T23:55:01"),
            ("Ada", "23T00:00:00"),
            ("Ada", "23T00:05:00"),
            ("Ada", "23T00:10:01"),
        ];
        let expected = ["day", "first", "more", "first", "first", "day", "first", "more", "first"];
        assert_eq!(grouped(&said), expected);
    }
}
