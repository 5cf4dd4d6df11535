//! The keeper of the page's clock: what the line, the probes and the browser say goes in; the feed's
//! signals and a probe that is sent come out. It decides nothing itself: it asks the [`Clock`].

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use app::{
    Feed, Tick,
    event::{Envelope, READERS, TIME},
    feed::{OFFSETS_KEPT, Offset, PUSHES_KEPT, Push, Reading},
    link::{Link, Mono},
};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use crate::{
    clock::{Clock, Correction, Verdict},
    fetch::begin,
    line::{Line, News},
    page_clock::{millis_until, now, resolution, wall},
    page_events::{PageEvent, listen, visible},
    probe::{http_version, probe},
    visitor,
};

/// Probes in the first burst. The first one opens the connection, and is slower for it.
const FIRST_BURST: u32 = 8;

/// Probes in every later burst.
const BURST: u32 = 4;

/// Between two bursts, in microseconds, while the page is visible.
const BETWEEN_BURSTS: i64 = 30_000_000;

/// A push that is later than this, in microseconds, is looked into.
const LATE: i64 = 250_000;

/// How often what is shown changes: every tenth of a second.
const TENTH: i64 = 100_000;

/// The error that `Date.now()` adds, which counts whole milliseconds.
const WALL_RESOLUTION: i64 = 1000;

/// Everything that the page holds open. Dropping it closes it all.
struct Keeper {
    feed: Feed,
    itself: Weak<Keeper>,
    clock: RefCell<Clock>,
    line: RefCell<Option<Rc<Line>>>,
    /// When the digits change next.
    redraw: RefCell<Option<Timeout>>,
    listeners: RefCell<Vec<EventListener>>,
    /// A burst of probes is under way.
    probing: Cell<bool>,
    /// When the next burst is due.
    probe_at: Cell<Mono>,
}

/// Follows the time for as long as the current owner lives.
pub fn subscribe(feed: Feed) {
    let interval = i64::from(feed.interval_ms) * 1000;
    let keeper = Rc::new_cyclic(|itself| Keeper {
        feed,
        itself: itself.clone(),
        clock: RefCell::new(Clock::new(interval, resolution())),
        line: RefCell::default(),
        redraw: RefCell::default(),
        listeners: RefCell::default(),
        probing: Cell::new(false),
        probe_at: Cell::new(now()),
    });
    feed.carried.set(visitor::carried_on());
    feed.writing.set(visitor::writing());
    feed.visible.set(visible());
    // Some browsers keep it from some pages; then what the server has said stays.
    if let Ok(origin) = window().location().origin() {
        feed.origin.set(origin);
    }
    keeper.listeners.replace(listen(keeper.callback(Keeper::on_page_event)));
    keeper.line.replace(Some(Line::join(interval, keeper.callback(Keeper::on_news))));
    keeper.measure(FIRST_BURST);
    keeper.redraw();
    // The owner holds the only strong handle: every callback has a weak one.
    StoredValue::new_local(keeper);
}

impl Keeper {
    /// A callback that does nothing once the keeper is gone.
    fn callback<T>(&self, act: fn(&Rc<Self>, T)) -> impl Fn(T) + Clone + use<T> {
        let itself = self.itself.clone();
        move |input| {
            if let Some(keeper) = itself.upgrade() {
                act(&keeper, input);
            }
        }
    }

    fn on_page_event(self: &Rc<Self>, event: PageEvent) {
        self.feed.visible.set(visible());
        if matches!(event, PageEvent::Awake | PageEvent::Online) && visible() {
            self.redraw();
        }
    }

    fn on_news(self: &Rc<Self>, news: News) {
        match news {
            News::Event(event) => self.on_event(&event),
            News::Link(link) => self.on_link(link),
            News::Tabs(tabs) => self.feed.tabs.set(tabs.map(i64::from)),
        }
    }

    fn on_event(self: &Rc<Self>, event: &Envelope) {
        match event.topics.first().map(String::as_str) {
            Some(TIME) => drop(event.data.parse().map(|tick| self.on_tick(tick))),
            Some(READERS) => drop(event.data.parse().map(|count| self.feed.readers.set(count))),
            _ => {}
        }
    }

    fn on_link(&self, link: Link) {
        self.feed.now.set(now());
        if self.feed.link.get_untracked() != link {
            self.feed.link.set(link);
        }
    }

