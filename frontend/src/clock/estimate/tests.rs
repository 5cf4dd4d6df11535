//! Tests of the clock's guarantees.

use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000;
const EPOCH: i64 = 1_795_000_000 * SECOND;

/// A round trip to a server that is `ahead` of the page by so much more than [`EPOCH`].
fn probe(back: Mono, trip: i64, ahead: i64) -> Probe {
    let received = EPOCH + ahead + back - trip / 2;
    let sent = received;
    let left = back - trip;
    Probe { left, back, received, sent }
}

/// A clock with ticks every 3 s, probed at 1 s with a round trip of 20 ms.
fn set() -> Clock {
    let mut clock = Clock::new(3 * SECOND, 5);
    let correction = clock.probed(&probe(SECOND, 20_000, 0));
    assert_eq!(correction, Correction::None);
    clock
}

/// What is shown beyond [`EPOCH`], the error, and whether the clock stands.
fn read(clock: &mut Clock, now: Mono) -> (i64, i64, bool) {
    let it = clock.read(now).expect("the clock is set");
    (it.shown - EPOCH, it.error, it.stopped)
}

#[test]
fn the_first_probe_sets_it_and_half_the_round_trip_is_the_error() {
    assert_eq!(Clock::new(3 * SECOND, 5).read(0), None);
    let error = 10_000 + 2 * 5 + 3 + DISPLAYED;
    assert_eq!(read(&mut set(), SECOND), (SECOND, error, false));
}

#[test]
fn the_error_grows_by_100_ppm() {
    let (_, early, _) = read(&mut set(), SECOND);
    let (_, late, _) = read(&mut set(), 3 * SECOND);
    assert_eq!(late - early, 200);
}

#[test]
fn the_better_of_two_probes_counts_until_age_has_made_it_the_worse() {
    let mut clock = set();
    let worse = |back| probe(back, 22_000, 300);
    assert_eq!(clock.probed(&worse(2 * SECOND)), Correction::None);
    assert_eq!(clock.probed(&worse(20 * SECOND)), Correction::Slew(300));
}

#[test]
fn a_probe_that_contradicts_the_estimate_replaces_it_though_its_error_is_larger() {
    let correction = set().probed(&probe(2 * SECOND, 40_000, 100_000));
    assert_eq!(correction, Correction::Slew(100_000));
}

#[test]
fn half_a_second_is_slewed_within_ten_and_counts_as_error_until_then() {
    let mut clock = set();
    let back = 2 * SECOND;
    let correction = clock.probed(&probe(back, 0, -SLEWED));
    assert_eq!(correction, Correction::Slew(-SLEWED));
    assert_eq!(read(&mut clock, back).0, back);
    clock.ticked(7 * SECOND, EPOCH + 6 * SECOND);
    let (shown, error, _) = read(&mut clock, 7 * SECOND);
    assert_eq!(shown, 7 * SECOND - 250_000);
    assert!(error > 250_000);
    clock.ticked(12 * SECOND, EPOCH + 11 * SECOND);
    let (shown, error, _) = read(&mut clock, 12 * SECOND);
    assert_eq!(shown, 12 * SECOND - SLEWED);
    assert_eq!(error, 2 * 5 + 1_001 + DISPLAYED);
}

#[test]
fn more_than_half_a_second_is_stepped() {
    let mut clock = set();
    let correction = clock.probed(&probe(2 * SECOND, 0, -SLEWED - 1));
    assert_eq!(correction, Correction::Step(-SLEWED - 1));
    assert_eq!(read(&mut clock, 2 * SECOND).0, 2 * SECOND - SLEWED - 1);
}

#[test]
fn a_probe_that_contradicts_itself_neither_sets_nor_confirms() {
    let good = probe(SECOND, 20, 0);
    let (left, back, received, sent) = (good.left, good.back, good.received, good.sent);
    for (left, sent) in [(back + 1, sent), (left, received - 1), (left, sent + 100)] {
        let bad = Probe { left, sent, ..good };
        let mut clock = Clock::new(3 * SECOND, 5);
        assert_eq!(clock.probed(&bad), Correction::None);
        assert_eq!(clock.read(back), None, "{bad:?}");
    }
    let mut clock = Clock::new(3 * SECOND, 5);
    let sent = sent + 25;
    clock.probed(&Probe { sent, ..good });
    assert!(clock.read(back).is_some(), "within the resolution");
}

#[test]
fn a_tick_confirms_unless_it_is_an_interval_late() {
    let mut clock = set();
    let tick = EPOCH + 2 * SECOND;
    let now = 5 * SECOND;
    assert_eq!(clock.late(now, tick), Some(3 * SECOND));
    assert_eq!(clock.ticked(now, tick), Verdict::Doubted);
    assert_eq!(clock.read(now).map(|it| it.confirmed), Some(SECOND));
    assert_eq!(clock.ticked(now, tick + 1), Verdict::Confirmed);
    assert_eq!(clock.read(now).map(|it| it.confirmed), Some(now));
}

