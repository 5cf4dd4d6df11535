//! The log on disk does what the one in memory does, which is simple enough to be the model.

use std::{sync::atomic::AtomicI64, time::Duration};

use belfry_hub::{
    Clock, Log,
    cursor::Cursor,
    event::{Draft, Event, Pattern, Topic},
    grant::Grant,
    log::{AppendError, Bounds, Embedded, Key, Listing, Memory, Order, Page, Query, Retention},
    selector::Selector,
    tail,
};
use futures::{FutureExt, future::join_all};
use proptest::{collection::vec, prelude::*, sample::subsequence};
use tempfile::TempDir;

use crate::life::everything;

const TOPICS: [&str; 5] = ["a", "b", "c/1", "c/2", "here/m"];
const PATTERNS: [&str; 6] = ["a", "b", "c/1", "c/*", "c*", "*"];
const SELECTORS: [&str; 6] = ["a", "b", "c/1", "c/2", "c/*", "here/m"];

/// Something that is done to both.
#[derive(Clone, Debug)]
enum Step {
    Append {
        topics: Vec<&'static str>,
        size: usize,
        key: Option<u8>,
        private: bool,
    },
    Purge {
        topic: &'static str,
        before: Option<u64>,
    },
    Remove {
        topic: &'static str,
        sequence: u64,
    },
    Read {
        topics: Vec<&'static str>,
        after: u64,
        before: Option<u64>,
        backwards: bool,
        limit: usize,
        bytes: usize,
        reads: Option<&'static str>,
    },
    List {
        prefix: &'static str,
        after: Option<&'static str>,
        limit: usize,
        reads: Option<&'static str>,
    },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let topics = || subsequence(TOPICS.to_vec(), 1..=3);
    prop_oneof![
        12 => (topics(), 0..300_usize, proptest::option::weighted(0.2, 0..5_u8), any::<bool>())
            .prop_map(|(topics, size, key, private)| Step::Append { topics, size, key, private }),
        1 => (prop::sample::select(&TOPICS[..]), proptest::option::of(0..60_u64))
            .prop_map(|(topic, before)| Step::Purge { topic, before }),
        2 => (prop::sample::select(&TOPICS[..]), 1..60_u64)
            .prop_map(|(topic, sequence)| Step::Remove { topic, sequence }),
        6 => (subsequence(SELECTORS.to_vec(), 1..=3), 0..60_u64, proptest::option::of(0..60_u64), any::<bool>(), 1..30_usize, 1..2000_usize,
              proptest::option::of(prop::sample::select(&PATTERNS[..])))
            .prop_map(|(topics, after, before, backwards, limit, bytes, reads)| Step::Read {
                topics, after, before, backwards, limit, bytes, reads,
            }),
        1 => (prop::sample::select(&["", "c", "c/", "x"][..]),
              proptest::option::of(prop::sample::select(&TOPICS[..])), 1..4_usize,
              proptest::option::of(prop::sample::select(&PATTERNS[..])))
            .prop_map(|(prefix, after, limit, reads)| Step::List { prefix, after, limit, reads }),
        1 => Just(Step::Reopen),
    ]
}

fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

fn draft(topics: &[&str], data: String, private: bool) -> Draft {
    let topics = topics.iter().map(|name| topic(name)).collect();
    Draft { topics, event_type: None, data, private }
}

fn retention() -> Retention {
    Retention {
        total: Bounds { events: 25, age: Duration::MAX, bytes: 5000 },
        rules: vec![
            (Pattern::new("c/*").unwrap(), Bounds { events: 4, ..Bounds::NONE }),
            (topic_pattern("b"), Bounds { bytes: 1200, ..Bounds::NONE }),
        ],
    }
}

fn topic_pattern(name: &str) -> Pattern {
    Pattern::new(name).unwrap()
}

/// A page without what names its log: events, whether there are more, three marks.
type Comparable = (Vec<(u64, i64, Draft)>, bool, u64, u64, u64);

fn comparable(page: Page) -> Comparable {
    let events = page.events.into_iter().map(|event| (event.sequence, event.at, event.draft));
    (events.collect(), page.more, page.dropped, page.damaged, page.last)
}

/// What was appended, without what names its log.
fn sequence(id: Result<Cursor, AppendError>) -> Result<u64, AppendError> {
    id.map(|id| id.sequence)
}

/// Where a reader of a topic stands that has read nothing.
fn place(name: &str) -> Query {
    let selected = Grant::default().select(Selector::new(name).unwrap());
    Query { limit: 0, ..Query::after(vec![selected], 0) }
}

/// Both logs, at one time that stands still.
struct Pair {
    folder: TempDir,
    clock: Clock,
    memory: Memory,
    embedded: Option<Embedded>,
    appended: u64,
}

