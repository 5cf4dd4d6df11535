//! Tests of the leader's guarantees.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::Order::{Keep, Lead, Leave, OpenAlone, Queue, Steal};
use super::Signal::{Asleep, Awake, Due, Granted, Heard, Hidden, Refused, Robbed};
use super::*;

const SECOND: i64 = 1_000_000;
const BEAT: i64 = 3 * SECOND;

/// A tab that shares, with a leader that speaks every 3 s, begun at 0. It is patient for 6 s.
fn joined() -> Leader {
    let (leader, plan) = Leader::start(0, BEAT, 0.0, true, true);
    assert_eq!(plan, Plan { order: Queue, wake_at: Some(6 * SECOND) });
    leader
}

/// What a signal at a number of seconds leads to: order, and wake-up in seconds.
fn told(it: &mut Leader, signal: Signal, at: i64) -> (Order, Option<i64>) {
    let plan = it.on(signal, at * SECOND);
    (plan.order, plan.wake_at.map(|at| at / SECOND))
}

#[test]
fn the_first_tab_leads_when_the_lock_comes() {
    let mut it = joined();
    assert_eq!(told(&mut it, Granted, 1), (Lead, None));
    assert!(it.leads() && it.has_stream());
    assert_eq!(told(&mut it, Due, 60), (Keep, None));
}

#[test]
fn who_hears_the_leader_lets_it_lead_and_robs_it_after_two_silent_beats() {
    let mut it = joined();
    assert_eq!(told(&mut it, Heard, 5), (Keep, Some(11)));
    assert_eq!(told(&mut it, Due, 10), (Keep, Some(11)));
    assert_eq!(told(&mut it, Due, 11), (Steal, Some(13)));
    assert_eq!(told(&mut it, Granted, 11), (Lead, None));
}

#[test]
fn a_lock_that_does_not_come_is_taken_again() {
    let mut it = joined();
    told(&mut it, Due, 6);
    assert_eq!(told(&mut it, Due, 7), (Keep, Some(8)));
    assert_eq!(told(&mut it, Due, 8), (Steal, Some(10)));
}

#[test]
fn who_was_robbed_follows() {
    let mut it = joined();
    told(&mut it, Granted, 0);
    assert_eq!(told(&mut it, Robbed, 4), (Queue, Some(10)));
    assert!(!it.has_stream());
}

#[test]
fn who_sleeps_lets_go_and_queues_again_on_waking() {
    for leads in [false, true] {
        let mut it = joined();
        if leads {
            told(&mut it, Granted, 1);
        }
        assert_eq!(told(&mut it, Asleep, 2), (Leave, None));
        assert_eq!(told(&mut it, Granted, 3), (Leave, None), "nobody would lead");
        assert_eq!(told(&mut it, Awake, 90), (Queue, Some(96)));
    }
}

#[test]
fn waking_up_robs_a_leader_that_was_silent_for_too_long() {
    let mut it = joined();
    assert_eq!(told(&mut it, Awake, 5), (Keep, Some(6)));
    assert_eq!(told(&mut it, Awake, 60).0, Steal);
}

#[test]
fn a_tab_alone_has_a_stream_while_it_is_seen() {
    let (mut it, plan) = Leader::start(0, BEAT, 0.0, false, true);
    assert_eq!(plan, Plan { order: OpenAlone, wake_at: None });
    assert_eq!(told(&mut it, Hidden, 1), (Leave, None));
    assert!(!it.has_stream());
    assert_eq!(told(&mut it, Awake, 2), (OpenAlone, None));
    assert_eq!(told(&mut it, Asleep, 3), (Leave, None));
    assert_eq!(told(&mut it, Awake, 4), (OpenAlone, None));
    let (_, hidden) = Leader::start(0, BEAT, 0.0, false, false);
    assert_eq!(hidden.order, Leave);
}

#[test]
fn a_browser_that_refuses_locks_gives_each_tab_a_stream() {
    let mut it = joined();
    assert_eq!(told(&mut it, Refused, 1), (OpenAlone, None));
    assert_eq!(told(&mut it, Hidden, 2), (Leave, None));
}

/// Some tabs of one browser and its lock, as Web Locks give it.
struct Browser {
    now: Mono,
    tabs: Vec<Tab>,
    holder: Option<usize>,
    queue: VecDeque<usize>,
}

struct Tab {
    it: Leader,
    wake_at: Option<Mono>,
    crashed: bool,
    /// It runs nothing, and keeps the lock.
    stuck: bool,
    asleep: bool,
    /// What it was told while it was stuck.
    letters: Vec<Signal>,
}

impl Browser {
    fn new(tabs: usize) -> Self {
        let mut browser = Self { now: 0, tabs: Vec::new(), holder: None, queue: VecDeque::new() };
        for index in 0..tabs {
            let spread = index as f64 / tabs as f64;
            let (it, plan) = Leader::start(0, BEAT, spread, true, true);
            browser.tabs.push(Tab {
                it,
                wake_at: None,
                crashed: false,
                stuck: false,
                asleep: false,
                letters: Vec::new(),
            });
            browser.obey(index, plan);
        }
        browser
    }

