//! Retention by age under a clock that anyone may set: both logs against a simple model of the rule.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use belfry_hub::{
    Clock, Log,
    log::{AppendError, Bounds, Embedded, Key, Memory, Query, Retention},
    selector::Selected,
    tail,
};
use proptest::{collection::vec, prelude::*};
use tempfile::TempDir;

use crate::{life::draft, world::BEGIN};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// A clock that is told what it says.
#[derive(Clone, Copy)]
struct Told {
    wall: &'static AtomicI64,
    boot: &'static AtomicI64,
}

impl Told {
    fn new() -> Self {
        let told = |micros| Box::leak(Box::new(AtomicI64::new(micros)));
        Self { wall: told(BEGIN), boot: told(0) }
    }

    fn clock(self) -> Clock {
        Clock::told_by(self.wall, self.boot)
    }

    fn pass(self, micros: i64) {
        self.boot.fetch_add(micros, Ordering::Relaxed);
        self.jump(micros);
    }

    fn jump(self, micros: i64) {
        self.wall.fetch_add(micros, Ordering::Relaxed);
    }

    fn now(self) -> (i64, i64) {
        (self.wall.load(Ordering::Relaxed), self.boot.load(Ordering::Relaxed))
    }
}

fn a_week(events: u64) -> Retention {
    Retention { total: Bounds { events, age: WEEK, bytes: u64::MAX }, rules: vec![] }
}

fn open(folder: &TempDir, told: Told, retention: Retention) -> Embedded {
    Embedded::open(folder.path(), told.clock(), retention, tail::Bounds::default()).unwrap()
}

/// Each of the two logs, empty.
fn both(folder: &TempDir, told: Told, retention: Retention) -> [Arc<dyn Log>; 2] {
    let memory = Memory::new(told.clock(), retention.clone(), tail::Bounds::default());
    [Arc::new(memory), Arc::new(open(folder, told, retention))]
}

/// The sequences of what is there.
async fn there(log: &dyn Log) -> Vec<u64> {
    let query = Query::after(vec![Selected::public(crate::life::topic("a"))], 0);
    log.read(query).await.unwrap().events.iter().map(|event| event.sequence).collect()
}

fn key() -> Option<Key> {
    Some(Key { scope: String::new(), name: "k".into() })
}

#[tokio::test]
async fn a_clock_that_is_ahead_for_a_moment_deletes_nothing() {
    let (folder, told) = (TempDir::new().unwrap(), Told::new());
    for log in both(&folder, told, a_week(1000)) {
        let once = draft("a", "once");
        log.append(once.clone(), key()).await.unwrap();
        for _ in 0..19 {
            log.append(draft("a", "1"), None).await.unwrap();
        }
        told.pass(2 * HOUR);
        told.jump(8 * DAY);
        for _ in 0..4 {
            told.pass(3 * SECOND);
            log.append(draft("a", "2"), None).await.unwrap();
            assert_eq!(there(&*log).await.len() as i64, log.tail().last() as i64);
        }
        assert_eq!(log.append(once.clone(), key()).await.map(|id| id.sequence), Ok(1));
        told.jump(-8 * DAY);
        assert_eq!(log.append(once.clone(), key()).await.map(|id| id.sequence), Ok(1));
        // In a week all have gone, and none stayed for having been ahead.
        told.pass(6 * DAY);
        log.append(draft("a", "3"), None).await.unwrap();
        assert_eq!(there(&*log).await.len(), 25);
        told.pass(DAY + HOUR);
        log.append(draft("a", "4"), None).await.unwrap();
        assert_eq!(there(&*log).await, [25, 26]);
    }
}

#[tokio::test]
async fn number_goes_on_bounding_while_the_clock_proves_itself() {
    let (folder, told) = (TempDir::new().unwrap(), Told::new());
    for log in both(&folder, told, a_week(3)) {
        for _ in 0..5 {
            log.append(draft("a", "1"), None).await.unwrap();
        }
        assert_eq!(there(&*log).await, [3, 4, 5]);
    }
}

#[tokio::test]
async fn a_key_is_kept_for_a_day_whatever_the_clock_says() {
    let (folder, told) = (TempDir::new().unwrap(), Told::new());
    for log in both(&folder, told, a_week(1000)) {
        told.jump(20 * DAY);
        // Stamped ahead: it counts from when that is noticed.
        log.append(draft("a", "1"), key()).await.unwrap();
        told.jump(-20 * DAY);
        let other = || log.append(draft("a", "2"), key());
        told.pass(HOUR);
        assert_eq!(other().await, Err(AppendError::KeyUsed));
        told.pass(HOUR);
        assert_eq!(other().await, Err(AppendError::KeyUsed));
        told.pass(23 * HOUR);
        assert_eq!(other().await, Err(AppendError::KeyUsed));
        told.pass(3 * HOUR);
        assert_eq!(other().await.map(|id| id.sequence), Ok(2));
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Publish,
    Pass(i64),
    Jump(i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => Just(Step::Publish),
        6 => (1..40_i64).prop_map(|hours| Step::Pass(hours * HOUR / 2)),
        2 => (-10..=10_i64).prop_map(|days| Step::Jump(days * DAY)),
        1 => Just(Step::Restart),
    ]
}

/// The rule, in as few words as there are.
#[derive(Default)]
struct Model {
    /// Sequence, stamp, time since boot, and by which process.
    events: Vec<(u64, i64, i64, u32)>,
    last: u64,
    process: u32,
    ahead: i64,
    agrees_since: i64,
}

impl Model {
    fn start(&mut self, (wall, boot): (i64, i64)) {
        self.process += 1;
        (self.ahead, self.agrees_since) = (wall - boot, boot);
    }

    fn publish(&mut self, (wall, boot): (i64, i64)) {
        if self.ahead != wall - boot {
            (self.ahead, self.agrees_since) = (wall - boot, boot);
        }
        self.last += 1;
        self.events.push((self.last, wall, boot, self.process));
        let process = self.process;
        let says = |(_, stamp, at, by): &(u64, i64, i64, u32)| {
            if *by == process { at + wall - boot } else { *stamp }
        };
        while boot - self.agrees_since >= HOUR {
            let published = self.events.iter().map(says).find(|says| *says <= wall);
            if wall - published.unwrap_or(wall) <= 7 * DAY {
                break;
            }
            self.events.remove(0);
        }
    }

    fn there(&self) -> Vec<u64> {
        self.events.iter().map(|(sequence, ..)| *sequence).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_goes_by_age_goes_by_the_rule(steps in vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (folder, told, mut model) = (TempDir::new().unwrap(), Told::new(), Model::default());
        let memory = Memory::new(told.clock(), a_week(u64::MAX), tail::Bounds::default());
        let mut disk = Some(open(&folder, told, a_week(u64::MAX)));
        model.start(told.now());
        for step in steps {
            match step {
                Step::Pass(micros) => told.pass(micros),
                Step::Jump(micros) => told.jump(micros),
                Step::Restart => {
                    drop(disk.take());
                    disk = Some(open(&folder, told, a_week(u64::MAX)));
                    model.start(told.now());
                }
                Step::Publish => runtime.block_on(async {
                    model.publish(told.now());
                    let disk = disk.as_ref().unwrap();
                    disk.append(draft("a", "1"), None).await.unwrap();
                    assert_eq!(there(disk).await, model.there());
                    memory.append(draft("a", "1"), None).await.unwrap();
                    if model.process == 1 {
                        assert_eq!(there(&memory).await, model.there());
                    }
                }),
            }
        }
    }
}
