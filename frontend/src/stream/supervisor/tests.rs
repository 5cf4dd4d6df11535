//! Tests of the supervisor's guarantees.

use proptest::prelude::*;

use super::Order::{Close, Keep, Open};
use super::Signal::{Asleep, Awake, Due, Failed, Heard};
use super::*;

const SECOND: i64 = 1_000_000;
/// The jitter that leaves a wait as it stands in [`WAITS`].
const MIDDLE: f64 = 0.5;
const OPENING: Link = Link::Opening;

/// A supervisor with ticks every 3 s, opened at 0.
fn opened() -> Supervisor {
    let (supervisor, plan) = Supervisor::start(0, 3 * SECOND);
    assert_eq!((plan.order, plan.wake_at), (Open, Some(PATIENCE)));
    supervisor
}

/// One that has heard something at 0.
fn live() -> Supervisor {
    let mut supervisor = opened();
    assert_eq!(told(&mut supervisor, Heard, 0), (Keep, Some(6_000), Link::Live));
    supervisor
}

/// What a signal at a number of milliseconds leads to: order, wake-up in milliseconds, link.
fn told(it: &mut Supervisor, signal: Signal, at: i64) -> (Order, Option<i64>, Link) {
    let plan = it.on(signal, at * 1_000, MIDDLE);
    (plan.order, plan.wake_at.map(|at| at / 1_000), it.link())
}

fn waiting(until: i64) -> Link {
    Link::Waiting { until: until * 1_000 }
}

fn silent(since: i64) -> Link {
    Link::Silent { since: since * 1_000 }
}

#[test]
fn a_restart_of_the_server_is_over_a_second_later() {
    let mut it = live();
    let closed = (Close, Some(5_000), waiting(5_000));
    assert_eq!(told(&mut it, Failed, 4_000), closed);
    assert_eq!(told(&mut it, Due, 5_000), (Open, Some(15_000), OPENING));
    assert_eq!(told(&mut it, Heard, 5_100), (Keep, Some(11_100), Link::Live));
}

#[test]
fn while_it_answers_503_the_waits_double_up_to_12_s_and_one_message_resets_them() {
    let mut it = opened();
    let mut now = 0;
    for wait in [1_000, 2_000, 4_000, 8_000, 12_000, 12_000] {
        let until = if wait == 1_000 { 1_100 } else { now + wait };
        let closed = (Close, Some(until), waiting(until));
        assert_eq!(told(&mut it, Failed, now + 100), closed);
        assert_eq!(told(&mut it, Due, until).0, Open);
        now = until;
    }
    told(&mut it, Heard, now);
    assert_eq!(told(&mut it, Failed, now).1, Some(now + 1_000));
}

#[test]
fn a_slow_failure_does_not_come_on_top_of_the_wait_but_is_followed_by_the_shortest() {
    let mut it = opened();
    assert_eq!(told(&mut it, Due, 9_999), (Keep, Some(10_000), OPENING));
    let closed = (Close, Some(11_000), waiting(11_000));
    assert_eq!(told(&mut it, Due, 10_000), closed);
    it.failures = 4;
    told(&mut it, Due, 11_000);
    assert_eq!(told(&mut it, Failed, 19_000).1, Some(11_000 + 12_000));
}

#[test]
fn two_silent_intervals_bring_a_new_source_and_are_said_until_it_speaks() {
    let mut it = live();
    assert_eq!(told(&mut it, Due, 5_999), (Keep, Some(6_000), Link::Live));
    assert_eq!(told(&mut it, Due, 6_000), (Open, Some(16_000), silent(0)));
    assert_eq!(told(&mut it, Due, 16_000), (Close, Some(17_000), silent(0)));
    assert_eq!(told(&mut it, Due, 17_000), (Open, Some(27_000), silent(0)));
    assert_eq!(told(&mut it, Heard, 18_000).2, Link::Live);
}

#[test]
fn an_error_after_silence_is_a_wait() {
    let mut it = live();
    told(&mut it, Due, 6_000);
    let closed = (Close, Some(8_000), waiting(8_000));
    assert_eq!(told(&mut it, Failed, 7_000), closed);
    assert_eq!(told(&mut it, Due, 8_000).2, OPENING);
}

#[test]
fn a_page_from_the_back_forward_cache_opens_at_once_and_only_then() {
    let mut it = live();
    assert_eq!(told(&mut it, Asleep, 1_000), (Close, None, OPENING));
    for late in [Asleep, Due, Heard, Failed] {
        assert_eq!(told(&mut it, late, 90_000), (Keep, None, OPENING));
    }
    assert_eq!(told(&mut it, Awake, 99_000), (Open, Some(109_000), OPENING));
}

#[test]
fn waking_up_leaves_a_good_source_alone_and_replaces_one_that_is_overdue_or_old() {
    let mut it = live();
    assert_eq!(told(&mut it, Awake, 5_999), (Keep, Some(6_000), Link::Live));
    assert_eq!(told(&mut it, Awake, 6_000), (Open, Some(16_000), silent(0)));
    assert_eq!(told(&mut it, Awake, 9_000), (Keep, Some(16_000), silent(0)));
    assert_eq!(told(&mut it, Awake, 9_001), (Open, Some(19_001), silent(0)));
}

