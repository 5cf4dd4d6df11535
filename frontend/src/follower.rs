//! One follower of a topic: what the stream says goes in, the page is called, and the history is read
//! where that is needed. Where it stands is known by its [`Following`].

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use app::{
    cursor::Cursor,
    event::{Envelope, Span},
    follow::{self, Heard},
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::{Callable, Callback};

use crate::{fetch::begin, following::Following, history};

/// Between two attempts to read the history, in milliseconds: doubled each time, up to the second.
const WAITS_MS: (u32, u32) = (1_000, 12_000);

/// A page's wish to hear of a topic.
#[derive(Debug)]
pub struct Follower {
    following: RefCell<Following>,
    hear: Callback<Heard>,
    /// The history is being read.
    busy: Cell<bool>,
}

impl Follower {
    /// Follows what the page wants.
    #[must_use]
    pub fn new(wanted: follow::Following) -> Rc<Self> {
        let follow::Following { topic, after, hear } = wanted;
        let following = RefCell::new(Following::new(topic, after.as_deref()));
        Rc::new(Self { following, hear, busy: Cell::new(false) })
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> String {
        self.following.borrow().topic().to_owned()
    }

    /// Everything up to here was called out.
    #[must_use]
    pub fn at(&self) -> Option<String> {
        self.following.borrow().at().map(ToString::to_string)
    }

    /// See [`Following::is_uncovered`].
    #[must_use]
    pub fn is_uncovered(&self) -> bool {
        self.following.borrow().is_uncovered()
    }

    /// See [`Following::lose`].
    pub fn lose(&self) {
        self.following.borrow_mut().lose();
    }

    /// See [`Following::hear`].
    pub fn hear(self: &Rc<Self>, event: &Envelope, reached: Option<&Cursor>) {
        let heard = self.following.borrow_mut().hear(event, reached);
        self.call_out(heard);
        self.read();
    }

    /// See [`Following::cover`].
    pub fn cover(self: &Rc<Self>, topics: &[String], after: Option<&Cursor>, spans: &[Span]) {
        self.following.borrow_mut().cover(topics, after, spans);
        self.read();
    }

    /// See [`Following::doubt`].
    pub fn doubt(self: &Rc<Self>, reached: Option<&Cursor>) {
        self.following.borrow_mut().doubt(reached);
        self.read();
    }

    /// Reads the history for as long as it is wanted, unless that is under way.
    fn read(self: &Rc<Self>) {
        if self.reading().is_some() && !self.busy.replace(true) {
            begin(read_back(Rc::downgrade(self)));
        }
    }

    fn reading(&self) -> Option<u32> {
        self.following.borrow().reading()
    }

    fn call_out(&self, heard: impl IntoIterator<Item = Heard>) {
        let spans = self.following.borrow_mut().news_of_spans().map(Heard::Spans);
        for heard in spans.into_iter().chain(heard) {
            // The page may be gone by now.
            self.hear.try_run(heard);
        }
    }
}

/// Whoever stops following stops this, too: it holds on to nobody while it waits.
async fn read_back(follower: Weak<Follower>) {
    let mut wait = WAITS_MS.0;
    while let Some(it) = follower.upgrade() {
        let Some(reading) = it.reading() else {
            it.busy.set(false);
            return;
        };
        let (topic, after) = (it.topic(), it.at());
        drop(it);
        let page = history::read(&topic, after.as_deref()).await;
        let Some(it) = follower.upgrade() else { return };
        if let Some(page) = page {
            let late = it.reading() != Some(reading);
            let heard = it.following.borrow_mut().read_back(reading, page);
            it.call_out(heard);
            if late || it.reading().is_none_or(|next| next == reading) {
                wait = WAITS_MS.0;
                continue;
            }
            // What came has made it necessary to read once more, which may be so again.
        }
        drop(it);
        TimeoutFuture::new(wait).await;
        wait = (wait * 2).min(WAITS_MS.1);
    }
}
