//! The outbox: sends the visitor's messages one at a time, and keeps each until it is known to be in the
//! room.
//!
//! ```text
//! Waiting → Sending → Delivered → shown among the others
//!    ↑         ├→ Waiting (not now, or no answer: it keeps its place, and is sent again)
//!    ├─────────┴→ Failed (it would be refused again) → Waiting again, or taken back
//!    └ Offered (kept from long ago, or another's) → Waiting again, or taken back
//! ```
//!
//! What waits is kept for as long as the tab is there. Only an answer under its key says that a message was
//! taken: another may have said the same under the same name.

use form_urlencoded::parse;
use percent_encoding::utf8_percent_encode;
use wire::{
    chat::{Message, Posted, answer::Unsent},
    percent::UNRESERVED,
};

use super::pace::Pace;

/// After so long, in microseconds, a message is not sent by itself any more: 20 hours. The server knows
/// its key for 24.
const LONGEST_KEPT: i64 = 20 * 3_600_000_000;

/// A message that the visitor has said and that was not heard yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Tells it from others, here and on the server: sent twice it is one message.
    pub key: String,
    /// What is said.
    pub message: Message,
    /// Who has said it, and when.
    pub stamp: Stamp,
    /// It may be in the log although no answer has said so: an answer may be lost, and a log that has
    /// failed may have kept it.
    pub tried: bool,
    /// Its like has come to the room since: it is not shown twice until an answer tells whether that is it.
    pub heard: bool,
    /// How far it has come.
    pub state: State,
}

/// An identity, empty where there is none, and an instant on the visitor's clock, in microseconds since
/// the Unix epoch.
pub type Stamp = (String, i64);

impl Outgoing {
    fn new(key: String) -> Self {
        let (message, stamp) = (Message::default(), Stamp::default());
        Self { key, message, stamp, tried: false, heard: false, state: State::Waiting }
    }

    fn is_perhaps_there(&self) -> bool {
        !self.heard && (self.state == State::Sending || self.tried && self.state == State::Waiting)
    }

    /// It is known to be the event of this cursor.
    fn is_delivered_as(&self, id: &str) -> bool {
        matches!(&self.state, State::Delivered(cursor) if cursor == id)
    }
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for those before it, or for the server.
    Waiting,
    /// It is on its way.
    Sending,
    /// It is in the log, with this cursor.
    Delivered(String),
    /// It was not taken, and would not be if it were sent again.
    Failed(Unsent),
    /// It waits for the visitor: it is old, or another's.
    Offered,
}

/// What was said here and not heard yet, in order.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    all: Vec<Outgoing>,
    /// When the next may be sent.
    pub pace: Pace,
    stamp: Stamp,
}

impl Outbox {
    /// All of it.
    pub fn all(&self) -> &[Outgoing] {
        &self.all
    }

    /// Who the visitor is now, and when that is. What is another's or too old is offered. Returns
    /// whether something was.
    pub fn stamp(&mut self, stamp: Stamp) -> bool {
        self.stamp = stamp;
        let mut some = false;
        for one in &mut self.all {
            let (who, at) = &one.stamp;
            let old = (self.stamp.1 - at).abs() > LONGEST_KEPT;
            if one.state == State::Waiting && (old || *who != self.stamp.0) {
                one.state = State::Offered;
                some = true;
            }
        }
        some
    }

    /// The visitor says something.
    pub fn say(&mut self, key: String, message: Message) {
        self.all.push(Outgoing { message, stamp: self.stamp.clone(), ..Outgoing::new(key) });
    }

    /// The next message to be sent, which is on its way from here on: one at a time, in order.
    pub fn next(&mut self) -> Option<Outgoing> {
        let waits = |one: &&mut Outgoing| {
            !matches!(one.state, State::Delivered(_) | State::Failed(_) | State::Offered)
        };
        let next = self.all.iter_mut().find(waits).filter(|one| one.state == State::Waiting)?;
        next.state = State::Sending;
        Some(next.clone())
    }

