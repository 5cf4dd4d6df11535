//! Which clocks are believed, and how an event from the future counts.

use std::{
    cell::Cell,
    convert::Infallible,
    sync::atomic::{AtomicI64, Ordering},
};

use super::*;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// `2026-11-22T05:18:01.400Z`, when tests begin.
const BEGIN: i64 = 1_795_324_681_400_000;

/// A clock that is told what it says, up for a minute, and who watches it.
struct Watched {
    wall: Wall,
    said: &'static AtomicI64,
    boot: &'static AtomicI64,
    last: u64,
    stamps: Vec<(u64, i64)>,
}

impl Watched {
    fn new() -> Self {
        let told = |micros| -> &'static AtomicI64 { Box::leak(Box::new(AtomicI64::new(micros))) };
        let (said, boot) = (told(BEGIN), told(60 * SECOND));
        let wall = Wall::new(Clock::told_by(said, boot), 0);
        Self { wall, said, boot, last: 0, stamps: Vec::new() }
    }

    /// The process ends, and another begins.
    fn restart(&mut self) {
        self.wall = Wall::new(Clock::told_by(self.said, self.boot), self.last);
    }

    fn pass(&mut self, micros: i64) {
        self.boot.fetch_add(micros, Ordering::Relaxed);
        self.jump(micros);
    }

    fn jump(&mut self, micros: i64) {
        self.said.fetch_add(micros, Ordering::Relaxed);
        self.wall.look(self.last);
    }

    fn publish(&mut self) -> u64 {
        let stamp = self.wall.look(self.last);
        self.last += 1;
        self.stamps.push((self.last, stamp));
        self.last
    }

    /// How long ago an event counts as published, and how many stamps were looked at for it.
    fn age_and_cost(&mut self, of: u64) -> (Option<i64>, u32) {
        let looked_at = Cell::new(0);
        let stamp = self.stamps[of as usize - 1].1;
        let Ok(published) = self.wall.published((of, stamp), |after| {
            looked_at.set(looked_at.get() + 1);
            Ok::<_, Infallible>(self.stamps.get(after as usize).copied())
        });
        (published.map(|published| self.wall.now() - published), looked_at.get())
    }

    fn age(&mut self, of: u64) -> Option<i64> {
        self.age_and_cost(of).0
    }
}

#[test]
fn a_clock_proves_itself_for_an_hour_after_a_start_and_a_jump() {
    let mut watched = Watched::new();
    let event = watched.publish();
    watched.pass(HOUR - 1);
    assert_eq!(watched.age(event), None);
    watched.pass(1);
    assert_eq!(watched.age(event), Some(HOUR));
    for jump in [8 * DAY, -8 * DAY, 3 * SECOND, -3 * SECOND] {
        watched.jump(jump);
        watched.pass(HOUR - 1);
        assert_eq!(watched.age(event), None, "{jump}");
        watched.pass(1);
        assert!(watched.age(event).is_some(), "{jump}");
    }
    watched.restart();
    assert_eq!(watched.age(event), None);
    assert!(Wall::new(Clock::told_by(watched.said, watched.boot).proven(), 0).is_proven());
}

#[test]
fn a_leap_second_and_a_slew_are_no_jumps() {
    let mut watched = Watched::new();
    watched.pass(HOUR);
    watched.jump(-SECOND);
    assert!(watched.wall.is_proven());
    for _ in 0..1000 {
        watched.pass(5 * SECOND);
        // 500 ppm.
        watched.jump(2500);
    }
    assert!(watched.wall.is_proven());
}

#[test]
fn small_steps_that_add_up_are_a_jump() {
    let mut watched = Watched::new();
    watched.pass(HOUR);
    for _ in 0..3 {
        watched.pass(5 * SECOND);
        watched.jump(SECOND);
    }
    assert!(!watched.wall.is_proven());
}

#[test]
fn what_was_stamped_before_a_jump_is_as_old_as_it_is() {
    let mut watched = Watched::new();
    let right = watched.publish();
    watched.pass(SECOND);
    watched.jump(2 * DAY);
    let ahead = watched.publish();
    watched.pass(SECOND);
    watched.jump(-30 * 365 * DAY);
    let behind = watched.publish();
    watched.pass(SECOND);
    watched.jump(28 * 365 * DAY);
    let after = watched.publish();
    watched.pass(3 * DAY);
    assert_eq!(watched.age(right), Some(3 * DAY + 3 * SECOND));
    assert_eq!(watched.age(ahead), Some(3 * DAY + 2 * SECOND));
    assert_eq!(watched.age(behind), Some(3 * DAY + SECOND));
    assert_eq!(watched.age(after), Some(3 * DAY));
}

#[test]
fn what_another_process_stamped_ahead_goes_with_what_follows_it() {
    let mut watched = Watched::new();
    let first = watched.publish();
    watched.jump(8 * DAY);
    let (ahead, also) = (watched.publish(), watched.publish());
    watched.jump(-8 * DAY);
    watched.restart();
    watched.pass(2 * HOUR);
    // Nothing follows yet.
    assert_eq!([watched.age(first), watched.age(ahead)], [Some(2 * HOUR), Some(0)]);
    let next = watched.publish();
    watched.publish();
    watched.pass(7 * DAY);
    assert_eq!([ahead, also, next].map(|one| watched.age(one)), [Some(7 * DAY); 3]);
    // It takes nothing along: its own stamp counts for it alone, when it has come.
    watched.pass(2 * DAY);
    assert_eq!(watched.age(next), Some(9 * DAY));
}

#[test]
fn many_events_from_the_future_are_looked_at_once_and_not_all_at_once() {
    let mut watched = Watched::new();
    watched.jump(8 * DAY);
    for _ in 0..1000 {
        watched.publish();
    }
    watched.jump(-8 * DAY);
    watched.restart();
    watched.pass(HOUR);
    watched.publish();
    assert_eq!(watched.age_and_cost(1), (None, 512));
    assert_eq!(watched.age_and_cost(1), (Some(0), 488));
    assert_eq!(watched.age_and_cost(1), (Some(0), 1));
    assert_eq!(watched.age_and_cost(700), (Some(0), 1));
    assert_eq!(watched.age_and_cost(1001), (Some(0), 0));
}
