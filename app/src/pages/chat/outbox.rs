//! What the visitor says: messages go in, one at a time goes out, and each is kept until it is known to
//! be in the room.
//!
//! ```text
//! Waiting → Sending → Delivered → shown among the others
//!    ↑         ├→ Heard (its like is in the room) → shown, once the answer has come or is lost
//!    ├─────────┤ (not now: it keeps its place, and is sent again)
//!    │         └→ Failed (it would be refused again) → Waiting again, or taken back
//!    └ Offered (kept from long ago, or another's) → Waiting again, or taken back
//! ```
//!
//! What waits is kept for as long as the tab is there, under the same keys.

use form_urlencoded::{Serializer, parse};

use super::pace::Pace;
use crate::chat::{Message, Posted, Unsent};

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
    /// How far it has come.
    pub state: State,
}

/// An identity, empty where there is none, and an instant on the visitor's clock, in microseconds since
/// the Unix epoch.
pub type Stamp = (String, i64);

impl Outgoing {
    fn is_perhaps_there(&self) -> bool {
        self.state == State::Sending || self.tried && self.state == State::Waiting
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
    /// It is on its way, and its like was heard, with this cursor: the answer tells whether that is it.
    Heard(String),
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
        let stamp = self.stamp.clone();
        self.all.push(Outgoing { key, message, stamp, tried: false, state: State::Waiting });
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
            one.state = State::Waiting;
            one.stamp = self.stamp.clone();
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
        let mut written = Serializer::new(String::new());
        for Outgoing { key, message, stamp: (who, at), state, .. } in &self.all {
            if !matches!(state, State::Delivered(_)) {
                let (at, Message { name, text }) = (at.to_string(), message);
                let fields = [("key", key), ("who", who), ("at", &at), ("name", name)];
                written.extend_pairs(fields).append_pair("text", text);
            }
        }
        written.finish()
    }

    /// Takes up what was kept, before what is said from now on. (Its like that is heard may be what was
    /// said before it and delivered: only the answer under its key tells.)
    pub fn take_up(&mut self, kept: &str) {
        let mut taken: Vec<Outgoing> = Vec::new();
        for (field, value) in parse(kept.as_bytes()) {
            if field == "key" {
                let (key, message, stamp) =
                    (value.into_owned(), Message::default(), Stamp::default());
                taken.push(Outgoing { key, message, stamp, tried: false, state: State::Waiting });
            } else if let Some(one) = taken.last_mut() {
                match &*field {
                    "who" => one.stamp.0 = value.into_owned(),
                    "at" => one.stamp.1 = value.parse().unwrap_or_default(),
                    "name" => one.message.name = value.into_owned(),
                    _ => one.message.text = value.into_owned(),
                }
            }
        }
        self.all.splice(0..0, taken);
    }