#[test]
fn waking_up_ends_a_wait_and_resets_the_back_off() {
    let mut it = opened();
    it.failures = 4;
    assert_eq!(told(&mut it, Failed, 0).1, Some(12_000));
    assert_eq!(told(&mut it, Awake, 500), (Open, Some(10_500), OPENING));
    assert_eq!(told(&mut it, Failed, 500).1, Some(1_500));
}

#[test]
fn what_a_closed_source_says_is_ignored() {
    let mut it = opened();
    told(&mut it, Failed, 0);
    for late in [Failed, Heard, Due] {
        assert_eq!(told(&mut it, late, 999), (Keep, Some(1_000), waiting(1_000)));
    }
    assert_eq!(told(&mut it, Failed, 1_000).0, Open, "the timer is late");
}

#[test]
fn jitter_is_half_either_way_whatever_number_comes() {
    for (jitter, wait) in [(0.0, 500), (1.0, 1_500), (-1.0, 500), (f64::INFINITY, 1_500)] {
        assert_eq!(jittered(0, jitter), wait * 1_000);
    }
    assert_eq!(jittered(0, f64::NAN), 500_000);
    assert_eq!(jittered(usize::MAX, 1.0), 18 * SECOND);
}

fn signals() -> impl Strategy<Value = Vec<(Signal, i64, f64)>> {
    // Failures are frequent, so that long waits are reached.
    let signal = prop::sample::select(vec![
        Heard, Failed, Failed, Failed, Awake, Asleep, Due, Due, Due, Due,
    ]);
    let after = prop_oneof![0..SECOND, 0..20 * SECOND, 0..100 * SECOND, -SECOND..0];
    prop::collection::vec((signal, after, -0.1..1.1), 0..60)
}

/// A supervisor and what an obedient page has made of its orders.
struct Page {
    it: Supervisor,
    now: Mono,
    open: bool,
    asleep: bool,
    wake_at: Option<Mono>,
    heard: Mono,
}

impl Page {
    fn new() -> Self {
        let (it, plan) = Supervisor::start(0, 3 * SECOND);
        let wake_at = plan.wake_at;
        Self { it, now: 0, open: true, asleep: false, wake_at, heard: 0 }
    }

    /// Sends the signal, and obeys.
    fn send(&mut self, signal: Signal, now: Mono, jitter: f64) -> Plan {
        match signal {
            Awake => self.asleep = false,
            Asleep => self.asleep = true,
            Heard if self.open => self.heard = self.now.max(now),
            _ => {}
        }
        self.now = self.now.max(now);
        let plan = self.it.on(signal, now, jitter);
        match plan.order {
            Keep => {}
            Open => self.open = true,
            Close => self.open = false,
        }
        self.wake_at = plan.wake_at;
        plan
    }
}

proptest! {
    #[test]
    fn whatever_happens_there_is_a_source_or_a_plan_to_have_one(signals in signals()) {
        let mut page = Page::new();
        for (signal, after, jitter) in signals {
            let plan = page.send(signal, page.now + after, jitter);
            prop_assert_eq!(plan.wake_at.is_none(), page.asleep);
            prop_assert!(!(page.asleep && page.open));
            let Some(wake_at) = plan.wake_at else { continue };
            let wait = wake_at - page.now;
            prop_assert!(0 < wait && wait <= 18 * SECOND, "{wait}");
            let waits = matches!(page.it.state, State::Waiting { .. });
            prop_assert_eq!(page.open, !waits);
            if plan.order == Close {
                prop_assert!(wait >= SECOND / 2, "{wait}");
            }
            if page.it.link() == Link::Live {
                prop_assert!(page.open);
                prop_assert!(wake_at <= page.heard + 6 * SECOND);
            }
        }
    }

    #[test]
    fn it_is_live_within_20_s_of_the_end_of_the_trouble(
        signals in signals(),
        (jitter, trip) in (0.0..=1.0, 0..=2 * SECOND),
        rest in 0.0..1.0,
    ) {
        let mut page = Page::new();
        for (signal, after, jitter) in signals {
            // The timers are obeyed during the trouble too.
            let now = page.wake_at.map_or(page.now + after, |at| at.min(page.now + after));
            page.send(signal, now, jitter);
        }
        if page.asleep {
            page.send(Awake, page.now, jitter);
        }
        // Somewhere before the next timer the trouble ends. What is open stays dead; what is
        // opened from now on speaks.
        let left = page.wake_at.map_or(0, |at| at - page.now);
        let end = page.now + (left as f64 * rest) as i64;
        let due = page.wake_at.unwrap_or(end);
        if page.send(Due, due, jitter).order != Open {
            let due = page.wake_at.unwrap_or(end);
            prop_assert_eq!(page.send(Due, due, jitter).order, Open);
        }
        let now = page.now + trip;
        page.send(Heard, now, jitter);
        prop_assert_eq!(page.it.link(), Link::Live);
        prop_assert!(now - end <= 20 * SECOND, "{} s", (now - end) / SECOND);
    }

    #[test]
    fn no_number_makes_it_panic(
        (start, interval) in any::<(i64, i64)>(),
        signals in prop::collection::vec((signals(), any::<i64>(), any::<f64>()), 1..5),
    ) {
        let (mut it, _) = Supervisor::start(start, interval);
        for (signals, now, jitter) in signals {
            for (signal, ..) in signals {
                it.on(signal, now, jitter);
            }
        }
    }
}
