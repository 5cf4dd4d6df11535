//! Loads more of the history as the visitor scrolls beyond what is shown.

use std::mem;

use leptos::prelude::*;
use wire::{
    chat::{Posted, room::path},
    event::PURGED,
    page_data::{PageAt, PageData},
    topics::History,
};

use super::Visit;
use crate::{
    erased::effect, feed::Feed, pages::chat::conversation::Conversation, seams::read::Side,
};

/// The newest message is in sight where the end is at most so far away, in CSS pixels.
const NEAR: i32 = 48;

/// Where an end of what is shown comes so near, what lies beyond it is read, in CSS pixels.
const SOON: i32 = 600;

impl Visit {
    /// The messages were scrolled: reads what lies beyond their ends where those come near.
    pub fn on_scroll(self) {
        let Some(browser) = self.browser else { return };
        let place = (browser.elements.scrolled)(self.parts.scroller);
        let below = -place.top;
        let above = place.whole - place.seen - below;
        let at_end = below < NEAR && !self.conversation.read_untracked().is_ahead();
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
        if below < SOON {
            self.read_on();
        }
        if above < SOON {
            self.read_back();
        }
    }

    /// Remembers what the visitor has read, for the list of rooms.
    pub fn remember(self) {
        let Some(browser) = self.browser else { return };
        let visible = expect_context::<Feed>().visible;
        effect(move || {
            let conversation = self.conversation.read();
            if let Some(newest) = conversation.newest()
                && visible.get()
                && self.at_end.get()
            {
                (browser.store.remember)(&self.room.read_untracked(), newest);
            }
        });
    }

    /// Reads older messages.
    pub fn read_back(self) {
        let before = self.conversation.read_untracked().older().cloned();
        self.read(before.map(Side::Before), |visit, before, older, next, gap| {
            visit.conversation.update(|it| it.prepend(before, older, next, gap));
        });
    }

    /// Reads newer messages, where they are not shown.
    fn read_on(self) {
        let after = self.conversation.read_untracked().newer().cloned();
        self.read(after.map(Side::After), |visit, after, mut newer, next, gap| {
            visit.keep_place(&mut |it| {
                it.append(after, mem::take(&mut newer), next.is_some(), gap);
            });
            visit.catch_up();
        });
    }

    /// Reads on where the end was thought to be shown, and more was heard meanwhile.
    pub(super) fn catch_up(self) {
        if self.at_end.get_untracked() && self.conversation.read_untracked().is_ahead() {
            self.read_on();
        }
    }

    fn read(self, side: Option<Side>, take: fn(Self, &str, Vec<Posted>, Option<String>, bool)) {
        let Some((side, browser)) = side.zip(self.browser) else { return };
        if self.reading.get_untracked() {
            return;
        }
        self.reading.set(true);
        let (back, asked) = match &side {
            Side::Before(cursor) => (true, cursor.clone()),
            Side::After(cursor) => (false, cursor.clone()),
        };
        // Before what was asked for comes, and not with it: how far messages have moved is told by how
        // high all of them are.
        if back {
            self.keep_place(&mut Conversation::trim_newest);
        } else {
            self.conversation.update(Conversation::trim_oldest);
        }
        let answer = move |history: Option<History>| {
            if self.is_over() {
                return;
            }
            self.reading.set(false);
            let Some(History { mut events, next, gap, spans, .. }) = history else { return };
            self.conversation.update_untracked(|it| it.learn(&spans));
            if back {
                events.reverse();
            }
            let said = events.into_iter().filter(|event| event.event_type != PURGED);
            take(self, &asked, said.map(|event| self.posted(event)).collect(), next, gap);
        };
        (browser.read.history)(&self.room.read_untracked(), side, Box::new(answer));
    }

    /// The same by a link, which goes and leaves the keyboard to the messages.
    pub fn leave_for_end(self) {
        if let Some(browser) = self.browser {
            (browser.elements.focus)(self.parts.scroller);
        }
        self.to_end();
    }

    /// Shows the newest messages.
    pub fn to_end(self) {
        let Some(browser) = self.browser else { return };
        let to_foot = move || {
            (browser.elements.scroll)(self.parts.scroller, 0);
            self.at_end.set(true);
            self.catch_up();
        };
        if !self.conversation.read_untracked().is_ahead() {
            return to_foot();
        }
        let before = self.conversation.read_untracked().notices();
        let answer = move |page_at| {
            if let Some(PageAt { page: PageData::Room(Ok(room)), .. }) = page_at
                && !self.is_over()
                && self.conversation.read_untracked().notices() == before
            {
                self.conversation.update(|conversation| conversation.renew(room));
                to_foot();
            }
        };
        (browser.read.page)(&path(&self.room.read_untracked()), Box::new(answer));
    }
}
