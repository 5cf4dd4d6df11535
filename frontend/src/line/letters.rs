//! The line's letters to and from the other tabs.

use app::link::Link;
use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};

use super::{BEATS_KEPT, Line, News};
use crate::{
    channel::Channel,
    leader::Signal,
    letter::{Letter, Row, Says},
    page_clock::now,
};

impl Line {
    pub(super) fn join_channel(&self) {
        let hear = self.callback(|line, posted: JsValue| {
            if let Some(letter) = row(&posted).and_then(Letter::read) {
                line.on_letter(letter);
            }
        });
        match Channel::open(&self.name(), hear) {
            Ok(channel) => {
                self.channel.replace(Some(channel));
                self.heard.take();
                self.lose();
                self.say_here();
            }
            Err(_) => self.tell_leader(Signal::Refused),
        }
    }

    pub(super) fn post(&self, says: Says) {
        let number = self.written.get().wrapping_add(1);
        if let Some(channel) = &*self.channel.borrow() {
            self.written.set(number);
            let letter = Letter { from: self.me.clone(), number, says };
            let row: Array = letter.write().iter().map(|text| JsValue::from_str(text)).collect();
            channel.post(&row);
        }
    }

    /// Tells the other tabs that this one leads, and how it does.
    pub(super) fn post_beat(&self, link: Link) {
        if !self.leader.borrow().leads() {
            return;
        }
        let tabs = u32::try_from(self.crew.borrow().len()).unwrap_or(u32::MAX).saturating_add(1);
        (self.tell)(News::Tabs(Some(tabs)));
        self.post(Says::Beat { link: relative(link), tabs });
    }

    /// The leader's own regular work.
    pub(super) fn on_beat(&self) {
        self.crew.borrow_mut().beat();
        let wanted = self.wanted();
        let brings = self.covered.borrow().topics.len();
        let excess = if brings > wanted.topics.len() { self.excess.get() + 1 } else { 0 };
        self.excess.set(excess);
        self.with_stream(|stream| {
            stream.want(wanted, excess >= BEATS_KEPT);
            self.post_beat(stream.link());
        });
    }

    /// Says which topics are followed here, and asks where the stream stands if that is not known.
    pub(super) fn say_here(&self) {
        let followers = self.followers.borrow();
        let topics = followers.iter().map(|follower| follower.topic()).collect();
        let after = followers.iter().find_map(|follower| follower.at());
        let known = !self.heard.borrow().0.is_empty();
        let asks = !known || followers.iter().any(|follower| follower.is_uncovered());
        drop(followers);
        self.post(Says::Here { topics, after, asks });
    }

    fn on_letter(&self, letter: Letter) {
        let Letter { from, number, says } = letter;
        match says {
            Says::Here { topics, after, asks } => {
                self.crew.borrow_mut().here(&from, topics, after);
                if self.leader.borrow().leads() {
                    self.on_here(asks);
                }
            }
            Says::Gone => self.crew.borrow_mut().gone(&from),
            // One that was robbed, and does not know it yet.
            _ if self.leader.borrow().has_stream() => {}
            says => {
                self.tell_leader(Signal::Heard);
                if self.is_next(from, number) {
                    self.on_leader(says);
                } else {
                    self.lose();
                    self.on_leader(says);
                    self.say_here();
                }
            }
        }
    }

    /// Another tab is here.
    fn on_here(&self, asks: bool) {
        self.with_stream(|stream| stream.want(self.wanted(), false));
        if !asks {
            return;
        }
        self.cover();
        for (_, json) in &*self.newest.borrow() {
            self.post(Says::Event { json: json.clone(), reached: None });
        }
        self.with_stream(|stream| self.post_beat(stream.link()));
    }

    /// Whether this is the letter that follows the last one of the same leader.
    fn is_next(&self, from: String, number: u32) -> bool {
        let (leader, last) = self.heard.replace((from.clone(), number));
        leader == from && number == last.wrapping_add(1)
    }

    fn on_leader(&self, says: Says) {
        match says {
            Says::Event { json, reached } => self.pass_on(&json, reached.as_deref(), false),
            Says::Gap(reached) => self.doubt(reached.as_deref()),
            Says::Covering(covering) => self.cover_ours(&covering),
            Says::Beat { link, tabs } => {
                self.crew.borrow_mut().beat();
                (self.tell)(News::Tabs(Some(tabs)));
                (self.tell)(News::Link(absolute(link)));
                self.say_here();
            }
            Says::Here { .. } | Says::Gone => {}
        }
    }

    pub(super) fn lose(&self) {
        let followers = self.followers.borrow().clone();
        for follower in followers {
            follower.lose();
        }
    }
}

/// The strings of a letter; `None` where another version of this program has posted something else.
fn row(value: &JsValue) -> Option<Row> {
    let row: &Array = value.dyn_ref()?;
    let text = |text: JsValue| text.dyn_into::<JsString>().ok().map(String::from);
    row.iter().map(text).collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// A link whose instants count from now: the tabs' clocks began at different times.
fn relative(link: Link) -> Link {
    moved(link, -now())
}

fn absolute(link: Link) -> Link {
    moved(link, now())
}

fn moved(link: Link, by: i64) -> Link {
    match link {
        Link::Waiting { until } => Link::Waiting { until: until.saturating_add(by) },
        Link::Silent { since } => Link::Silent { since: since.saturating_add(by) },
        Link::Opening | Link::Live => link,
    }
}