impl Pair {
    fn new() -> Self {
        static NOON: AtomicI64 = AtomicI64::new(1_795_324_681_400_000);
        let (folder, clock) = (TempDir::new().unwrap(), Clock::told_by(&NOON, &NOON));
        let memory = Memory::new(clock, retention(), tail::Bounds::default());
        let embedded = Some(open(&folder, clock, retention()));
        Self { folder, clock, memory, embedded, appended: 0 }
    }

    fn embedded(&self) -> &Embedded {
        self.embedded.as_ref().unwrap()
    }

    /// Asked again and again: what was found before the last step does not count.
    async fn tell_the_same_place(&self) {
        for name in TOPICS {
            let there = self.memory.read(place(name)).await.unwrap();
            let here = self.embedded().read(place(name)).await.unwrap();
            assert_eq!(comparable(here), comparable(there));
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Append { topics, size, key, private } => {
                self.appended += 1;
                // What has a key is now and then the same and now and then another.
                let data = key.map_or(self.appended.to_string(), |_| String::new());
                let draft = draft(&topics, data + &"x".repeat(size / 100 * 100), private);
                let key = key.map(|key| Key { scope: String::new(), name: key.to_string() });
                let there = sequence(self.memory.append(draft.clone(), key.clone()).await);
                assert_eq!(sequence(self.embedded().append(draft, key).await), there);
            }
            Step::Purge { topic: name, before } => {
                let before = before.unwrap_or(u64::MAX);
                let there = self.memory.purge(topic(name), before).await;
                assert_eq!(self.embedded().purge(topic(name), before).await, there);
            }
            Step::Remove { topic: name, sequence } => {
                let removed = |event: Option<Event>| event.map(|event| event.draft);
                let id = self.memory.cursor(sequence);
                let there = self.memory.remove(topic(name), id).await.map(removed);
                let id = self.embedded().cursor(sequence);
                assert_eq!(self.embedded().remove(topic(name), id).await.map(removed), there);
            }
            Step::Read { topics, after, before, backwards, limit, bytes, reads } => {
                let read = reads.iter().map(|name| topic_pattern(name)).collect();
                let grant = Grant { read, ..Grant::default() };
                let selected = |name: &&str| grant.select(Selector::new(name).unwrap());
                let query = Query {
                    topics: topics.iter().map(selected).collect(),
                    after,
                    before: before.unwrap_or(u64::MAX),
                    order: if backwards { Order::Backwards } else { Order::Forwards },
                    limit,
                    bytes,
                };
                let there = self.memory.count(query.clone()).await;
                assert_eq!(self.embedded().count(query.clone()).await, there);
                let there = self.memory.read(query.clone()).await.unwrap();
                let here = self.embedded().read(query).await.unwrap();
                assert_eq!(comparable(here), comparable(there));
            }
            Step::List { prefix, after, limit, reads } => {
                let private = reads.iter().map(|name| topic_pattern(name)).collect();
                let (prefix, after) = (prefix.into(), after.map(topic));
                let listing = Listing { prefix, after, limit, private };
                let there = self.memory.topics(listing.clone()).await;
                assert_eq!(self.embedded().topics(listing).await, there);
            }
            Step::Reopen => {
                let before = self.embedded().tail().position();
                self.embedded = None;
                self.embedded = Some(open(&self.folder, self.clock, retention()));
                // A position keeps its name.
                assert_eq!(self.embedded().tail().position(), before);
                assert_eq!(self.embedded().tail().last(), self.memory.tail().last());
            }
        }
    }
}

