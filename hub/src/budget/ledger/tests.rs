//! Random histories of a ledger in virtual time: nothing leaks, and everyone who waits gets a turn.

use proptest::{collection::vec, prelude::*};

use super::*;

const LIMIT: usize = 1600;
const SHARE: usize = LIMIT / SHARES;

/// One of the test's connections; stalled since its beginning, if at all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reader {
    id: u64,
    stalled: Option<Instant>,
}

impl Party for Reader {
    fn id(&self) -> u64 {
        self.id
    }

    fn stalled_since(&self) -> Option<Instant> {
        self.stalled
    }
}

fn client(number: u64) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, u8::try_from(number).unwrap()]))
}

fn reader(id: u64, stalled: Instant) -> Reader {
    Reader { id, stalled: Some(stalled) }
}

/// A full ledger: each of sixteen clients has its share, the first one for the longest.
fn full(now: Instant) -> Ledger<Reader> {
    let mut ledger = Ledger::new(LIMIT);
    for id in 0..16 {
        let since = now - Duration::from_secs(60 - id);
        assert!(ledger.take(&reader(id, since), client(id), SHARE), "{id}");
    }
    ledger
}

fn ids(victims: &[Reader]) -> Vec<u64> {
    victims.iter().map(|one| one.id).collect()
}

#[test]
fn a_client_has_a_sixteenth_and_what_is_larger_alone() {
    let now = Instant::now();
    let mut ledger = Ledger::new(LIMIT);
    assert!(ledger.take(&reader(1, now), client(1), 60));
    assert!(!ledger.take(&reader(2, now), client(1), 41));
    assert!(ledger.take(&reader(2, now), client(1), 40));
    assert!(ledger.take(&reader(3, now), client(2), 7 * SHARE), "alone");
    assert!(!ledger.take(&reader(4, now), client(2), 1));
}

#[test]
fn a_connection_has_one_reservation() {
    let now = Instant::now();
    let mut ledger = Ledger::new(LIMIT);
    assert!(ledger.take(&reader(1, now), client(1), 10));
    assert!(!ledger.take(&reader(1, now), client(1), 10));
    let ticket = ledger.wait(reader(1, now), client(1), 10, now);
    assert!(ledger.grant().is_empty());
    // It waits for itself: nobody is cut for it.
    assert!(ledger.press(now + 10 * PATIENCE).is_empty());
    ledger.release(1, 10, now);
    assert_eq!(ledger.grant(), [ticket]);
}

#[test]
fn who_has_waited_for_a_second_has_the_longest_stalled_cut() {
    let now = Instant::now();
    let mut ledger = full(now);
    let ticket = ledger.wait(reader(20, now), client(20), 50, now);
    assert!(ledger.grant().is_empty() && ledger.press(now).is_empty());
    assert!(ledger.press(now + PATIENCE - Duration::from_millis(1)).is_empty());
    assert_eq!(ids(&ledger.press(now + PATIENCE)), [0]);
    // Its room comes; no other is cut for the same.
    assert!(ledger.press(now + 2 * PATIENCE).is_empty());
    ledger.release(0, SHARE, now);
    assert_eq!(ledger.grant(), [ticket]);
}

#[test]
fn who_has_no_share_takes_what_there_is() {
    let (mut ledger, now) = (Ledger::new(LIMIT), Instant::now());
    for id in 1..=3 {
        assert!(ledger.take(&reader(id, now), None, 2 * SHARE), "{id}");
    }
    assert!(ledger.grow(1, 10 * SHARE));
    assert!(!ledger.take(&reader(4, now), None, 1), "the whole is a bound");
    for (id, bytes) in [(1, 12 * SHARE), (2, 2 * SHARE), (3, 2 * SHARE)] {
        ledger.release(id, bytes, now);
    }
    assert_eq!(ledger.used(), 0);
}

#[test]
fn who_lacks_its_own_share_has_its_own_client_cut_and_holds_up_nobody() {
    let now = Instant::now();
    let mut ledger = full(now);
    ledger.release(9, SHARE, now);
    let own = ledger.wait(reader(20, now), client(5), 50, now);
    assert!(ledger.grant().is_empty());
    assert!(ledger.take(&reader(21, now), client(30), SHARE), "another is held up");
    ledger.release(21, SHARE, now);
    assert_eq!(ids(&ledger.press(now + PATIENCE)), [5]);
    ledger.release(5, SHARE, now);
    assert_eq!(ledger.grant(), [own]);
}

#[test]
fn nobody_is_cut_who_moves_or_has_only_just_stopped() {
    let now = Instant::now();
    let mut ledger = Ledger::new(LIMIT);
    assert!(ledger.take(&Reader { id: 1, stalled: None }, client(1), LIMIT));
    ledger.wait(reader(2, now), client(2), SHARE, now);
    ledger.grant();
    assert!(ledger.press(now + 60 * PATIENCE).is_empty());

    let mut ledger = Ledger::new(LIMIT);
    assert!(ledger.take(&reader(1, now + PATIENCE), client(1), LIMIT));
    ledger.wait(reader(2, now), client(2), SHARE, now);
    assert!(ledger.press(now + PATIENCE).is_empty());
    assert_eq!(ids(&ledger.press(now + 2 * PATIENCE)), [1]);
}