    fn on_tick(self: &Rc<Self>, tick: Tick) {
        let at = now();
        self.check_for_sleep();
        let late = self.clock.borrow().late(at, tick.micros());
        if self.clock.borrow_mut().ticked(at, tick.micros()) == Verdict::Doubted {
            self.measure(BURST);
        } else if late.is_some_and(|late| late > LATE) {
            // A slow network, or a server whose clock was set back: one probe tells which.
            self.measure(1);
        }
        self.feed.pushes.update(|pushes| {
            let number = pushes.first().map_or(0, |push| push.number) + 1;
            pushes.insert(0, Push { number, tick, late });
            pushes.truncate(PUSHES_KEPT);
        });
        self.compare();
        self.redraw();
    }

    fn check_for_sleep(self: &Rc<Self>) {
        if self.clock.borrow_mut().checked(now(), wall()) == Verdict::Doubted {
            self.measure(BURST);
        }
    }

    /// Sends a burst of probes, one after the other, unless one is under way.
    fn measure(self: &Rc<Self>, probes: u32) {
        if self.probing.replace(true) {
            return;
        }
        self.probe_at.set(now().saturating_add(BETWEEN_BURSTS));
        let itself = self.itself.clone();
        begin(async move {
            let (mut best, mut step) = (None::<i64>, None);
            for _ in 0..probes {
                let Some((probe, reply)) = probe().await else { break };
                let Some(keeper) = itself.upgrade() else { return };
                keeper.check_for_sleep();
                let at_server = probe.sent.saturating_sub(probe.received);
                let trip = (probe.back - probe.left).saturating_sub(at_server);
                best = Some(best.map_or(trip, |best| best.min(trip)));
                if let Correction::Step(by) = keeper.clock.borrow_mut().probed(&probe) {
                    step = Some(by);
                }
                keeper.feed.synchronised.set(reply.synchronised);
                keeper.redraw();
            }
            if let Some(keeper) = itself.upgrade() {
                keeper.probing.set(false);
                if best.is_some() {
                    keeper.measured(best, step);
                }
            }
        });
    }

    /// Shows what a burst of probes has found out.
    fn measured(self: &Rc<Self>, round_trip: Option<i64>, step: Option<i64>) {
        self.feed.round_trip.set(round_trip);
        self.feed.step.set(step);
        if let Some(version) = http_version() {
            self.feed.http_version.set(version);
        }
        let reading = self.clock.borrow_mut().read(now());
        match reading {
            // The clock was refuted after the last probe had left: that one did not count.
            Some(Reading { stopped: true, .. }) => self.measure(BURST),
            Some(_) if self.feed.offsets.read_untracked().is_empty() => self.compare(),
            _ => {}
        }
    }

    /// Notes how far the visitor's clock is from the server's.
    fn compare(&self) {
        let reading = self.clock.borrow_mut().read(now());
        let Some(Reading { shown, error, stopped: false, .. }) = reading else { return };
        let offset = Offset { ahead: wall() - shown, error: error + WALL_RESOLUTION };
        self.feed.offsets.update(|offsets| {
            offsets.push(offset);
            if offsets.len() > OFFSETS_KEPT {
                offsets.remove(0);
            }
        });
    }

    /// Shows the clock as it stands, and plans to do so again when its digits change.
    fn redraw(self: &Rc<Self>) {
        self.check_for_sleep();
        if now() >= self.probe_at.get() && visible() {
            self.measure(BURST);
        }
        let at = now();
        let reading = self.clock.borrow_mut().read(at);
        self.feed.now.set(at);
        self.feed.reading.set(reading);
        if reading.is_none() {
            self.feed.carried.set(visitor::carried_on());
        }
        if visitor::changed() {
            // What is written by it is written again.
            self.feed.writing.update(|_| {});
        }
        if !visible() {
            // Coming back redraws; until then the ticks keep the title right.
            self.redraw.take();
            return;
        }
        let shown = reading.filter(|reading| !reading.stopped).map_or(at, |reading| reading.shown);
        let next = at + (TENTH - shown.rem_euclid(TENTH));
        let again = self.callback(|keeper, ()| keeper.redraw());
        self.redraw.replace(Some(Timeout::new(millis_until(next), move || again(()))));
    }
}
