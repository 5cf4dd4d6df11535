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

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is on its way, or waits for those before it.
    Sending,
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
    /// The last of those that were heard.
    missed: Option<String>,
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
        self.entries = room.messages.into_iter().map(|said| self.entry(said)).collect();
        (self.older, self.ahead) = (room.older, room.newer);
        self.close_up();
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

    /// A message has come. `back` says that the visitor reads further back: then it is shown only
    /// while there is room. Returns whether another has said it.
    pub fn hear(&mut self, said: Posted, back: bool) -> bool {
        let id = said.id.clone();
        let entry = self.entry(said);
        let others = matches!(entry, Entry::Said(_, false));
        self.add(entry, back);
        if self.ahead {
            self.missed = Some(id);
        }
        others
    }

    /// Messages are missing here.
    pub fn gap(&mut self, back: bool) {
        self.notices += 1;
        self.add(Entry::Gap(self.notices), back);
    }

    /// All messages so far were removed.
    pub fn purge(&mut self) {
        let outbox = std::mem::take(&mut self.outbox);
        *self = Self { notices: self.notices + 1, ..Self::default() };
        // Those that are on their way come later.
        self.outbox = outbox;
        self.outbox.retain(|one| !matches!(one.state, State::Delivered(_)));
        self.entries.push(Entry::Purged(self.notices));
    }

    /// Older messages have come, oldest first, and what to ask for next.
    pub fn prepend(&mut self, older: Vec<Posted>, next: Option<String>) {
        let older: Vec<_> = older.into_iter().map(|said| self.entry(said)).collect();
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

    /// Newer messages have come, oldest first; `more` says that they are not all.
    pub fn append(&mut self, newer: Vec<Posted>, more: bool) {
        let newer: Vec<_> = newer.into_iter().map(|said| self.entry(said)).collect();
        self.entries.extend(newer);
        self.ahead = more;
        self.close_up();
    }

    /// The visitor says something.
    pub fn say(&mut self, key: String, message: Message) {
        self.outbox.push(Outgoing { key, message, state: State::Sending });
    }

    /// The next message to be sent: one at a time, in order.
    pub fn to_send(&self) -> Option<&Outgoing> {
        self.outbox.iter().find(|one| one.state == State::Sending)
    }

    /// The server has answered for a message. It may have been heard before.
    pub fn answered(&mut self, key: &str, answer: Result<String, Unsent>) {
        let Some(at) = self.outbox.iter().position(|one| one.key == key) else { return };
        match answer {
            Err(why) => self.outbox[at].state = State::Failed(why),
            Ok(cursor) => {
                let shown = self.entries.iter_mut().rev().find(|entry| id(entry) == Some(&cursor));
                if let Some(Entry::Said(_, mine)) = shown {
                    *mine = true;
                    self.outbox.remove(at);
                } else {
                    self.outbox[at].state = State::Delivered(cursor);
                }
            }
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
                one.state = State::Sending;
            }
        }
    }

    /// Takes back what has failed.
    pub fn take_back(&mut self, key: &str) -> Option<Message> {
        let at = self.outbox.iter().position(|one| one.key == key)?;
        Some(self.outbox.remove(at).message)
    }

    /// A message as it is shown. One that waits to be heard waits no longer.
    fn entry(&mut self, said: Posted) -> Entry {
        let ours = self.outbox.iter().position(|one| match &one.state {
            State::Delivered(cursor) => *cursor == said.id,
            // Heard before the answer came, or although none ever will.
            State::Sending | State::Failed(Unsent::Unreached) => one.message == said.message,
            State::Failed(_) => false,
        });
        if let Some(at) = ours {
            self.outbox.remove(at);
        }
        Entry::Said(Arc::new(said), ours.is_some())
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

    /// Whether the end is shown again: the last message that was heard has to be there.
    fn close_up(&mut self) {
        let missed = self
            .missed
            .take_if(|missed| self.entries.iter().rev().any(|it| id(it) == Some(missed)));
        self.ahead |= missed.is_none() && self.missed.is_some();
    }
}

fn id(entry: &Entry) -> Option<&String> {
    match entry {
        Entry::Said(said, _) => Some(&said.id),
        Entry::Gap(_) | Entry::Purged(_) => None,
    }
}

#[cfg(test)]
mod tests;