#[test]
fn nobody_overtakes_what_is_large() {
    let now = Instant::now();
    let mut ledger = full(now);
    let large = ledger.wait(reader(20, now), client(20), 2 * SHARE, now);
    ledger.grant();
    ledger.release(0, SHARE, now);
    assert!(ledger.grant().is_empty());
    assert!(!ledger.take(&reader(21, now), client(21), 1), "it was overtaken");
    ledger.release(1, SHARE, now);
    assert_eq!(ledger.grant(), [large]);
}

#[derive(Clone, Debug)]
enum Step {
    Take { id: u64, bytes: usize },
    Grow { id: u64, more: usize },
    Wait { id: u64, bytes: usize },
    Leave { nth: usize },
    Release { id: u64, part: usize },
    Pass { millis: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0..48u64;
    prop_oneof![
        (id(), 1..3 * SHARE).prop_map(|(id, bytes)| Step::Take { id, bytes }),
        (id(), 1..SHARE).prop_map(|(id, more)| Step::Grow { id, more }),
        (id(), 1..2 * LIMIT).prop_map(|(id, bytes)| Step::Wait { id, bytes }),
        (id(), 1..SHARE).prop_map(|(id, bytes)| Step::Wait { id, bytes }),
        (0..8usize).prop_map(|nth| Step::Leave { nth }),
        (id(), 1..=3usize).prop_map(|(id, part)| Step::Release { id, part }),
        (0..1500u64).prop_map(|millis| Step::Pass { millis }),
    ]
}

/// A ledger, what the test knows of it, and the time.
struct World {
    ledger: Ledger<Reader>,
    begun: Instant,
    now: Instant,
    holds: BTreeMap<u64, usize>,
    waits: BTreeMap<u64, (u64, usize)>,
}

impl World {
    fn begin() -> Self {
        let begun = Instant::now();
        let (holds, waits) = (BTreeMap::new(), BTreeMap::new());
        Self { ledger: Ledger::new(LIMIT), begun, now: begun, holds, waits }
    }

    /// Three connections make a client; they have been stalled for ever.
    fn party(&self, id: u64) -> (Reader, Option<IpAddr>) {
        (reader(id, self.begun), client(id / 3))
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Take { id, bytes } => {
                let (party, client) = self.party(id);
                if self.ledger.take(&party, client, bytes) {
                    assert_eq!(self.holds.insert(id, bytes), None);
                }
            }
            Step::Grow { id, more } => {
                if self.ledger.grow(id, more) {
                    *self.holds.get_mut(&id).unwrap() += more;
                }
            }
            Step::Wait { id, bytes } if self.waits.values().all(|(other, _)| *other != id) => {
                let (party, client) = self.party(id);
                let ticket = self.ledger.wait(party, client, bytes, self.now);
                self.waits.insert(ticket, (id, bytes));
            }
            Step::Wait { .. } => {}
            Step::Leave { nth } => {
                if let Some(ticket) = self.waits.keys().nth(nth).copied() {
                    assert!(self.ledger.leave(ticket));
                    self.waits.remove(&ticket);
                }
            }
            Step::Release { id, part } => {
                if let Some(bytes) = self.holds.get(&id).copied() {
                    self.release(id, bytes.div_ceil(part));
                }
            }
            Step::Pass { millis } => {
                self.now += Duration::from_millis(millis);
                for victim in self.ledger.press(self.now) {
                    let bytes = self.holds[&victim.id];
                    self.release(victim.id, bytes);
                }
            }
        }
        for ticket in self.ledger.grant() {
            let (id, bytes) = self.waits.remove(&ticket).unwrap();
            assert_eq!(self.holds.insert(id, bytes), None, "{id} holds two reservations");
        }
    }

    fn release(&mut self, id: u64, bytes: usize) {
        self.ledger.release(id, bytes, self.now);
        let left = self.holds.get_mut(&id).unwrap();
        *left -= bytes;
        if *left == 0 {
            self.holds.remove(&id);
        }
    }

    fn check(&self) {
        let used: usize = self.holds.values().sum();
        assert_eq!(self.ledger.used(), used);
        assert!(used <= LIMIT || self.holds.len() == 1, "{used} in use by several");
        for number in 0..16 {
            let own = || self.holds.iter().filter(|(id, _)| *id / 3 == number);
            let used: usize = own().map(|(_, bytes)| bytes).sum();
            assert!(used <= SHARE || own().count() == 1, "client {number} has {used}");
        }
    }
}

proptest! {
    #[test]
    fn nothing_leaks_and_everyone_has_their_turn(steps in vec(step(), 1..200)) {
        let mut world = World::begin();
        for step in &steps {
            world.take(step);
            world.check();
        }
        // Nobody reads any more: each second, who is cut lets go.
        let waiting = world.waits.len();
        for _ in 0..=2 * waiting {
            world.take(&Step::Pass { millis: 1000 });
            world.check();
            // Whoever has got something is done with it.
            if world.waits.is_empty() {
                break;
            }
            let own: Vec<_> = world.waits.values().map(|(id, _)| *id).collect();
            for id in own {
                world.take(&Step::Release { id, part: 1 });
            }
        }
        prop_assert!(world.waits.is_empty(), "{:?} wait for ever", world.waits);
        for id in 0..48 {
            world.take(&Step::Release { id, part: 1 });
        }
        prop_assert_eq!(world.ledger.used(), 0);
        prop_assert!(world.ledger.clients.is_empty() && world.ledger.holders.is_empty());
        prop_assert!(!world.ledger.is_waited_for());
    }
}
