//! Reloads the page, shows a notice or changes the stream when the server or another tab reports another
//! visitor. What follows from a mark is decided by [`change`].

use std::{cell::RefCell, rc::Rc};

use app::Feed;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wire::{
    identity::{BARRED_ID, ENDED_ID, Identity, REFUSED},
    paths::FORGET_PATH,
};

use crate::{
    browser::{
        alarm::timer,
        navigation::{self, load_for},
        page_events::PageEvent,
        requests::send,
        task::begin,
    },
    chat,
    clock::probe::{Answer, probe},
    shared_stream::shell::Shell,
    tabs::channel::Channel,
    visitor::{
        identity::{Change, change},
        tab_owner,
    },
};

/// The channel of all tabs of this browser, whoever's they are. A tab posts its mark when it opens and when
/// the mark changes; a tab with another mark asks the server whose it is.
const EVERYBODY: &str = "belfry identity";

/// How long after a refusal the server is asked again, in milliseconds. Signing out in another tab ends the streams
/// of all of them before the browser has dropped the cookie: a tab that asks in between is told that it is refused,
/// as if the token had been taken back.
const ASK_AGAIN_AFTER: u32 = 1000;

/// Whether a refusal is to be believed.
#[derive(Default)]
enum Doubt {
    /// Not the first one.
    #[default]
    Unasked,
    /// Nor another one, until the server is asked again.
    Waiting(#[expect(dead_code, reason = "dropping it stops it")] Timeout),
    /// The next one.
    AskedAgain,
}

/// Whose page it is, and what ends or changes with that. Dropping it closes what it holds.
pub(crate) struct Owner {
    feed: Feed,
    /// Until the page is loaded for another.
    stream: RefCell<Option<Rc<Shell>>>,
    /// The channel of all tabs of this browser; `None` while the page is frozen or left.
    everybody: RefCell<Option<Channel>>,
    /// What the server has said of a cookie that it refuses.
    doubt: RefCell<Doubt>,
    /// See [`navigation::loaded_for`]; until the server has said whose the page is.
    loaded_for: RefCell<Option<String>>,
}

impl Owner {
    pub(crate) fn new(feed: Feed) -> Rc<Self> {
        Rc::new(Self {
            feed,
            stream: RefCell::default(),
            everybody: RefCell::default(),
            doubt: RefCell::default(),
            loaded_for: RefCell::new(navigation::loaded_for()),
        })
    }

    /// Called before there is a stream: with a token that was refused, the stream would be too.
    pub(crate) fn begin(self: &Rc<Self>) {
        self.hear_everybody();
        if self.feed.identity.get_value().mark == REFUSED {
            self.identify(REFUSED, 0);
        } else {
            self.tell_everybody();
        }
    }

    /// Holds the stream for as long as the page is the same person's.
    pub(crate) fn hold(&self, stream: Rc<Shell>) {
        self.stream.replace(Some(stream));
    }

    fn hear_everybody(self: &Rc<Self>) {
        let itself = Rc::downgrade(self);
        let hear = move |mark| {
            if let Some(owner) = itself.upgrade() {
                owner.on_posted(mark);
            }
        };
        self.everybody.replace(Channel::open(EVERYBODY, hear).ok());
    }

    /// Closes the channel of a page that is left: an open one would keep it out of the back-forward cache.
    /// A page that comes back asks the server instead.
    pub(crate) fn mind_sleep(self: &Rc<Self>, event: PageEvent) {
        match event {
            PageEvent::Asleep => drop(self.everybody.take()),
            PageEvent::Awake if self.everybody.borrow().is_none() => {
                self.hear_everybody();
                self.look_who_it_is();
            }
            _ => {}
        }
    }

    fn on_posted(self: &Rc<Self>, mark: JsValue) {
        if mark.as_string() != Some(self.feed.identity.get_value().mark) {
            self.look_who_it_is();
        }
    }

    fn tell_everybody(&self) {
        if let Some(everybody) = &*self.everybody.borrow() {
            everybody.post(&self.feed.identity.get_value().mark.into());
        }
    }

    pub(crate) fn look_who_it_is(self: &Rc<Self>) {
        let itself = Rc::downgrade(self);
        begin(async move {
            let answer = probe().await;
            if let Some(owner) = itself.upgrade() {
                owner.on_answer(&answer);
            }
        });
    }

    pub(crate) fn on_answer(self: &Rc<Self>, answer: &Answer) {
        match answer {
            Answer::Time(_, reply) => {
                show(BARRED_ID, false);
                if reply.identity != REFUSED || self.is_certain() {
                    self.doubt.take();
                    self.identify(&reply.identity, reply.sent);
                }
            }
            Answer::Strange => show(BARRED_ID, true),
            Answer::Nothing => {}
        }
    }

    /// Whether a refusal is to be believed; the first time, the server is asked again.
    fn is_certain(self: &Rc<Self>) -> bool {
        let mut doubt = self.doubt.borrow_mut();
        if matches!(*doubt, Doubt::Unasked) {
            let itself = Rc::downgrade(self);
            let ask = move || {
                if let Some(owner) = itself.upgrade() {
                    owner.doubt.replace(Doubt::AskedAgain);
                    owner.look_who_it_is();
                }
            };
            *doubt = Doubt::Waiting(timer(ASK_AGAIN_AFTER, Box::new(ask)));
        }
        matches!(*doubt, Doubt::AskedAgain)
    }

    /// Learns who the visitor is to the server, at an instant of its clock.
    fn identify(&self, mark: &str, at: i64) {
        let change = change(&self.feed.identity.get_value(), mark, at);
        // A page that was loaded for somebody and is still not theirs would reload for ever: something on
        // the way adds a token to some requests and not to others.
        let in_vain = self.loaded_for.take().is_some_and(|loaded_for| loaded_for == mark);
        match change {
            Change::Nothing => {}
            Change::Ended => {
                if mark == REFUSED {
                    begin(async { drop(send("DELETE", FORGET_PATH, None).await) });
                }
                show(ENDED_ID, true);
                // What waits was theirs: it is not sent in nobody's name.
                chat::is(mark.to_owned());
                self.belong_to("");
            }
            Change::Another => {
                if !in_vain && load_for(mark) {
                    drop(self.stream.take());
                } else {
                    let mark = mark.to_owned();
                    tab_owner::belong_to(&Identity { mark, ..Identity::default() }, at);
                }
                self.belong_to(mark);
            }
        }
    }

    fn belong_to(&self, mark: &str) {
        if self.feed.identity.get_value().mark == mark {
            return;
        }
        self.feed.identity.set_value(Identity { mark: mark.to_owned(), ..Identity::default() });
        let stream = self.stream.borrow().clone();
        if let Some(stream) = stream {
            stream.belong_to(mark);
        }
        self.tell_everybody();
    }
}

/// Shows or hides a notice that the server has written in advance.
pub(crate) fn show(id: &str, shown: bool) {
    if let Some(element) = document().get_element_by_id(id) {
        // The name is valid, so this cannot fail.
        let _ = element.toggle_attribute_with_force("hidden", !shown);
    }
}
