//! What the visitor has begun: what stands in the fields goes in, and is there again when they come back.

use std::cell::Cell;

use leptos::prelude::*;

use super::{Browser, FIELD, NAME, Visit};
use crate::{changing::effect, feed::Feed};

impl Visit {
    /// Writes into the field, and gives it the keyboard.
    pub fn fill(self, text: &str) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        (talk.fill)(FIELD, text);
        (talk.focus)(FIELD);
        self.keep(text);
    }

    /// Keeps what stands in the field: the visitor may leave, and come back to it.
    pub fn keep(self, text: &str) {
        if let Some(Browser { talk, .. }) = self.browser {
            (talk.keep)(&self.room.read_untracked(), text);
        }
    }

    /// The visitor has said what they are called.
    pub fn rename(self, name: &str) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        if *self.me.read_untracked() != name {
            self.me.set(name.to_owned());
        }
        (talk.keep)("", name);
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
            }
        });
    }

    fn restore_text(self, comes: bool) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        let stands = (talk.field)(FIELD);
        if comes && !stands.is_empty() {
            self.keep(&stands);
        }
        let kept = (talk.kept)(&self.room.read_untracked());
        (talk.fill)(FIELD, &kept.unwrap_or(stands));
    }

    /// What was kept is newer than what the server knows, but for a form that came back with a name. (One
    /// that another site has sent comes back empty.)
    fn restore_name(self, refused: bool) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        let stands = (talk.field)(NAME);
        let newer = refused && !stands.is_empty() || stands != *self.me.read_untracked();
        if newer {
            self.rename(&stands);
        } else if let Some(kept) = (talk.kept)("")
            && kept != stands
        {
            (talk.fill)(NAME, &kept);
            self.me.set(kept);
        }
    }
}