    /// Sends again what has failed or is offered, or sooner what waits.
    pub fn retry(&mut self, key: &str) {
        if let Some(one) = self.all.iter_mut().find(|one| one.key == key) {
            (one.state, one.stamp) = (State::Waiting, self.stamp.clone());
        }
        self.pace.hurry();
    }

    /// Takes back what is not on its way.
    pub fn take_back(&mut self, key: &str) -> Option<Message> {
        let at = self.all.iter().position(|one| one.key == key)?;
        Some(self.all.remove(at).message)
    }

    /// What was not answered for, as it is kept.
    pub fn kept(&self) -> String {
        let mut written = String::new();
        for Outgoing { key, message, stamp: (who, at), state, .. } in &self.all {
            if !matches!(state, State::Delivered(_)) {
                let (at, Message { name, text }) = (at.to_string(), message);
                let fields =
                    [("key", key), ("who", who), ("at", &at), ("name", name), ("text", text)];
                for (field, value) in fields {
                    written += field;
                    written += "=";
                    written.extend(utf8_percent_encode(value, UNRESERVED));
                    written += "&";
                }
            }
        }
        written
    }

    /// Takes up what was kept, in the place of all that is not delivered: another page of this tab may
    /// have sent some of it. (What was taken up is not matched with
    /// what is heard until it was sent once: its like may be what was said before it. Only the answer
    /// under its key tells.)
    pub fn take_up(&mut self, kept: &str) {
        let delivered = |one: &&Outgoing| matches!(one.state, State::Delivered(_));
        let mut taken: Vec<Outgoing> = self.all.iter().filter(delivered).cloned().collect();
        for (field, value) in parse(kept.as_bytes()) {
            if field == "key" {
                let key = value.into_owned();
                let known = self.all.iter().find(|one| one.key == key);
                taken.push(known.cloned().unwrap_or_else(|| Outgoing::new(key)));
            } else if let Some(one) = taken.last_mut() {
                match &*field {
                    "who" => one.stamp.0 = value.into_owned(),
                    "at" => one.stamp.1 = value.parse().unwrap_or_default(),
                    "name" => one.message.name = value.into_owned(),
                    _ => one.message.text = value.into_owned(),
                }
            }
        }
        self.all = taken;
    }

    /// Sends what was on its way again: nobody hears about the answer any more.
    pub fn restart(&mut self) {
        for one in &mut self.all {
            if one.state == State::Sending {
                (one.state, one.tried) = (State::Waiting, true);
            }
        }
    }

    /// A message has come to the room. Returns whether it is, or may be, one of these.
    pub(super) fn hear(&mut self, said: &Posted) -> bool {
        // One that is known to be this stands for it, and no other that says the same.
        if self.all.iter().any(|one| one.is_delivered_as(&said.id)) {
            return true;
        }
        let like = |one: &&mut Outgoing| one.is_perhaps_there() && one.message == said.message;
        let like = self.all.iter_mut().find(like);
        like.map(|one| one.heard = true).is_some()
    }

    /// A message is shown: one that is known to be this is shown here no longer. Returns whether there
    /// was one.
    pub(super) fn show(&mut self, id: &str) -> bool {
        let at = self.all.iter().position(|one| one.is_delivered_as(id));
        at.map(|at| self.all.remove(at)).is_some()
    }

    /// The server has answered for a message.
    pub(super) fn answered(&mut self, key: &str, answer: Result<String, Unsent>) {
        let Some(at) = self.all.iter().position(|one| one.key == key) else { return };
        let one = &mut self.all[at];
        match answer {
            // Nobody else has the key: it was taken before, and only its answer was lost.
            Err(Unsent::OtherText) => drop(self.all.remove(at)),
            Err(why) if why.may_pass() => {
                one.tried |= why != Unsent::TooFast;
                one.state = State::Waiting;
            }
            answer => {
                one.heard = false;
                one.state = answer.map_or_else(State::Failed, State::Delivered);
            }
        }
    }

    /// Lets go of what was delivered, and is `gone`: from the room, or from what is on its way.
    pub(super) fn forget(&mut self, mut gone: impl FnMut(&String) -> bool) {
        self.all.retain(|one| !matches!(&one.state, State::Delivered(id) if gone(id)));
    }
}

#[cfg(test)]
mod tests;