#[test]
fn a_tick_from_the_future_stops_it_until_the_next_probe() {
    let mut clock = set();
    let now = 2 * SECOND;
    assert_eq!(clock.ticked(now, EPOCH + now + 20_000), Verdict::Doubted);
    assert_eq!(clock.ticked(now + 1, EPOCH + now), Verdict::Doubted);
    let (shown, _, stopped) = read(&mut clock, now + SECOND);
    assert_eq!((shown, stopped, clock.late(now, EPOCH)), (now, true, None));
    let correction = clock.probed(&probe(4 * SECOND, 20_000, 20_000));
    assert_eq!(correction, Correction::Slew(20_000));
    assert!(!read(&mut clock, 4 * SECOND).2);
}

#[test]
fn after_a_sleep_only_a_probe_that_left_later_counts() {
    let mut clock = set();
    for (second, jumped, verdict) in [
        (1, 0, Verdict::Confirmed),
        (2, SLEPT - 1, Verdict::Confirmed),
        (3, SLEPT, Verdict::Doubted),
        (4, SLEPT, Verdict::Confirmed),
    ] {
        let now = second * SECOND;
        assert_eq!(clock.checked(now, EPOCH + now + jumped), verdict);
    }
    clock.ticked(4 * SECOND, EPOCH + 4 * SECOND);
    clock.probed(&probe(4 * SECOND, SECOND + 1, SLEPT));
    assert_eq!(read(&mut clock, 4 * SECOND).0, 3 * SECOND);
    // It counts though it is worse than the estimate from before, and agrees with it.
    let correction = clock.probed(&probe(4 * SECOND, SECOND, SLEPT));
    assert_eq!(correction, Correction::Slew(SLEPT));
}

#[test]
fn unconfirmed_for_two_intervals_it_stands_where_it_was_and_then_goes_on() {
    let mut clock = set();
    assert!(!read(&mut clock, 7 * SECOND - 1).2);
    let (shown, error, stopped) = read(&mut clock, 7 * SECOND);
    assert_eq!((shown, stopped), (7 * SECOND, true));
    assert_eq!(read(&mut clock, 60 * SECOND), (shown, error, true));
    let tick = EPOCH + 60 * SECOND;
    assert_eq!(clock.ticked(60 * SECOND, tick), Verdict::Confirmed);
    let (shown, _, stopped) = read(&mut clock, 60 * SECOND);
    assert_eq!((shown, stopped), (60 * SECOND, false));
}

/// A server and a page whose true times are known, in nanoseconds.
struct World {
    server: i64,
    page: i64,
    resolution: i64,
}

impl World {
    fn pass(&mut self, micros: i64, ppm: i64) {
        self.page += micros * 1_000;
        self.server += micros * 1_000 + micros * ppm / 1_000;
    }

    /// As browsers do it: rounded up or down, by a threshold that differs in each cell.
    fn mono(&self) -> Mono {
        let width = self.resolution * 1_000;
        let cell = self.page / width;
        let threshold = cell.wrapping_mul(0x9E37_79B9).rem_euclid(width);
        (cell + i64::from(self.page % width > threshold)) * self.resolution
    }

    fn stamp(&self) -> i64 {
        self.server / 1_000
    }
}

/// Calls of a page that is near the truth: the time since the call before, which call, and two
/// lengths for it.
fn calls() -> impl Strategy<Value = Vec<(i64, u8, i64, i64)>> {
    let after = prop_oneof![-SECOND..3 * SECOND, 0..50i64, 0..20 * SECOND];
    let ahead = prop_oneof![-2 * SECOND..2 * SECOND, -50_000..50_000i64];
    prop::collection::vec((after, 0..5u8, 0..SECOND, ahead), 1..60)
}

fn call(clock: &mut Clock, now: Mono, what: u8, trip: i64, ahead: i64) -> Correction {
    match what {
        0 | 1 => return clock.probed(&probe(now, trip, ahead)),
        2 => drop(clock.ticked(now, EPOCH + now + ahead)),
        3 => drop(clock.checked(now, now + trip / 2)),
        _ => drop(clock.read(now)),
    }
    Correction::None
}

