//! A timer that rings at an instant, or earlier.

use std::{cell::RefCell, rc::Rc};

use app::link::Mono;
use gloo_timers::callback::Timeout;

use crate::clock::page_clock::millis_until;

/// A timer that rings once, after so many milliseconds. (Of one type: each closure brings machine code of
/// its own.)
pub fn timer(millis: u32, ring: Box<dyn FnOnce()>) -> Timeout {
    Timeout::new(millis, ring)
}

/// A timer that is set again with each event. Dropping it stops it.
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
        let ring = move || {
            let rung = set.upgrade().and_then(|set| set.take());
            ring();
            drop(rung);
        };
        let timer = timer(millis_until(at), Box::new(ring));
        self.0.replace(Some((at, timer)));
    }
}