fn open(folder: &TempDir, clock: Clock, retention: Retention) -> Embedded {
    Embedded::open(folder.path(), clock, retention, tail::Bounds::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn on_disk_it_is_as_in_memory(steps in vec(step(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut pair = Pair::new();
            for step in steps {
                pair.take(step).await;
                pair.tell_the_same_place().await;
            }
        });
    }
}

#[tokio::test]
async fn where_readers_stand_is_read_once_until_something_changes() {
    let mut pair = Pair::new();
    let step = |data| Step::Append { topics: vec!["a"], size: data, key: None, private: false };
    pair.take(step(1)).await;
    let at_once = |pair: &Pair| pair.embedded().read(place("a")).now_or_never().map(Result::unwrap);
    assert!(at_once(&pair).is_none());
    assert_eq!(pair.embedded().read(place("a")).await.unwrap().last, 1);
    assert_eq!(at_once(&pair).map(|page| page.last), Some(1));
    pair.take(step(2)).await;
    assert!(at_once(&pair).is_none());
    assert_eq!(pair.embedded().read(place("a")).await.unwrap().last, 2);
    pair.take(Step::Purge { topic: "a", before: Some(2) }).await;
    assert!(at_once(&pair).is_none());
    assert_eq!(pair.embedded().read(place("a")).await.unwrap().dropped, 1);
    assert_eq!(at_once(&pair).map(|page| page.dropped), Some(1));
}

#[tokio::test]
async fn a_key_tells_a_publish_that_was_sent_again() {
    static NOW: AtomicI64 = AtomicI64::new(1_795_324_681_400_000);
    let folder = TempDir::new().unwrap();
    let clock = Clock::told_by(&NOW, &NOW).proven();
    let log = open(&folder, clock, Retention::default());
    let key = |scope: &str| Some(Key { scope: scope.into(), name: "k".into() });
    let append = async |log: &Embedded, draft, key| sequence(log.append(draft, key).await);
    let one = draft(&["a"], "1".into(), false);
    let two = draft(&["a"], "2".into(), false);
    assert_eq!(append(&log, one.clone(), key("me")).await, Ok(1));
    assert_eq!(append(&log, one.clone(), key("me")).await, Ok(1));
    assert_eq!(append(&log, two.clone(), key("me")).await, Err(AppendError::KeyUsed));
    assert_eq!(append(&log, two.clone(), key("you")).await, Ok(2));
    drop(log);
    let log = open(&folder, clock, Retention::default());
    assert_eq!(append(&log, one.clone(), key("me")).await, Ok(1));
    NOW.fetch_add(24 * 3600 * 1_000_000 + 1, std::sync::atomic::Ordering::Relaxed);
    // Keys go with the commits that follow.
    assert_eq!(append(&log, one.clone(), None).await, Ok(3));
    assert_eq!(append(&log, two, key("me")).await, Ok(4));
}

#[tokio::test]
async fn keys_are_bounded_and_the_oldest_are_forgotten_first() {
    const KEYS: u64 = 1_100;
    let (folder, clock, tail) = (TempDir::new().unwrap(), Clock::system(), tail::Bounds::default());
    let total = Bounds { events: 1, ..Bounds::NONE };
    let retention = Retention { total, rules: Vec::new() };
    let on_disk: Box<dyn Log> = Box::new(open(&folder, clock, retention.clone()));
    for log in [on_disk, Box::new(Memory::new(clock, retention, tail))] {
        let append = |number: u64| {
            let key = Key { scope: "me".into(), name: number.to_string() };
            log.append(draft(&["a"], number.to_string(), false), Some(key))
        };
        let appended = join_all((0..KEYS).map(append)).await;
        let newest = append(KEYS).await.unwrap();
        // At least a thousand are kept, and one more with each publish until the next.
        assert!((1_000..=1_001).contains(&log.held().keys), "{:?}", log.held());
        assert_eq!(append(KEYS).await, Ok(newest));
        assert_ne!(append(0).await, appended[0]);
    }
}

#[tokio::test]
async fn events_age_where_nothing_is_published() {
    static NOW: AtomicI64 = AtomicI64::new(1_795_324_681_400_000);
    let folder = TempDir::new().unwrap();
    let rule = Bounds { age: Duration::from_secs(10), ..Bounds::NONE };
    let rules = vec![(topic_pattern("short"), rule)];
    let log = open(
        &folder,
        Clock::told_by(&NOW, &NOW).proven(),
        Retention { total: Bounds::NONE, rules },
    );
    for name in ["short", "long"] {
        log.append(draft(&[name], "1".into(), false), None).await.unwrap();
    }
    NOW.fetch_add(11_000_000, std::sync::atomic::Ordering::Relaxed);
    let names = async || -> Vec<String> {
        let topics = log.topics(everything()).await.unwrap();
        topics.into_iter().map(|count| count.topic.to_string()).collect()
    };
    let gone = async {
        while names().await != ["long"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("it is gone within 30 s");
}

#[tokio::test]
async fn what_the_server_adds_holds_no_event() {
    let (folder, clock) = (TempDir::new().unwrap(), Clock::starting_at(0));
    let bounds = Bounds { events: 3, ..Bounds::NONE };
    let rules = vec![(topic_pattern("chat/*"), bounds)];
    let log = open(&folder, clock, Retention { total: Bounds::NONE, rules });
    for number in 0..9 {
        let said = draft(&["chat/lobby", "here/lobby/mark"], number.to_string(), false);
        log.append(said, None).await.unwrap();
    }
    assert_eq!(log.held().events, 3);
    let topics = log.topics(everything()).await.unwrap();
    assert_eq!(topics.iter().map(|one| one.events).collect::<Vec<_>>(), [3, 3]);
}
