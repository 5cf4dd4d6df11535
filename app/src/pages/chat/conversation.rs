//! A conversation: the part of a room that the page shows, of what it was rendered with, hears and says itself,
//! never more than a page can bear.

use std::{cmp::Ordering, sync::Arc};

use wire::{
    chat::{Posted, answer::Unsent, page_data::Room},
    cursor::{Cursor, Span, Spans},
};

use super::outbox::Outbox;

/// This many messages are shown, and those that were read last. Older ones, or newer ones while the
/// visitor reads back, are read again when they are wanted.
pub const SHOWN: usize = 200;

/// Something in a conversation. A cheap handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A message, and whether this page has sent it.
    Said(Arc<Posted>, bool),
    /// Messages are missing here.
    Gap(u32),
    /// Earlier messages were removed, which is what happened at this place in the log.
    Purged(u32, String),
}

/// What a page shows of a room.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// Oldest first.
    entries: Vec<Entry>,
    /// What to ask for as `before` to read on backwards.
    older: Option<String>,
    /// There are newer messages that are not shown.
    ahead: bool,
    /// The place in the log of the last message that was heard or shown.
    reached: Option<Cursor>,
    /// The epochs of the log, as far as they are known.
    spans: Spans,
    /// The messages that were removed last: one may still be on its way.
    removed: Vec<String>,
    /// The first message that came while the visitor was elsewhere; empty where there is none.
    pub unread: String,
    /// What was said here and not heard yet.
    pub outbox: Outbox,
    notices: u32,
}

impl Conversation {
    /// What a page was rendered with.
    pub fn new(room: Room) -> Self {
        let mut conversation = Self::default();
        conversation.renew(room);
        conversation
    }

    /// Shows what the room's page is rendered with now, instead of what was shown.
    pub fn renew(&mut self, room: Room) {
        self.entries = self.known(room.messages);
        self.older = room.older;
        self.end(room.newer || self.lags());
    }

    /// What is shown, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What to ask for as `before`; `None` where the beginning is shown.
    pub fn older(&self) -> Option<&String> {
        self.older.as_ref()
    }

    /// The last message that is shown, where newer ones are not.
    pub fn newer(&self) -> Option<&String> {
        self.newest().filter(|_| self.ahead)
    }

    /// The newest message that is shown.
    pub fn newest(&self) -> Option<&String> {
        self.entries.iter().rev().find_map(id)
    }

    /// Whether there are newer messages that are not shown.
    pub fn is_ahead(&self) -> bool {
        self.ahead
    }

    /// How often what was shown has been removed, or was found to lack something.
    pub fn notices(&self) -> u32 {
        self.notices
    }

    /// More is known of the epochs that the log has had.
    pub fn learn(&mut self, spans: &[Span]) {
        self.spans.learn(spans);
        self.settle();
    }

    /// A message has come. `back` says that the visitor reads further back: then it is shown only
    /// while there is room. Returns whether it is news, and another has said it.
    pub fn hear(&mut self, said: Posted, back: bool) -> bool {
        let place = Cursor::parse(&said.id);
        if place.as_ref().is_some_and(|place| self.has_reached(place)) {
            // The history was ahead of the stream.
            return false;
        }
        self.reached = place.or(self.reached.take());
        let ours = self.outbox.hear(&said);
        for entry in self.known(vec![said]) {
            self.add(entry, back);
        }
        self.settle();
        !ours
    }

    /// Messages are missing here.
    pub fn gap(&mut self, back: bool) {
        let gap = self.missing();
        self.add(gap, back);
    }

    /// All messages before a place were removed.
    pub fn purge(&mut self, notice: &str) {
        let Some(place) = Cursor::parse(notice) else { return };
        // What was read may be ahead of the notice.
        let later = |id: &str| {
            let order = Cursor::parse(id).and_then(|one| self.spans.compare(&one, &place));
            order == Some(Ordering::Greater)
        };
        self.entries.retain(|entry| id(entry).is_some_and(|id| later(id)));
        self.outbox.forget(|id| !later(id));
        self.ahead &= !self.entries.is_empty();
        self.older = None;
        self.notices += 1;
        self.entries.insert(0, Entry::Purged(self.notices, notice.to_owned()));
        if !self.has_reached(&place) {
            self.reached = Some(place);
        }
        self.ahead |= self.lags();
    }

    /// One message was removed.
    pub fn remove(&mut self, one: &str) {
        self.entries.retain(|entry| id(entry).is_none_or(|id| id != one));
        self.outbox.forget(|id| id == one);
        self.removed.push(one.to_owned());
        let many = self.removed.len().saturating_sub(SHOWN);
        self.removed.drain(..many);
    }