    fn tell(&mut self, index: usize, signal: Signal) {
        let tab = &mut self.tabs[index];
        if tab.crashed {
            return;
        }
        if tab.stuck {
            return tab.letters.push(signal);
        }
        let plan = tab.it.on(signal, self.now);
        self.obey(index, plan);
    }

    fn obey(&mut self, index: usize, plan: Plan) {
        self.tabs[index].wake_at = plan.wake_at;
        match plan.order {
            Keep | Lead | OpenAlone => {}
            Leave => self.let_go(index),
            Queue => {
                self.let_go(index);
                self.queue.push_back(index);
                self.grant();
            }
            Steal => {
                self.queue.retain(|&other| other != index);
                if let Some(robbed) = self.holder.replace(index)
                    && robbed != index
                {
                    self.tell(robbed, Robbed);
                }
                self.tell(index, Granted);
            }
        }
    }

    fn let_go(&mut self, index: usize) {
        self.queue.retain(|&other| other != index);
        if self.holder == Some(index) {
            self.holder = None;
            self.grant();
        }
    }

    fn grant(&mut self) {
        if self.holder.is_none()
            && let Some(next) = self.queue.pop_front()
        {
            self.holder = Some(next);
            self.tell(next, Granted);
        }
    }

    /// Half a second passes: timers fire, and who leads speaks.
    fn pass(&mut self) {
        self.now += SECOND / 2;
        for index in 0..self.tabs.len() {
            if self.tabs[index].wake_at.is_some_and(|at| at <= self.now) {
                self.tell(index, Due);
            }
        }
        let speaks = |tab: &Tab| tab.it.leads() && !tab.crashed && !tab.stuck;
        if let Some(leader) = self.tabs.iter().position(speaks) {
            for index in (0..self.tabs.len()).filter(|&index| index != leader) {
                self.tell(index, Heard);
            }
        }
    }

    fn act(&mut self, act: u8, index: usize) {
        match act {
            0 => {
                self.tabs[index].crashed = true;
                self.let_go(index);
            }
            1 => self.tabs[index].stuck = true,
            2 => {
                self.tabs[index].stuck = false;
                for letter in std::mem::take(&mut self.tabs[index].letters) {
                    self.tell(index, letter);
                }
            }
            3 if !self.tabs[index].stuck => {
                self.tabs[index].asleep = true;
                self.tell(index, Asleep);
            }
            4 if !self.tabs[index].stuck => {
                self.tabs[index].asleep = false;
                self.tell(index, Awake);
            }
            5 => self.tell(index, Hidden),
            _ => self.pass(),
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_there_is_a_stream_or_a_plan_to_have_one(
        shares: bool,
        visible: bool,
        signals in prop::collection::vec(
            (
                prop::sample::select(vec![
                    Granted, Robbed, Refused, Heard, Awake, Hidden, Asleep, Due, Due,
                ]),
                -SECOND..20 * SECOND,
            ),
            0..60,
        ),
    ) {
        let (mut it, plan) = Leader::start(0, BEAT, 0.5, shares, visible);
        let (mut now, mut unseen) = (0, !shares && !visible);
        prop_assert!(it.has_stream() || plan.wake_at.is_some() || unseen);
        for (signal, after) in signals {
            now += after;
            match signal {
                Asleep => unseen = true,
                Awake => unseen = false,
                // Only a tab with a stream of its own minds.
                Hidden => unseen |= it.has_stream() && !it.leads(),
                _ => {}
            }
            let plan = it.on(signal, now);
            prop_assert!(it.has_stream() || plan.wake_at.is_some() || unseen, "{signal:?} {it:?}");
            prop_assert!(!(it.has_stream() && unseen), "{signal:?} {it:?}");
            prop_assert!(plan.wake_at.is_none_or(|at| at > it.now));
            prop_assert!(!(it.has_stream() && plan.wake_at.is_some()));
        }
    }

    #[test]
    fn after_any_trouble_exactly_one_of_the_tabs_leads(
        tabs in 1..6usize,
        acts in prop::collection::vec((0..12u8, 0..6usize), 0..80),
    ) {
        let mut browser = Browser::new(tabs);
        for (act, index) in acts {
            browser.act(act, index % tabs);
            let leading = |tab: &&Tab| tab.it.leads() && !tab.crashed && !tab.stuck;
            prop_assert!(browser.tabs.iter().filter(leading).count() <= 1);
        }
        // Two silent beats, their spread, and what a robbery takes.
        for _ in 0..24 {
            browser.pass();
        }
        let able = |tab: &&Tab| !tab.crashed && !tab.stuck && !tab.asleep;
        let (able, leads) = (
            browser.tabs.iter().filter(able).count(),
            browser.tabs.iter().filter(able).filter(|tab| tab.it.leads()).count(),
        );
        prop_assert_eq!(leads, usize::from(able > 0));
    }

    #[test]
    fn no_number_makes_it_panic(
        (start, interval, spread) in any::<(i64, i64, f64)>(),
        calls in prop::collection::vec((0..8usize, any::<i64>()), 0..20),
    ) {
        let (mut it, _) = Leader::start(start, interval, spread, true, true);
        for (signal, now) in calls {
            it.on([Granted, Robbed, Refused, Heard, Awake, Hidden, Asleep, Due][signal], now);
        }
    }
}
