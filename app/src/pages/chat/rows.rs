//! Turns the entries of a conversation into rows, grouped by day and sender.

use std::sync::Arc;

use wire::{chat::Posted, tick::Tick};

use super::{
    conversation::{Conversation, Entry},
    outbox::{Outgoing, State},
};
use crate::{text::text, writing::Writing};

/// After this long, in milliseconds, the same sender's next message says again whose it is.
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
        /// This browser has.
        own: bool,
        /// It says whose it is.
        first: bool,
    },
    /// A message on its way.
    Outgoing(Outgoing),
    /// Something beside the messages.
    Notice(&'static str),
}

/// The rows of a conversation, grouped by day and sender: two browsers of one name are two, and so is one
/// browser with two names. `me`: the mark of the visitor's own.
pub fn rows(conversation: &Conversation, me: &str, writing: &Writing) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<(Tick, (&str, &str))> = None;
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
        let (id, sender) = (&said.id, (&*said.mark, &*said.message.name));
        let own = mine || !me.is_empty() && said.mark == me;
        let day = |tick| (writing.date)(tick);
        let same = |earlier: Tick| {
            at.millis().div_euclid(QUARTER) == earlier.millis().div_euclid(QUARTER)
                || day(at) == day(earlier)
        };
        if !before.is_some_and(|(earlier, _)| same(earlier)) {
            rows.push(Row { key: format!("{id} {}", day(at)), kind: Kind::Day(at) });
            before = None;
        }
        if *id == conversation.unread {
            rows.push(Row { key: format!("unread {id}"), kind: Kind::Notice(text().chat.unread) });
            before = None;
        }
        let first = before.is_none_or(|(earlier, other)| {
            other != sender || at.millis() - earlier.millis() > PAUSE
        });
        let kind = Kind::Said { posted: said.clone(), mine, own, first };
        rows.push(Row { key: format!("{id} {first} {mine}"), kind });
        before = Some((at, sender));
    }
    rows.extend(conversation.outbox.all().iter().filter_map(outgoing));
    rows
}

/// A message on its way, unless it stands above already.
fn outgoing(one: &Outgoing) -> Option<Row> {
    if one.heard {
        return None;
    }
    let state = match one.state {
        State::Waiting => u8::from(one.tried),
        State::Sending => 2,
        State::Delivered(_) => 3,
        State::Failed(_) => 4,
        State::Offered => 5,
    };
    Some(Row { key: format!("{} {state}", one.key), kind: Kind::Outgoing(one.clone()) })
}

#[cfg(test)]
mod tests {
    use wire::chat::{Message, RoomPresence, page_data::Room};

    use super::*;

    fn grouped(said: &[(&str, &str)]) -> Vec<&'static str> {
        let marked: Vec<_> = said.iter().map(|(name, at)| (*name, *at, "")).collect();
        let rows = rows_of(&marked);
        let kind = |row: &Row| match row.kind {
            Kind::Day(_) => "day",
            Kind::Said { first: true, .. } => "first",
            Kind::Said { .. } => "more",
            Kind::Notice(_) | Kind::Outgoing(_) => "other",
        };
        rows.iter().map(kind).collect()
    }

    /// The rows of messages by name, time and mark, where the visitor's own mark is "me".
    fn rows_of(said: &[(&str, &str, &str)]) -> Vec<Row> {
        let posted = |(number, (name, at, mark)): (usize, &(&str, &str, &str))| Posted {
            id: format!("E-{number}"),
            at: format!("2026-11-{at}.000Z"),
            message: Message { name: (*name).into(), text: String::new() },
            mark: (*mark).into(),
        };
        let conversation = Conversation::new(Room {
            room: String::new(),
            messages: said.iter().enumerate().map(posted).collect(),
            older: None,
            newer: false,
            presence: RoomPresence::default(),
            me: String::new(),
            mark: String::new(),
            key: String::new(),
            draft: String::new(),
            unsent: None,
        });
        let rows = rows(&conversation, "me", &Writing::plain());
        let keys: std::collections::HashSet<_> = rows.iter().map(|row| &row.key).collect();
        assert_eq!(keys.len(), rows.len());
        rows
    }

    #[test]
    fn two_browsers_of_one_name_are_two_senders_and_the_visitors_own_is_known() {
        let at = "22T23:50:00";
        let said = [
            ("Grace", at, "me"),
            ("Grace", at, "me"),
            ("Grace", at, "a"),
            ("Grace", at, ""),
            ("Grace", at, ""),
            ("Hopper", at, "a"),
            ("Grace", at, "a"),
        ];
        let said = rows_of(&said).into_iter().filter_map(|row| match row.kind {
            Kind::Said { first, own, .. } => Some((first, own)),
            _ => None,
        });
        let expected = [
            (true, true),
            (false, true),
            (true, false),
            (true, false),
            (false, false),
            (true, false),
            (true, false),
        ];
        assert_eq!(said.collect::<Vec<_>>(), expected);
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
