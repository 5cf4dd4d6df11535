//! Saying something: messages go in, and are sent one after the other, for as long as it takes; what
//! waits is kept with the tab.

use std::{cell::RefCell, mem};

use leptos::prelude::*;

use super::{Browser, FIELD, Visit};
use crate::{
    changing::effect,
    chat::{Message, Unsent},
    link::{Link, Mono},
    pages::chat::outbox::{Outbox, Outgoing},
    talk::{FORGOTTEN, Talk},
};

thread_local! {
    // The room where the visitor is: what waits there is sent by the visit, and by nobody else.
    static VISITED: RefCell<String> = RefCell::default();
}

/// Where what waits in a room is kept. No room has a slash in its name.
fn place(room: &str) -> String {
    room.to_owned() + "/outbox"
}

impl Visit {
    /// Takes up what was kept, and sends it, and what is said from now on.
    pub(super) fn begin_sending(self) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        // What is drawn first is what the server has drawn.
        effect(move || {
            let room = self.room.get_untracked();
            let kept = (talk.kept)(&place(&room)).unwrap_or_default();
            VISITED.set(room);
            if !kept.is_empty() {
                self.conversation.update(|it| it.outbox.take_up(&kept));
            }
            (talk.on)("online", Box::new(move || self.hurry()));
            (talk.on)(FORGOTTEN, Box::new(move || self.forget()));
            self.send();
        });
        let (link, pushes) = (self.feed.link, self.feed.pushes);
        effect(move || {
            pushes.track();
            if link.get() == Link::Live {
                self.hurry();
            }
        });
        on_cleanup(move || {
            VISITED.take();
            let mut outbox = Outbox::default();
            self.conversation.update_untracked(|it| outbox = mem::take(&mut it.outbox));
            outbox.restart();
            go_on(talk, self.room.get_untracked(), outbox);
        });
    }

    /// Says something.
    pub fn say(self, message: Message) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        self.conversation.update(|it| {
            it.outbox.stamp(stamp(talk));
            it.outbox.say((talk.key)(), message);
        });
        self.changed();
        self.to_end();
    }

    /// Sends again what has failed, whose button goes and leaves the keyboard to the field.
    pub fn retry(self, key: &str) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        (talk.focus)(FIELD);
        self.conversation.update(|it| {
            it.outbox.stamp(stamp(talk));
            it.outbox.retry(key);
        });
        self.keep_outbox();
        self.call_back();
    }

    /// Gives back what has failed, to be written anew.
    pub fn take_back(self, key: &str) {
        let mut message = None;
        self.conversation.update(|conversation| message = conversation.outbox.take_back(key));
        if let Some((message, Browser { talk, .. })) = message.zip(self.browser) {
            let text = message.text + "\n" + &(talk.field)(FIELD);
            self.fill(text.trim_end());
        }
        self.changed();
    }

    /// Somebody else is here now, or nobody: what was said before is not theirs.
    fn forget(self) {
        self.conversation.update(|it| it.outbox = Outbox::default());
        self.fill("");
    }

    /// Keeps what waits, and sends it.
    fn changed(self) {
        self.keep_outbox();
        self.send();
    }

    fn keep_outbox(self) {
        if let Some(Browser { talk, .. }) = self.browser {
            let kept = self.conversation.read_untracked().outbox.kept();
            (talk.keep)(&place(&self.room.read_untracked()), &kept);
        }
    }

    /// The server was heard, or the network is back: what did not reach the server is sent soon.
    pub(super) fn hurry(self) {
        let mut sooner = false;
        self.conversation.update_untracked(|it| sooner = it.outbox.pace.hear());
        if sooner {
            self.call_back();
        }
    }

    /// Sends what waits, now or when the next may be sent.
    fn call_back(self) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        let wait = self.conversation.read_untracked().outbox.pace.wait((talk.now)());
        if wait == 0 {
            return self.send();
        }
        let again = move || {
            if !self.is_over() {
                self.send();
            }
        };
        (talk.after)(wait, Box::new(again));
    }

    /// Sends what waits, one message after the other.
    pub(super) fn send(self) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        let mut next = None;
        self.conversation.maybe_update(|it| {
            let offered = it.outbox.stamp(stamp(talk));
            if it.outbox.pace.wait((talk.now)()) == 0 {
                next = it.outbox.next();
            }
            offered || next.is_some()
        });
        let Some(Outgoing { key, message, .. }) = next else { return };
        let ours = key.clone();
        let answered = move |answer: Answered| {
            if self.is_over() {
                return;
            }
            let mut news = None;
            self.conversation.update(|it| {
                news = paced(&mut it.outbox, talk, &answer);
                it.answered(&ours, answer.map_err(|(why, _)| why));
            });
            if let Some(why) = news {
                self.spoken.set((self.words.unsent)(why).to_owned());
            }
            self.keep_outbox();
            self.call_back();
        };
        (talk.say)(&self.room.read_untracked(), &key, &message, Box::new(answered));
    }
}

type Answered = Result<String, (Unsent, Option<Mono>)>;

fn stamp(talk: Talk) -> (String, i64) {
    ((talk.who)(), (talk.wall)())
}

/// Sets the pace by an answer. Returns what the visitor is to hear of: a refusal, or that what was said
/// has to wait.
fn paced(outbox: &mut Outbox, talk: Talk, answer: &Answered) -> Option<Unsent> {
    match *answer {
        Err((why, asked)) if why.may_pass() => {
            let first = outbox.pace.failed(why, asked, (talk.now)(), (talk.chance)());
            Some(why).filter(|why| first && *why != Unsent::TooFast)
        }
        ref answer => {
            outbox.pace.succeeded();
            answer.as_ref().err().map(|(why, _)| *why)
        }
    }
}

/// Goes on sending what waits in a room that the visitor has left, until they come back to it.
fn go_on(talk: Talk, room: String, mut outbox: Outbox) {
    if VISITED.with_borrow(|visited| *visited == room) {
        return;
    }
    outbox.stamp(stamp(talk));
    let wait = outbox.pace.wait((talk.now)());
    if wait > 0 {
        return (talk.after)(wait, Box::new(move || go_on(talk, room, outbox)));
    }
    let Some(Outgoing { key, message, .. }) = outbox.next() else { return };
    let to = room.clone();
    let ours = key.clone();
    let answered = move |answer: Answered| {
        paced(&mut outbox, talk, &answer);
        outbox.answered(&ours, answer.map_err(|(why, _)| why), |_| true);
        if VISITED.with_borrow(|visited| *visited != room) {
            (talk.keep)(&place(&room), &outbox.kept());
            go_on(talk, room, outbox);
        }
    };
    (talk.say)(&to, &key, &message, Box::new(answered));
}
