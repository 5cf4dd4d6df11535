//! Keeps the feed's clock up to date: takes in ticks, probes and the state of the connection, writes the
//! feed's signals, and decides when to probe. What to show is decided by the [`Clock`]; the [`shell`] does
//! what only a browser can.

pub mod shell;

use app::{
    Feed,
    feed::{OFFSETS_KEPT, Offset, PUSHES_KEPT, Push, Reading},
    link::{Link, Mono},
};
use leptos::prelude::*;
use wire::{
    event::Envelope,
    probe::ProbeReply,
    tick::Tick,
    topics::{READERS, TIME},
};

use super::estimate::{Clock, Correction, Probe, Verdict};

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

/// The page's two clocks, read together.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// `performance.now()`.
    pub now: Mono,
    /// `Date.now()`, in microseconds.
    pub wall: i64,
}

/// What a change of the connection says of who the visitor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing.
    None,
    /// The stream could not be opened. An `EventSource` does not say why: they may be another.
    Ask,
    /// The server is reached.
    Reached,
}

/// What writes the clock into the feed.
#[derive(Debug)]
pub struct Timekeeper {
    feed: Feed,
    clock: Clock,
    /// The probes that are under way.
    burst: Option<Burst>,
    /// When the next burst is due.
    probe_at: Mono,
}

/// Several probes, one after the other.
#[derive(Clone, Copy, Debug)]
struct Burst {
    /// How many are still to be sent.
    left: u32,
    /// The best round trip.
    best: Option<i64>,
    /// The last step that one has made.
    step: Option<i64>,
}

impl Timekeeper {
    /// Begins with a burst of probes. `resolution`: see [`Clock::new`].
    #[must_use]
    pub fn new(feed: Feed, resolution: i64, now: Mono) -> Self {
        let clock = Clock::new(i64::from(feed.interval_ms) * 1000, resolution);
        let mut timekeeper = Self { feed, clock, burst: None, probe_at: now };
        timekeeper.measure(FIRST_BURST, now);
        timekeeper
    }

    /// The stream has delivered an event of a state topic.
    pub fn on_event(&mut self, event: &Envelope, at: Moment) {
        match event.topics.first().map(String::as_str) {
            Some(TIME) => drop(event.data.parse().map(|tick| self.on_tick(tick, at))),
            Some(READERS) => {
                if let Ok(count) = event.data.parse::<u32>() {
                    self.feed.readers.set(count.into());
                }
            }
            _ => {}
        }
    }

    /// The state of the connection.
    pub fn on_connection(&mut self, link: Link, tabs: Option<u32>, now: Mono) -> Hint {
        self.feed.now.set(now);
        self.feed.tabs.set(tabs.map(i64::from));
        let before = self.feed.link.get_untracked();
        if before == link {
            return Hint::None;
        }
        self.feed.link.set(link);
        match (before, link) {
            // (Not after the end of a stream: all readers of a server that ends would ask the next one at
            // once.)
            (Link::Opening | Link::Silent { .. }, Link::Waiting { .. }) => Hint::Ask,
            (_, Link::Live) => Hint::Reached,
            _ => Hint::None,
        }
    }

    fn on_tick(&mut self, tick: Tick, at: Moment) {
        self.check_for_sleep(at);
        let late = self.clock.late(at.now, tick.micros());
        if self.clock.ticked(at.now, tick.micros()) == Verdict::Doubted {
            self.measure(BURST, at.now);
        } else if late.is_some_and(|late| late > LATE) {
            // A slow network, or a server whose clock was set back: one probe tells which.
            self.measure(1, at.now);
        }
        self.feed.pushes.update(|pushes| {
            let number = pushes.first().map_or(0, |push| push.number) + 1;
            pushes.insert(0, Push { number, tick, late });
            pushes.truncate(PUSHES_KEPT);
        });
        self.compare(at);
    }

    fn check_for_sleep(&mut self, at: Moment) {
        if self.clock.checked(at.now, at.wall) == Verdict::Doubted {
            self.measure(BURST, at.now);
        }
    }

    /// Begins a burst of probes, unless one is under way.
    fn measure(&mut self, probes: u32, now: Mono) {
        if self.burst.is_none() {
            self.probe_at = now.saturating_add(BETWEEN_BURSTS);
            self.burst = Some(Burst { left: probes, best: None, step: None });
        }
    }

    /// Whether probes are to be sent, one after the other, until [`Timekeeper::next_probe`] says that it is
    /// enough.
    #[must_use]
    pub fn is_measuring(&self) -> bool {
        self.burst.is_some()
    }

    /// Whether another probe is to be sent.
    pub fn next_probe(&mut self) -> bool {
        let Some(burst) = &mut self.burst else { return false };
        let more = burst.left > 0;
        burst.left = burst.left.saturating_sub(1);
        more
    }

    /// A probe has come back.
    pub fn on_probe(&mut self, probe: &Probe, reply: &ProbeReply, at: Moment) {
        self.check_for_sleep(at);
        let correction = self.clock.probed(probe);
        self.feed.synchronised.set(reply.synchronised);
        let Some(burst) = &mut self.burst else { return };
        let at_server = probe.sent.saturating_sub(probe.received);
        let trip = (probe.back - probe.left).saturating_sub(at_server);
        burst.best = Some(burst.best.map_or(trip, |best| best.min(trip)));
        if let Correction::Step(by) = correction {
            burst.step = Some(by);
        }
    }

    /// A probe has brought nothing: those after it would not either.
    pub fn on_no_answer(&mut self) {
        if let Some(burst) = &mut self.burst {
            burst.left = 0;
        }
    }

    /// The burst is over: shows what it has found out. `http_version`: what the last probe went over.
    pub fn on_burst_end(&mut self, http_version: Option<String>, at: Moment) {
        let Some(Burst { best: Some(best), step, .. }) = self.burst.take() else { return };
        self.feed.round_trip.set(Some(best));
        self.feed.step.set(step);
        if let Some(version) = http_version {
            self.feed.http_version.set(version);
        }
        match self.clock.read(at.now) {
            // The clock was refuted after the last probe had left: that one did not count.
            Some(Reading { stopped: true, .. }) => self.measure(BURST, at.now),
            Some(_) if self.feed.offsets.read_untracked().is_empty() => self.compare(at),
            _ => {}
        }
    }

    /// Notes how far the visitor's clock is from the server's.
    fn compare(&mut self, at: Moment) {
        let reading = self.clock.read(at.now);
        let Some(Reading { shown, error, stopped: false, .. }) = reading else { return };
        let offset = Offset { ahead: at.wall - shown, error: error + WALL_RESOLUTION };
        self.feed.offsets.update(|offsets| {
            offsets.push(offset);
            if offsets.len() > OFFSETS_KEPT {
                offsets.remove(0);
            }
        });
    }

    /// Shows the clock as it stands. Returns when its digits change; `None` while nobody can see them:
    /// coming back redraws, and until then the ticks keep the title right.
    pub fn redraw(&mut self, visible: bool, at: Moment) -> Option<Mono> {
        self.check_for_sleep(at);
        if at.now >= self.probe_at && visible {
            self.measure(BURST, at.now);
        }
        let reading = self.clock.read(at.now);
        self.feed.now.set(at.now);
        self.feed.reading.set(reading);
        let going = reading.filter(|reading| !reading.stopped);
        let shown = going.map_or(at.now, |reading| reading.shown);
        visible.then(|| at.now + (TENTH - shown.rem_euclid(TENTH)))
    }
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
