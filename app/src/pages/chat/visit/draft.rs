//! The visitor's draft: keeps what is in the fields, and restores it when they come back.

use std::cell::Cell;

use leptos::prelude::*;
use wire::chat::{
    LONGEST_TEXT,
    typed::{self, clean, one_form},
    visible::visible_text,
};

use super::Visit;
use crate::{erased::effect, feed::Feed, seams::Browser};

impl Visit {
    /// Writes into the field, and gives it the keyboard.
    pub fn fill(self, text: &str) {
        let Some(browser) = self.browser else { return };
        (browser.elements.fill)(self.parts.field, text);
        (browser.elements.focus)(self.parts.field);
        self.typed();
    }

    /// The visitor has changed what stands in the field: what cannot be sent and nobody sees is left out of
    /// it. Returns what stands there then.
    pub fn typed(self) -> String {
        let Some(browser) = self.browser else { return String::new() };
        let text = (browser.elements.change)(self.parts.field, clean);
        self.keep(&text);
        self.measure(&text);
        text
    }

    fn measure(self, text: &str) {
        let Some(browser) = self.browser else { return };
        let left = typed::room(text, LONGEST_TEXT, browser.measure.pieces);
        let words = left.map_or_else(String::new, |left| {
            let digits = self.feed.writing.with_untracked(|it| it.number)(left.abs(), 0);
            (self.words.left)(&digits, left)
        });
        if *self.room_left.read_untracked() != words {
            self.room_left.set(words);
        }
    }

    /// Keeps what stands in the field: the visitor may leave, and come back to it.
    pub fn keep(self, text: &str) {
        if let Some(browser) = self.browser {
            (browser.store.keep)(&self.room.read_untracked(), text);
        }
    }

    /// The visitor has said what they are called. The field shows it in the one form in which it is kept.
    pub fn rename(self) -> String {
        let Some(browser) = self.browser else { return String::new() };
        let name = self.name(browser);
        if (browser.elements.value)(self.parts.name) != name {
            (browser.elements.fill)(self.parts.name, &name);
        }
        if *self.me.read_untracked() != name {
            self.me.set(name.clone());
        }
        (browser.store.keep)("", &name);
        name
    }

    /// The field of a name that was filled in steps aside.
    pub fn fold_name(self) {
        if let Some(browser) = self.browser
            && !self.me.read_untracked().is_empty()
        {
            (browser.elements.open)(self.parts.naming, false);
        }
    }

    /// Writes what was kept into the fields: when the visitor comes, unless they have written something
    /// since or a form came back (`refused`), and when they see the page again, which may be an old one
    /// out of the back-forward cache.
    pub fn restore(self, refused: bool) {
        let visible = expect_context::<Feed>().visible;
        let comes = Cell::new(true);
        effect(move || {
            if visible.get() {
                let comes = comes.take();
                self.restore_text(comes);
                self.restore_name(comes && refused);
                if comes && !refused {
                    self.fold_name();
                    self.focus_first();
                }
            }
        });
    }

    fn restore_text(self, comes: bool) {
        let Some(browser) = self.browser else { return };
        let stands = (browser.elements.value)(self.parts.field);
        if comes && !stands.is_empty() {
            self.keep(&stands);
        }
        let kept = (browser.store.kept)(&self.room.read_untracked());
        let text = kept.unwrap_or(stands);
        (browser.elements.fill)(self.parts.field, &text);
        self.measure(&text);
    }

    /// Gives the keyboard to the message.
    fn focus_first(self) {
        if let Some(browser) = self.browser {
            (browser.elements.focus_first)(self.parts.field);
        }
    }

    /// What was kept is newer than what the server knows, but for a form that came back with a name. (One
    /// that another site has sent comes back empty.)
    fn restore_name(self, refused: bool) {
        let Some(browser) = self.browser else { return };
        let stands = (browser.elements.value)(self.parts.name);
        let newer = refused && !stands.is_empty() || stands != *self.me.read_untracked();
        if newer {
            self.rename();
        } else if let Some(kept) = (browser.store.kept)("")
            && kept != stands
        {
            (browser.elements.fill)(self.parts.name, &kept);
            self.me.set(kept);
        }
    }

    /// The name in its field, in its one form, and without what nobody sees.
    pub fn name(self, browser: Browser) -> String {
        let plain = |name: &str| one_form(name, browser.measure.nfkc);
        plain(&visible_text(&plain(&(browser.elements.value)(self.parts.name))))
    }
}