proptest! {
    #[test]
    fn while_it_runs_the_truth_is_within_the_error(
        (resolution, age) in (prop_oneof![5..=1_000i64, 1_000..20_000i64], 0..36_000 * SECOND),
        steps in prop::collection::vec(
            (0..4 * SECOND, 0..4usize, trip(), trip(), prop_oneof![-100..=100i64, Just(100)]),
            1..80,
        ),
    ) {
        let mut world = World { server: EPOCH * 1_000, page: age * 1_000, resolution };
        let mut clock = Clock::new(3 * SECOND, resolution);
        for (wait, what, there, back, ppm) in steps {
            world.pass(wait, ppm);
            let (left, tick) = (world.mono(), world.stamp());
            if what < 2 {
                // The second kind is quick: these are the estimates that are kept.
                let share = [1, 400][what];
                world.pass(there / share, ppm);
                let received = world.stamp();
                world.pass(there / 1_000, ppm);
                let sent = world.stamp();
                world.pass(back / share, ppm);
                clock.probed(&Probe { left, back: world.mono(), received, sent });
            } else if what == 2 {
                world.pass(there, ppm);
                clock.ticked(world.mono(), tick);
            }
            if let Some(it) = clock.read(world.mono()).filter(|it| !it.stopped) {
                let drawn = it.shown - it.shown.rem_euclid(DISPLAYED);
                for shown in [it.shown, drawn] {
                    let off = world.server - shown * 1_000;
                    prop_assert!(off.abs() <= it.error * 1_000, "{off} ns, {it:?}");
                }
            }
        }
    }

    #[test]
    fn between_steps_it_never_runs_backwards_and_at_nearly_its_own_pace(calls in calls()) {
        let mut clock = Clock::new(3 * SECOND, 5);
        let (mut now, mut latest) = (0, i64::MIN);
        let mut shown = i64::MIN;
        let mut running: Option<(Mono, i64)> = None;
        for (after, what, trip, ahead) in calls {
            now += after;
            latest = now.max(latest);
            if let Correction::Step(_) = call(&mut clock, now, what, trip, ahead) {
                (shown, running) = (i64::MIN, None);
            }
            let Some(it) = clock.read(now) else { continue };
            prop_assert!(it.shown >= shown, "{} after {shown}", it.shown);
            shown = it.shown;
            if it.stopped {
                continue;
            }
            if let Some((then, before)) = running.replace((latest, shown)) {
                let (passed, gained) = (latest - then, shown - before);
                prop_assert!((gained - passed).abs() <= passed / 20 + 1);
            }
        }
    }

    #[test]
    fn it_stops_two_intervals_after_the_last_confirmation_and_stands(calls in calls()) {
        let mut clock = Clock::new(3 * SECOND, 5);
        let mut stood: Option<Reading> = None;
        let (mut now, mut latest, mut confirmed) = (0, i64::MIN, i64::MIN);
        for (after, what, trip, ahead) in calls {
            now += after;
            latest = now.max(latest);
            if what < 3 {
                confirmed = latest;
            }
            call(&mut clock, now, what, trip, ahead);
            let Some(it) = clock.read(now) else { continue };
            prop_assert!(it.confirmed <= confirmed && it.error >= 0);
            prop_assert!(it.stopped || latest - it.confirmed < 6 * SECOND);
            let before = std::mem::replace(&mut stood, it.stopped.then_some(it));
            prop_assert!(before.is_none() || stood.is_none() || before == stood);
        }
    }

    #[test]
    fn a_server_whose_clock_is_set_is_followed(by in -3 * SECOND..3 * SECOND) {
        let mut clock = set();
        let correction = clock.probed(&probe(2 * SECOND, 100, by));
        match correction {
            Correction::None => prop_assert_eq!(by, 0),
            Correction::Slew(rest) => prop_assert!(rest == by && by.abs() <= SLEWED),
            Correction::Step(rest) => prop_assert!(rest == by && by.abs() > SLEWED),
        }
        for now in (3..13).map(|seconds| seconds * SECOND) {
            clock.ticked(now, EPOCH + by + now);
        }
        prop_assert_eq!(read(&mut clock, 12 * SECOND).0, by + 12 * SECOND);
        prop_assert!(read(&mut clock, 12 * SECOND).1 < 3_000);
    }

    #[test]
    fn no_number_makes_it_panic(
        interval: i64,
        resolution: i64,
        calls in prop::collection::vec((0..5, wild(), wild(), wild(), wild()), 1..20),
    ) {
        let mut clock = Clock::new(interval, resolution);
        for (what, left, back, received, sent) in calls {
            match what {
                0 => drop(clock.probed(&Probe { left, back, received, sent })),
                1 => drop(clock.ticked(left, sent)),
                2 => drop(clock.checked(left, sent)),
                3 => drop(clock.late(left, sent)),
                _ => drop(clock.read(left)),
            }
        }
    }
}

/// One direction of a round trip: hostile where all the delay is in the other.
fn trip() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 0..=400_000i64, Just(400_000)]
}

fn wild() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -100..100i64, Just(i64::MIN), Just(i64::MAX)]
}
