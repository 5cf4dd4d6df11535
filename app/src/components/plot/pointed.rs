//! Which measurement of a plot is pointed at, by mouse, finger or arrow keys.

use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    prelude::*,
    web_sys::Element,
};

use super::{
    drawn::Drawn,
    geometry::{age, age_at, nearest},
};

/// The place that is pointed at. It stays where it is while the values move on under it.
#[derive(Clone, Copy, Debug)]
pub struct Pointed {
    /// How long before the newest measurement, in milliseconds; `None` where nothing is pointed at.
    sought: RwSignal<Option<i64>>,
    drawn: Memo<Drawn>,
}

impl Pointed {
    /// Nothing, so far.
    pub fn at(drawn: Memo<Drawn>) -> Self {
        Self { sought: RwSignal::new(None), drawn }
    }

    /// The measurement that is pointed at.
    pub fn index(self) -> Option<usize> {
        nearest(&self.drawn.read().at, self.sought.get()?)
    }

    /// How long that was before the newest, in milliseconds.
    pub fn age(self) -> Option<i64> {
        let index = self.index()?;
        let drawn = self.drawn.read();
        Some(age(&drawn.at, drawn.at[index]))
    }

    /// Points at what lies under a pointer.
    pub fn on_pointer(self, event: &PointerEvent) {
        let width = event_target::<Element>(event).client_width();
        self.sought.set(Some(age_at(event.offset_x(), width)));
    }

    /// A mouse that goes takes its value along; a finger is lifted to see it.
    pub fn on_leave(self, event: &PointerEvent) {
        if event.pointer_type() != "touch" {
            self.leave();
        }
    }

    /// Points at the newest, unless a pointer has brought the focus.
    pub fn on_focus(self) {
        self.sought.update(|sought| *sought = sought.or(Some(0)));
    }

    /// Points at nothing.
    pub fn leave(self) {
        self.sought.set(None);
    }

    /// Arrow keys go from one measurement to the next, `Home` and `End` to the ends.
    pub fn on_key(self, event: &KeyboardEvent) {
        let at = &self.drawn.read_untracked().at;
        let last = at.len().saturating_sub(1);
        let index = nearest(at, self.sought.get_untracked().unwrap_or_default()).unwrap_or(0);
        let index = match &*event.key() {
            "ArrowLeft" => index.saturating_sub(1),
            "ArrowRight" => (index + 1).min(last),
            "Home" => 0,
            "End" => last,
            "Escape" => return self.leave(),
            _ => return,
        };
        // Otherwise the page would scroll.
        event.prevent_default();
        if let Some(&tick) = at.get(index) {
            self.sought.set(Some(age(at, tick)));
        }
    }
}
