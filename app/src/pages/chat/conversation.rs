//! A conversation: what the page was born with, what it hears and what its visitor says go in; what is
//! shown of it comes out, never more than a page can bear.

use std::sync::Arc;

use crate::chat::{Message, Posted, Room, Unsent};

/// So many messages are shown, and those that were read last. Older ones, or newer ones while the
/// visitor reads back, are read again when they are wanted.
pub const SHOWN: usize = 200;

/// Something in a conversation. A cheap handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A message, and whether this page has sent it.
    Said(Arc<Posted>, bool),
    /// Messages are missing here.
    Gap(u32),
    /// Earlier messages were removed.
    Purged(u32),
}

/// A message that the visitor has said and that was not heard yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Tells it from others, here and on the server: sent twice it is one message.
    pub key: String,
    /// What is said.
    pub message: Message,
    /// How far it has come.
    pub state: State,
}

impl Outgoing {
    /// It may be in the log although no answer has said so.
    fn is_perhaps_there(&self) -> bool {
        matches!(self.state, State::Sending | State::Failed(Unsent::Unreached))
    }
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for those before it.
    Waiting,
    /// It is on its way.
    Sending,
    /// It is on its way, and its like was heard, with this cursor: the answer tells whether that is it.
    Heard(String),
    /// It is in the log, with this cursor.
    Delivered(String),
    /// It was not taken.
    Failed(Unsent),
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
    reached: u64,
    outbox: Vec<Outgoing>,
    notices: u32,
}

impl Conversation {
    /// What a page was born with.
    pub fn new(room: Room) -> Self {
        let mut conversation = Self::default();
        conversation.renew(room);
        conversation
    }

    /// Shows what the room's page is born with now, instead of what was shown.
    pub fn renew(&mut self, room: Room) {
        self.entries = room.messages.into_iter().map(|said| self.known(said)).collect();
        self.older = room.older;
        self.end(room.newer || self.last() < self.reached);
    }

    /// What is shown, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What was said here and not heard yet, in order.
    pub fn outbox(&self) -> &[Outgoing] {
        &self.outbox
    }

    /// What to ask for as `before`; `None` where the beginning is shown.
    pub fn older(&self) -> Option<&String> {
        self.older.as_ref()
    }

    /// The last message that is shown, where newer ones are not.
    pub fn newer(&self) -> Option<&String> {
        self.entries.iter().rev().filter(|_| self.ahead).find_map(id)
    }

    /// Whether there are newer messages that are not shown.
    pub fn is_ahead(&self) -> bool {
        self.ahead
    }

    /// How often what was shown has been removed, or was found to lack something.
    pub fn notices(&self) -> u32 {
        self.notices
    }

    /// A message has come. `back` says that the visitor reads further back: then it is shown only
    /// while there is room. Returns whether it is news, and another has said it.
    pub fn hear(&mut self, said: Posted, back: bool) -> bool {
        let place = sequence(&said.id);
        if place <= self.reached {
            // The history was ahead of the stream.
            return false;
        }
        self.reached = place;
        let like = self
            .outbox
            .iter_mut()
            .find(|one| one.is_perhaps_there() && one.message == said.message);
        let ours = like.is_some();
        if let Some(one) = like {
            one.state = match one.state {
                // No answer will come: its like stands in the room.
                State::Failed(_) => State::Delivered(said.id.clone()),
                _ => State::Heard(said.id.clone()),
            };
        }
        let entry = self.known(said);
        let others = matches!(entry, Entry::Said(_, false)) && !ours;
        self.add(entry, back);
        others
    }

    /// Messages are missing here. What comes next may be of another log.
    pub fn gap(&mut self, back: bool) {
        self.notices += 1;
        self.reached = 0;
        self.add(Entry::Gap(self.notices), back);
    }

    /// All messages so far were removed.
    pub fn purge(&mut self) {
        let (outbox, reached) = (std::mem::take(&mut self.outbox), self.reached);
        *self = Self { notices: self.notices + 1, reached, ..Self::default() };
        // Those that are on their way come later.
        self.outbox = outbox;
        self.outbox.retain(|one| !matches!(one.state, State::Delivered(_)));
        self.entries.push(Entry::Purged(self.notices));
    }