    /// Older messages have come, oldest first, which `asked` was asked for, and what to ask for next.
    /// Where something else would be asked for by now, they are of no use; nor where the log knows no
    /// such place (`gap`), because it is another.
    pub fn prepend(&mut self, asked: &str, older: Vec<Posted>, next: Option<String>, gap: bool) {
        if self.older.as_deref() != Some(asked) {
            return;
        }
        self.older = next.filter(|_| !gap);
        if !gap {
            let older = self.known(older);
            self.entries.splice(0..0, older);
        }
    }

    /// Lets go of the newest messages that are too many.
    pub fn trim_newest(&mut self) {
        if self.entries.len() > SHOWN {
            self.entries.truncate(SHOWN);
            self.ahead = true;
        }
    }

    /// The same of newer ones; `more` says that they are not all, and `gap` that some are missing
    /// before them.
    pub fn append(&mut self, asked: &str, newer: Vec<Posted>, more: bool, gap: bool) {
        if self.newer().is_none_or(|newer| newer != asked) {
            return;
        }
        if gap {
            let gap = self.missing();
            self.entries.push(gap);
        }
        // Where nothing came, there is nothing: what was heard since then has been removed.
        let some = !newer.is_empty();
        let newer = self.known(newer);
        self.entries.extend(newer);
        self.end(more || some && self.lags());
    }

    /// The server has answered for a message. It may have been heard before.
    pub fn answered(&mut self, key: &str, answer: Result<String, Unsent>) {
        self.outbox.answered(key, answer);
        self.settle();
    }

    /// What was delivered is shown as on its way no longer once it is among the messages, or known to have
    /// been: it may have been taken before the server was restarted, or the page loaded, and its answer lost.
    fn settle(&mut self) {
        let (entries, spans, reached) = (&mut self.entries, &self.spans, self.reached.as_ref());
        self.outbox.forget(|delivered| {
            let shown = entries.iter_mut().rev().find(|entry| id(entry) == Some(delivered));
            if let Some(Entry::Said(_, mine)) = shown {
                *mine = true;
                return true;
            }
            let both = reached.zip(Cursor::parse(delivered));
            both.is_some_and(|(reached, one)| spans.passes(reached, &one))
        });
    }

    /// Messages as they are shown. What was sent here, and is known to be one of them, is shown as on
    /// its way no longer.
    fn known(&mut self, said: Vec<Posted>) -> Vec<Entry> {
        let there = said.into_iter().filter(|said| !self.removed.contains(&said.id));
        let entry = |said: Posted| {
            let mine = self.outbox.show(&said.id);
            Entry::Said(Arc::new(said), mine)
        };
        there.map(entry).collect()
    }

    /// A notice that messages are missing.
    fn missing(&mut self) -> Entry {
        self.notices += 1;
        Entry::Gap(self.notices)
    }

    fn has_reached(&self, place: &Cursor) -> bool {
        self.reached.as_ref().is_some_and(|reached| self.spans.reaches(reached, place))
    }

    /// The place of the last message that is shown.
    fn last(&self) -> Option<Cursor> {
        self.newest().and_then(|id| Cursor::parse(id))
    }

    /// Whether something was heard of this log that comes after what is shown.
    fn lags(&self) -> bool {
        self.last().is_some_and(|last| self.has_reached(&last) && self.reached != Some(last))
    }

    /// The newest messages are shown, unless there are others `ahead`.
    fn end(&mut self, ahead: bool) {
        self.ahead = ahead;
        if let Some(last) = self.last().filter(|last| !self.has_reached(last)) {
            self.reached = Some(last);
        }
        self.settle();
    }

    fn add(&mut self, entry: Entry, back: bool) {
        if back && self.entries.len() >= SHOWN {
            self.ahead = true;
        }
        if !self.ahead {
            self.entries.push(entry);
            if !back {
                self.trim_oldest();
            }
        }
    }

    /// Lets go of the oldest messages that are too many.
    pub fn trim_oldest(&mut self) {
        let many = self.entries.len().saturating_sub(SHOWN);
        if many > 0 {
            self.entries.drain(..many);
            self.older = self.entries.iter().find_map(id).cloned();
        }
    }
}

fn id(entry: &Entry) -> Option<&String> {
    match entry {
        Entry::Said(said, _) => Some(&said.id),
        Entry::Purged(_, notice) => Some(notice),
        Entry::Gap(_) => None,
    }
}

#[cfg(test)]
mod tests;
