//! What the visitor says: messages go in, one at a time goes out, and each is kept until it is known to
//! be in the room.
//!
//! ```text
//! Waiting → Sending → Delivered → shown among the others
//!              ├→ Heard (its like is in the room) → shown, once the answer has come or is lost
//!              └→ Failed → Waiting again, or taken back
//! ```

use crate::chat::{Message, Posted, Unsent};

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
    /// It may be in the log although no answer has said so: an answer may be lost, and a log that has
    /// failed may have kept it.
    fn is_perhaps_there(&self) -> bool {
        matches!(
            self.state,
            State::Sending | State::Failed(Unsent::Unreached | Unsent::Unavailable)
        )
    }

    /// It is known to be the event of this cursor.
    fn is_delivered_as(&self, id: &str) -> bool {
        matches!(&self.state, State::Delivered(cursor) if cursor == id)
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

/// What was said here and not heard yet, in order.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Vec<Outgoing>);

impl Outbox {
    /// All of it.
    pub fn all(&self) -> &[Outgoing] {
        &self.0
    }

    /// The visitor says something.
    pub fn say(&mut self, key: String, message: Message) {
        self.0.push(Outgoing { key, message, state: State::Waiting });
    }

    /// The next message to be sent, which is on its way from here on: one at a time, in order. What did
    /// not reach the server is waited for.
    pub fn next(&mut self) -> Option<Outgoing> {
        let waits = |one: &&mut Outgoing| match one.state {
            State::Delivered(_) => false,
            State::Failed(why) => why == Unsent::Unreached,
            _ => true,
        };
        let next = self.0.iter_mut().find(waits).filter(|one| one.state == State::Waiting)?;
        next.state = State::Sending;
        Some(next.clone())
    }

    /// What waits to be sent, or has not reached the server, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        let waits =
            |state: &State| matches!(state, State::Waiting | State::Failed(Unsent::Unreached));
        self.0.iter().filter(move |one| waits(&one.state))
    }

    /// Sends again what has failed: one message, or all that did not reach the server.
    pub fn retry(&mut self, key: Option<&str>) {
        for one in &mut self.0 {
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
        let at = self.0.iter().position(|one| one.key == key)?;
        Some(self.0.remove(at).message)
    }

    /// A message has come to the room. Returns whether it is, or may be, one of these.
    pub(super) fn hear(&mut self, said: &Posted) -> bool {
        // One that is known to be this stands for it, and no other that says the same.
        if self.0.iter().any(|one| one.is_delivered_as(&said.id)) {
            return true;
        }
        let like = |one: &&mut Outgoing| one.is_perhaps_there() && one.message == said.message;
        let Some(one) = self.0.iter_mut().find(like) else { return false };
        one.state = match one.state {
            // No answer will come: its like stands in the room.
            State::Failed(_) => State::Delivered(said.id.clone()),
            _ => State::Heard(said.id.clone()),
        };
        true
    }

    /// A message is shown: one that is known to be this is shown here no longer. Returns whether there
    /// was one.
    pub(super) fn show(&mut self, id: &str) -> bool {
        let at = self.0.iter().position(|one| one.is_delivered_as(id));
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// The server has answered for a message. Returns the cursor of its event, where `heard` says that it
    /// was heard before.
    pub(super) fn answered(
        &mut self,
        key: &str,
        answer: Result<String, Unsent>,
        heard: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        let at = self.0.iter().position(|one| one.key == key)?;
        let answer = match (answer, &self.0[at].state) {
            // Its like was heard meanwhile: whoever reads the room reads what was said.
            (Err(Unsent::Unreached | Unsent::Unavailable), State::Heard(cursor)) => {
                Ok(cursor.clone())
            }
            (answer, _) => answer,
        };
        match answer {
            Ok(cursor) if heard(&cursor) => {
                self.0.remove(at);
                return Some(cursor);
            }
            Ok(cursor) => self.0[at].state = State::Delivered(cursor),
            Err(why) => self.0[at].state = State::Failed(why),
        }
        None
    }

    /// Lets go of what was delivered, and is `gone` from the room.
    pub(super) fn forget(&mut self, gone: impl Fn(&str) -> bool) {
        self.0.retain(|one| !matches!(&one.state, State::Delivered(id) if gone(id)));
    }
}