    /// Older messages have come, oldest first, which `asked` was asked for, and what to ask for next.
    /// Where something else would be asked for by now, they are of no use.
    pub fn prepend(&mut self, asked: &str, older: Vec<Posted>, next: Option<String>) {
        if self.older.as_deref() != Some(asked) {
            return;
        }
        let older: Vec<_> = older.into_iter().map(|said| self.known(said)).collect();
        self.entries.splice(0..0, older);
        self.older = next;
    }

    /// Lets go of the newest messages that are too many.
    pub fn trim_newest(&mut self) {
        if self.entries.len() > SHOWN {
            self.entries.truncate(SHOWN);
            self.ahead = true;
        }
    }

    /// The same of newer ones; `more` says that they are not all.
    pub fn append(&mut self, asked: &str, newer: Vec<Posted>, more: bool) {
        if self.newer().is_none_or(|newer| newer != asked) {
            return;
        }
        // Where nothing came, there is nothing: what was heard since then has been removed.
        let some = !newer.is_empty();
        let newer: Vec<_> = newer.into_iter().map(|said| self.known(said)).collect();
        self.entries.extend(newer);
        self.end(more || some && self.last() < self.reached);
    }

    /// The visitor says something.
    pub fn say(&mut self, key: String, message: Message) {
        self.outbox.push(Outgoing { key, message, state: State::Waiting });
    }

    /// The next message to be sent, which is on its way from here on: one at a time, in order. What did
    /// not reach the server is waited for.
    pub fn next(&mut self) -> Option<Outgoing> {
        let waits = |one: &&mut Outgoing| match one.state {
            State::Delivered(_) => false,
            State::Failed(why) => why == Unsent::Unreached,
            _ => true,
        };
        let next = self.outbox.iter_mut().find(waits).filter(|one| one.state == State::Waiting)?;
        next.state = State::Sending;
        Some(next.clone())
    }

    /// The server has answered for a message. It may have been heard before.
    pub fn answered(&mut self, key: &str, answer: Result<String, Unsent>) {
        let Some(at) = self.outbox.iter().position(|one| one.key == key) else { return };
        let answer = match (answer, &self.outbox[at].state) {
            // Its like was heard meanwhile: whoever reads the room reads what was said.
            (Err(Unsent::Unreached), State::Heard(cursor)) => Ok(cursor.clone()),
            (answer, _) => answer,
        };
        match answer {
            Err(why) => self.outbox[at].state = State::Failed(why),
            Ok(cursor) if sequence(&cursor) <= self.reached => {
                self.outbox.remove(at);
                // It may have been shown, and be gone by now.
                let shown = self.entries.iter_mut().rev().find(|entry| id(entry) == Some(&cursor));
                if let Some(Entry::Said(_, mine)) = shown {
                    *mine = true;
                }
            }
            Ok(cursor) => self.outbox[at].state = State::Delivered(cursor),
        }
    }

    /// Sends again what has failed: one message, or all that did not reach the server.
    pub fn retry(&mut self, key: Option<&str>) {
        for one in &mut self.outbox {
            let again = match key {
                Some(key) => one.key == key,
                None => one.state == State::Failed(Unsent::Unreached),
            };
            if again {
                one.state = State::Waiting;
            }
        }
    }

    /// Takes back what has failed.
    pub fn take_back(&mut self, key: &str) -> Option<Message> {
        let at = self.outbox.iter().position(|one| one.key == key)?;
        Some(self.outbox.remove(at).message)
    }

    /// A message as it is shown. One that was sent here, and is known to be this, is shown no longer.
    fn known(&mut self, said: Posted) -> Entry {
        let delivered = State::Delivered(said.id.clone());
        let at = self.outbox.iter().position(|one| one.state == delivered);
        if let Some(at) = at {
            self.outbox.remove(at);
        }
        Entry::Said(Arc::new(said), at.is_some())
    }

    /// The place of the last message that is shown.
    fn last(&self) -> u64 {
        self.entries.iter().rev().find_map(id).map_or(0, |id| sequence(id))
    }

    /// The newest messages are shown, unless there are others `ahead`.
    fn end(&mut self, ahead: bool) {
        self.ahead = ahead;
        self.reached = self.reached.max(self.last());
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
        Entry::Gap(_) | Entry::Purged(_) => None,
    }
}

/// The place in the log that a cursor names; 0 where it is none.
fn sequence(cursor: &str) -> u64 {
    cursor.rsplit('-').next().and_then(|sequence| sequence.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
