//! An alarm: an instant goes in, a call at that instant or earlier comes out.

use std::{cell::RefCell, rc::Rc};

use app::link::Mono;
use gloo_timers::callback::Timeout;

use crate::page_clock::millis_until;

/// A timer that is set anew with each event. Dropping it stops it.
#[derive(Debug, Default)]
pub struct Alarm(Rc<RefCell<Option<(Mono, Timeout)>>>);

impl Alarm {
    /// Rings at an instant, or not at all. One that would ring earlier is left as it is: who is called
    /// too early sets it again, and a stream of events costs no timers.
    pub fn set(&self, at: Option<Mono>, ring: Box<dyn FnOnce()>) {
        let Some(at) = at else { return drop(self.0.take()) };
        if self.0.borrow().as_ref().is_some_and(|(before, _)| *before <= at) {
            return;
        }
        let set = Rc::downgrade(&self.0);
        let timer = Timeout::new(millis_until(at), move || {
            let rung = set.upgrade().and_then(|set| set.take());
            ring();
            drop(rung);
        });
        self.0.replace(Some((at, timer)));
    }
}
