//! Sends the visitor's messages one after the other, for as long as it takes; those that wait are kept with
//! the tab.

use std::{cell::RefCell, mem};

use leptos::prelude::*;
use wire::chat::{Message, answer::Unsent};

use super::Visit;
use crate::{
    erased::effect,
    link::Link,
    pages::chat::outbox::{Outbox, Outgoing},
    seams::{Browser, post::Answered, store::FORGOTTEN},
};

thread_local! {
    // The rooms that the visitor has entered, in order.
    static ENTERED: RefCell<Vec<String>> = RefCell::default();
}

/// How many rooms the visitor has entered.
fn entered() -> usize {
    ENTERED.with_borrow(Vec::len)
}

/// Where what waits in a room is kept. No room has a slash in its name.
fn place(room: &str) -> String {
    room.to_owned() + "/outbox"
}

impl Visit {
    /// Takes up what was kept, and sends it, and what is said from now on.
    pub(super) fn begin_sending(self) {
        let Some(browser) = self.browser else { return };
        // After the first drawing, which is the server's. (It follows no signal, and so is the owner of what
        // listens for as long as the visit lasts.)
        effect(move || {
            ENTERED.with_borrow_mut(|all| all.push(self.room.get_untracked()));
            (browser.window.on)("online", Box::new(move || self.hurry()));
            (browser.window.on)(FORGOTTEN, Box::new(move || self.forget()));
            self.take_up();
        });
        // A page that is seen again may be an old one out of the back-forward cache.
        let visible = self.feed.visible;
        effect(move || {
            if visible.get() {
                self.take_up();
            }
        });
        let (link, pushes) = (self.feed.link, self.feed.pushes);
        effect(move || {
            pushes.track();
            if link.get() == Link::Live {
                self.hurry();
            }
        });
        on_cleanup(move || {
            let mut outbox = Outbox::default();
            self.change(&mut |it| {
                outbox = mem::take(&mut it.outbox);
                false
            });
            outbox.restart();
            go_on(browser, self.room.get_untracked(), entered(), outbox);
        });
    }

    fn take_up(self) {
        let Some(browser) = self.browser else { return };
        if let Some(kept) = (browser.store.kept)(&place(&self.room.read_untracked())) {
            self.change(&mut |it| {
                it.outbox.take_up(&kept);
                true
            });
        }
        self.send();
    }

    /// Says something.
    pub fn say(self, message: Message) {
        let Some(browser) = self.browser else { return };
        self.change(&mut |it| {
            it.outbox.stamp(stamp(browser));
            it.outbox.say((browser.post.key)(), message.clone());
            it.unread.clear();
            true
        });
        self.changed();
        self.to_end();
    }

    /// Sends again what has failed, whose button goes and leaves the keyboard to the field.
    pub fn retry(self, key: &str) {
        let Some(browser) = self.browser else { return };
        (browser.elements.focus)(self.parts.field);
        self.change(&mut |it| {
            it.outbox.stamp(stamp(browser));
            it.outbox.retry(key);
            true
        });
        self.keep_outbox();
        self.call_back();
    }

    /// Gives back what has failed, to be rewritten.
    pub fn take_back(self, key: &str) {
        let mut message = None;
        self.change(&mut |it| {
            message = it.outbox.take_back(key);
            true
        });
        if let Some((message, browser)) = message.zip(self.browser) {
            let text = message.text + "\n" + &(browser.elements.value)(self.parts.field);
            self.fill(text.trim_end());
        }
        self.changed();
    }

    /// The visitor has signed out: what they have not sent is gone.
    fn forget(self) {
        let Some(browser) = self.browser else { return };
        self.change(&mut |it| {
            it.outbox = Outbox::default();
            true
        });
        (browser.elements.fill)(self.parts.field, "");
    }

    /// Keeps what waits, and sends it.
    fn changed(self) {
        self.keep_outbox();
        self.send();
    }