    /// Sends anew what was on its way: nobody hears of the answer any more.
    pub fn restart(&mut self) {
        for one in &mut self.all {
            if matches!(one.state, State::Sending | State::Heard(_)) {
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
        let Some(one) = self.all.iter_mut().find(like) else { return false };
        one.state = match one.state {
            // Its answer was lost: its like stands in the room.
            State::Waiting => State::Delivered(said.id.clone()),
            _ => State::Heard(said.id.clone()),
        };
        true
    }

    /// A message is shown: one that is known to be this is shown here no longer. Returns whether there
    /// was one.
    pub(super) fn show(&mut self, id: &str) -> bool {
        let at = self.all.iter().position(|one| one.is_delivered_as(id));
        at.map(|at| self.all.remove(at)).is_some()
    }

    /// The server has answered for a message. Returns the cursor of its event, where `heard` says that it
    /// was heard before.
    pub(super) fn answered(
        &mut self,
        key: &str,
        answer: Result<String, Unsent>,
        heard: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        let at = self.all.iter().position(|one| one.key == key)?;
        let one = &mut self.all[at];
        let lost = matches!(answer, Err(Unsent::Unreached | Unsent::Unavailable));
        let answer = match (answer, &one.state) {
            // Its like was heard meanwhile: whoever reads the room reads what was said.
            (Err(_), State::Heard(cursor)) if lost => Ok(cursor.clone()),
            (answer, _) => answer,
        };
        match answer {
            Ok(cursor) if heard(&cursor) => {
                self.all.remove(at);
                return Some(cursor);
            }
            Ok(cursor) => one.state = State::Delivered(cursor),
            // Nobody else has the key: it was taken before, and only its answer was lost.
            Err(Unsent::OtherText) => drop(self.all.remove(at)),
            Err(why) if why.may_pass() => {
                one.tried |= lost;
                one.state = State::Waiting;
            }
            Err(why) => one.state = State::Failed(why),
        }
        None
    }

    /// Lets go of what was delivered, and is `gone` from the room.
    pub(super) fn forget(&mut self, gone: impl Fn(&str) -> bool) {
        self.all.retain(|one| !matches!(&one.state, State::Delivered(id) if gone(id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message { name: "Ada & 王".into(), text: text.into() }
    }

    fn by(who: &str, at: i64) -> Stamp {
        (who.into(), at)
    }

    fn states(outbox: &Outbox) -> Vec<State> {
        outbox.all().iter().map(|one| one.state.clone()).collect()
    }

    /// What was said at the hour 0, kept and taken up.
    fn reloaded(texts: &[&str]) -> Outbox {
        let mut before = Outbox::default();
        before.stamp(by("Ada", 0));
        for (number, text) in texts.iter().enumerate() {
            before.say(format!("k{number}"), message(text));
        }
        let mut outbox = Outbox::default();
        outbox.take_up(&before.kept());
        outbox
    }

    #[test]
    fn what_waits_is_taken_up_with_its_keys_and_in_order() {
        let texts = ["one", "a=b&key=c\n+%00", "\u{2028}三\n"];
        let mut outbox = reloaded(&texts);
        outbox.say("k3".into(), message("said at once"));
        let there = |one: &Outgoing| (one.key.clone(), one.message.text.clone());
        let all: Vec<_> = outbox.all().iter().map(there).collect();
        let texts = texts.iter().chain(&["said at once"]).enumerate();
        assert_eq!(
            all,
            texts.map(|(at, text)| (format!("k{at}"), (*text).into())).collect::<Vec<_>>()
        );
        assert_eq!(outbox.all()[0].message, message("one"));
        for nonsense in ["", "text=a", "%ff&&=", "key"] {
            outbox.take_up(nonsense);
        }
        assert_eq!(outbox.all().len(), 5);
    }

    #[test]
    fn what_is_delivered_is_not_kept_and_what_is_not_is() {
        let mut outbox = Outbox::default();
        for key in ["a", "b", "c"] {
            outbox.say(key.into(), message(key));
        }
        outbox.next();
        outbox.answered("a", Ok("E-1".into()), |_| false);
        outbox.next();
        outbox.answered("b", Err(Unsent::Closed), |_| false);
        outbox.next();
        let mut after = Outbox::default();
        after.take_up(&outbox.kept());
        assert_eq!(after.all().iter().map(|one| &*one.key).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn what_is_old_or_anothers_is_offered_and_not_sent() {
        const HOUR: i64 = 3_600_000_000;
        for (stamp, state) in [
            (by("Ada", 20 * HOUR), State::Waiting),
            (by("Ada", 20 * HOUR + 1), State::Offered),
            // A clock that was set.
            (by("Ada", -30 * HOUR), State::Offered),
            (by("Bob", HOUR), State::Offered),
            (by("", HOUR), State::Offered),
        ] {
            let mut outbox = reloaded(&["one"]);
            assert_eq!(outbox.stamp(stamp.clone()), state == State::Offered);
            assert_eq!(states(&outbox), std::slice::from_ref(&state), "{stamp:?}");
            assert_eq!(outbox.next().is_some(), state == State::Waiting);
            // It bars nobody's way, and goes when the visitor says so.
            outbox.say("k9".into(), message("now"));
            outbox.answered("k0", Ok("E-1".into()), |_| false);
            assert_eq!(outbox.next().unwrap().key, "k9");
        }
        let mut outbox = reloaded(&["one"]);
        outbox.stamp(by("Bob", HOUR));
        outbox.retry("k0");
        outbox.stamp(by("Bob", 2 * HOUR));
        assert_eq!(outbox.next().unwrap().key, "k0");
    }

    #[test]
    fn what_cannot_be_taken_now_keeps_its_place_and_what_never_can_bars_no_way() {
        for (why, next) in [
            (Unsent::TooFast, "a"),
            (Unsent::Unavailable, "a"),
            (Unsent::Unreached, "a"),
            (Unsent::BadText, "b"),
            (Unsent::Closed, "b"),
            (Unsent::Elsewhere, "b"),
            (Unsent::Refused, "b"),
            (Unsent::OtherText, "b"),
        ] {
            let mut outbox = Outbox::default();
            for key in ["a", "b"] {
                outbox.say(key.into(), message(key));
            }
            outbox.next();
            outbox.answered("a", Err(why), |_| false);
            assert_eq!(outbox.next().unwrap().key, next, "{why:?}");
        }
    }

    #[test]
    fn a_key_that_was_used_for_what_was_tried_before_says_that_it_is_there() {
        let mut outbox = reloaded(&["one"]);
        outbox.stamp(by("Ada", 0));
        outbox.next();
        outbox.answered("k0", Err(Unsent::OtherText), |_| false);
        assert_eq!(outbox.all(), []);
    }

    #[test]
    fn a_tab_that_was_duplicated_shows_what_its_twin_has_sent_once() {
        let mut twin = reloaded(&["one", "one"]);
        twin.stamp(by("Ada", 0));
        let heard = Posted { id: "E-1".into(), at: String::new(), message: message("one") };
        // It may be either, or what was said before.
        assert!(!twin.hear(&heard));
        assert_eq!(twin.next().unwrap().key, "k0");
        let id = twin.answered("k0", Ok("E-1".into()), |id| id == "E-1");
        assert_eq!(id.as_deref(), Some("E-1"));
        assert_eq!(twin.next().unwrap().key, "k1");
    }
}
