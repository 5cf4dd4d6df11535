//! Sends the timekeeper's probes, rings when the digits change, and tells it and the [`Owner`] what happens
//! in the browser.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use app::{Feed, stream::StreamEvent};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wire::identity::BARRED_ID;

use super::{Hint, Moment, Timekeeper};
use crate::{
    browser::{
        alarm::timer,
        page_events::{PageEvent, listen, visible},
        task::begin,
    },
    clock::{
        page_clock::{millis_until, now, resolution, wall},
        probe::{Answer, http_version, probe},
    },
    shared_stream::shell::Shell as SharedStream,
    visitor::{
        owner::{Owner, show},
        writing,
    },
};

/// Everything that the page holds open. Dropping it closes it all.
struct Shell {
    feed: Feed,
    itself: Weak<Self>,
    timekeeper: RefCell<Timekeeper>,
    owner: Rc<Owner>,
    /// When the digits change next.
    redraw: RefCell<Option<Timeout>>,
    listeners: RefCell<Vec<EventListener>>,
    /// Probes are being sent.
    probing: Cell<bool>,
}

/// Follows the time for as long as the current owner lives.
pub fn subscribe(feed: Feed) {
    let shell = Rc::new_cyclic(|itself| Shell {
        feed,
        itself: itself.clone(),
        timekeeper: RefCell::new(Timekeeper::new(feed, resolution(), now())),
        owner: Owner::new(feed),
        redraw: RefCell::default(),
        listeners: RefCell::default(),
        probing: Cell::default(),
    });
    feed.carried.set(writing::carried_on());
    feed.writing.set(writing::writing());
    feed.visible.set(visible());
    // Some browsers keep it from some pages; then what the server has said stays.
    if let Ok(origin) = window().location().origin() {
        feed.url.set(origin + &feed.base.get_untracked());
    }
    shell.listeners.replace(listen(shell.callback(Shell::on_page_event)));
    shell.owner.begin();
    let (mark, interval) = (feed.identity.get_value().mark, i64::from(feed.interval_ms) * 1000);
    let says = shell.callback(Shell::on_stream);
    shell.owner.hold(SharedStream::join(mark, interval, says));
    shell.redraw();
    // The reactive owner holds the only strong handle: every callback has a weak one.
    StoredValue::new_local(shell);
}

fn moment() -> Moment {
    Moment { now: now(), wall: wall() }
}

impl Shell {
    /// A callback that does nothing once the page is gone.
    fn callback<T>(&self, act: fn(&Rc<Self>, T)) -> impl Fn(T) + Clone + use<T> {
        let itself = self.itself.clone();
        move |input| {
            if let Some(shell) = itself.upgrade() {
                act(&shell, input);
            }
        }
    }

    fn on_page_event(self: &Rc<Self>, event: PageEvent) {
        self.feed.visible.set(visible());
        self.owner.mind_sleep(event);
        if matches!(event, PageEvent::Awake | PageEvent::Online) && visible() {
            self.redraw();
        }
    }

    fn on_stream(self: &Rc<Self>, event: StreamEvent) {
        match event {
            StreamEvent::Event { envelope, .. } => {
                self.timekeeper.borrow_mut().on_event(&envelope, moment());
                self.redraw();
            }
            StreamEvent::Connection { link, tabs } => {
                let hint = self.timekeeper.borrow_mut().on_connection(link, tabs, now());
                match hint {
                    Hint::None => {}
                    Hint::Ask => self.owner.look_who_it_is(),
                    Hint::Reached => show(BARRED_ID, false),
                }
            }
            StreamEvent::Start(_) | StreamEvent::Gap { .. } => {}
        }
    }

    /// Sends the probes that the timekeeper wants, unless that is under way.
    fn measure(self: &Rc<Self>) {
        if self.timekeeper.borrow().is_measuring() && !self.probing.replace(true) {
            begin(send_probes(self.itself.clone()));
        }
    }

    fn next_probe(&self) -> bool {
        self.timekeeper.borrow_mut().next_probe()
    }

    /// Takes an answer to a probe in.
    fn on_answer(self: &Rc<Self>, answer: &Answer) {
        self.owner.on_answer(answer);
        if let Answer::Time(probe, reply) = answer {
            self.timekeeper.borrow_mut().on_probe(probe, reply, moment());
            self.redraw();
        } else {
            self.timekeeper.borrow_mut().on_no_answer();
        }
    }

    /// Shows the clock as it stands, and plans to do so again when its digits change.
    fn redraw(self: &Rc<Self>) {
        let next = self.timekeeper.borrow_mut().redraw(visible(), moment());
        if self.feed.reading.get_untracked().is_none() {
            self.feed.carried.set(writing::carried_on());
        }
        if writing::changed() {
            // What is written by it is written again.
            self.feed.writing.update(|_| {});
        }
        let again = self.callback(|shell, ()| shell.redraw());
        let ring = |at| timer(millis_until(at), Box::new(move || again(())));
        self.redraw.replace(next.map(ring));
        self.measure();
    }
}

/// Whoever drops the shell stops this, too: it holds on to nobody while it waits.
async fn send_probes(shell: Weak<Shell>) {
    loop {
        let Some(it) = shell.upgrade() else { return };
        if !it.next_probe() {
            it.probing.set(false);
            let mut timekeeper = it.timekeeper.borrow_mut();
            timekeeper.on_burst_end(http_version(), moment());
            drop(timekeeper);
            return it.measure();
        }
        drop(it);
        let answer = probe().await;
        let Some(it) = shell.upgrade() else { return };
        it.on_answer(&answer);
    }
}