    fn keep_outbox(self) {
        if let Some(browser) = self.browser {
            let kept = self.conversation.read_untracked().outbox.kept();
            (browser.store.keep)(&place(&self.room.read_untracked()), &kept);
        }
    }

    /// The server was heard, or the network is back: what did not reach the server is sent soon.
    pub(super) fn hurry(self) {
        let mut sooner = false;
        self.change(&mut |it| {
            sooner = it.outbox.pace.hear();
            false
        });
        if sooner {
            self.call_back();
        } else {
            // Where timers are slow, as in a hidden page, what is due waits for them no longer.
            self.send();
        }
    }

    /// Sends what waits, now or when the next may be sent.
    fn call_back(self) {
        let Some(browser) = self.browser else { return };
        let wait = self.conversation.read_untracked().outbox.pace.wait((browser.clock.now)());
        if wait == 0 {
            return self.send();
        }
        let again = move || {
            if !self.is_over() {
                self.send();
            }
        };
        (browser.clock.after)(wait, Box::new(again));
    }

    /// Sends what waits, one message after the other.
    pub(super) fn send(self) {
        let Some(browser) = self.browser else { return };
        let mut next = None;
        self.change(&mut |it| {
            let offered = it.outbox.stamp(stamp(browser));
            if it.outbox.pace.wait((browser.clock.now)()) == 0 {
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
            self.change(&mut |it| {
                news = paced(&mut it.outbox, browser, &answer);
                it.answered(&ours, without_wait(&answer));
                true
            });
            if let Some(why) = news {
                self.spoken.set((self.words.unsent)(why).to_owned());
            }
            self.keep_outbox();
            self.call_back();
        };
        (browser.post.message)(&self.room.read_untracked(), &key, &message, Box::new(answered));
    }
}

fn stamp(browser: Browser) -> (String, i64) {
    ((browser.post.who)(), (browser.clock.wall)())
}

fn without_wait(answer: &Answered) -> Result<String, Unsent> {
    answer.clone().map_err(|(why, _)| why)
}

/// Sets the pace by an answer. Returns what the visitor is to hear of: a refusal, or that what was said
/// has to wait.
fn paced(outbox: &mut Outbox, browser: Browser, answer: &Answered) -> Option<Unsent> {
    match *answer {
        Err((why, asked)) if why.may_pass() => {
            let first =
                outbox.pace.failed(why, asked, (browser.clock.now)(), (browser.clock.chance)());
            Some(why).filter(|why| first && *why != Unsent::TooFast)
        }
        ref answer => {
            outbox.pace.succeeded();
            answer.as_ref().err().map(|(why, _)| *why)
        }
    }
}

/// Goes on sending what waits in a room that the visitor has left, after they had entered `left` rooms.
fn go_on(browser: Browser, room: String, left: usize, mut outbox: Outbox) {
    if is_ended(browser, &room, left) {
        return;
    }
    outbox.stamp(stamp(browser));
    let wait = outbox.pace.wait((browser.clock.now)());
    if wait > 0 {
        return (browser.clock.after)(wait, Box::new(move || go_on(browser, room, left, outbox)));
    }
    let Some(Outgoing { key, message, .. }) = outbox.next() else { return };
    let (to, ours) = (room.clone(), key.clone());
    let answered = move |answer: Answered| {
        if is_ended(browser, &room, left) {
            return;
        }
        paced(&mut outbox, browser, &answer);
        outbox.answered(&ours, without_wait(&answer));
        // Nobody looks at it here.
        outbox.forget(|_| true);
        (browser.store.keep)(&place(&room), &outbox.kept());
        go_on(browser, room, left, outbox);
    };
    (browser.post.message)(&to, &key, &message, Box::new(answered));
}

/// Whether the visitor has come back to a room, which sends what waits there itself, or has signed out.
fn is_ended(browser: Browser, room: &str, left: usize) -> bool {
    let back = ENTERED.with_borrow(|all| all.iter().skip(left).any(|one| one == room));
    back || (browser.store.kept)(&place(room)).is_none()
}
