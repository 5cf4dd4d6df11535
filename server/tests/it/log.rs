//! The log on disk does what the one in memory does, which is simple enough to be the model.

use std::{sync::atomic::AtomicI64, time::Duration};

use proptest::{collection::vec, prelude::*, sample::subsequence};
use server::{
    Clock, Log,
    event::{Draft, Pattern, Topic},
    grant::Grant,
    log::{AppendError, Bounds, Embedded, Key, Memory, Order, Page, Query, Retention},
    tail,
};
use tempfile::TempDir;

const TOPICS: [&str; 4] = ["a", "b", "c/1", "c/2"];

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
        6 => (topics(), 0..60_u64, proptest::option::of(0..60_u64), any::<bool>(), 1..30_usize, 1..2000_usize,
              proptest::option::of(prop::sample::select(&TOPICS[..])))
            .prop_map(|(topics, after, before, backwards, limit, bytes, reads)| Step::Read {
                topics, after, before, backwards, limit, bytes, reads,
            }),
        1 => (prop::sample::select(&["", "c", "c/", "x"][..]),
              proptest::option::of(prop::sample::select(&TOPICS[..])), 1..4_usize)
            .prop_map(|(prefix, after, limit)| Step::List { prefix, after, limit }),
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

fn comparable(page: Page) -> (Vec<server::event::Event>, bool, u64, u64) {
    (page.events, page.more, page.dropped, page.last)
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

    async fn take(&mut self, step: Step) {
        match step {
            Step::Append { topics, size, key, private } => {
                self.appended += 1;
                // What has a key is now and then the same and now and then another.
                let data = key.map_or(self.appended.to_string(), |_| String::new());
                let draft = draft(&topics, data + &"x".repeat(size / 100 * 100), private);
                let key = key.map(|key| Key { subject: None, name: key.to_string() });
                let there = self.memory.append(draft.clone(), key.clone()).await;
                assert_eq!(self.embedded().append(draft, key).await, there);
            }
            Step::Purge { topic: name, before } => {
                let before = before.unwrap_or(u64::MAX);
                let there = self.memory.purge(topic(name), before).await;
                assert_eq!(self.embedded().purge(topic(name), before).await, there);
            }
            Step::Read { topics, after, before, backwards, limit, bytes, reads } => {
                let read = reads.iter().map(|name| topic_pattern(name)).collect();
                let query = Query {
                    topics: topics.iter().map(|name| topic(name)).collect(),
                    after,
                    before: before.unwrap_or(u64::MAX),
                    order: if backwards { Order::Backwards } else { Order::Forwards },
                    limit,
                    bytes,
                    grant: Grant { read, ..Grant::default() },
                };
                let there = self.memory.count(query.clone()).await;
                assert_eq!(self.embedded().count(query.clone()).await, there);
                let there = self.memory.read(query.clone()).await.unwrap();
                let here = self.embedded().read(query).await.unwrap();
                assert_eq!(comparable(here), comparable(there));
            }
            Step::List { prefix, after, limit } => {
                let after = after.map(topic);
                let there = self.memory.topics(prefix.into(), after.clone(), limit).await;
                assert_eq!(self.embedded().topics(prefix.into(), after, limit).await, there);
            }
            Step::Reopen => {
                let epoch = self.embedded().epoch();
                self.embedded = None;
                self.embedded = Some(open(&self.folder, self.clock, retention()));
                assert_eq!(self.embedded().epoch(), epoch);
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
            }
        });
    }
}

#[tokio::test]
async fn a_key_tells_a_publish_that_was_sent_again() {
    static NOW: AtomicI64 = AtomicI64::new(1_795_324_681_400_000);
    let folder = TempDir::new().unwrap();
    let clock = Clock::told_by(&NOW, &NOW).proven();
    let log = open(&folder, clock, Retention::default());
    let key = |subject: &str| Some(Key { subject: Some(subject.into()), name: "k".into() });
    let one = draft(&["a"], "1".into(), false);
    let two = draft(&["a"], "2".into(), false);
    assert_eq!(log.append(one.clone(), key("me")).await, Ok(1));
    assert_eq!(log.append(one.clone(), key("me")).await, Ok(1));
    assert_eq!(log.append(two.clone(), key("me")).await, Err(AppendError::KeyUsed));
    assert_eq!(log.append(two.clone(), key("you")).await, Ok(2));
    drop(log);
    let log = open(&folder, clock, Retention::default());
    assert_eq!(log.append(one.clone(), key("me")).await, Ok(1));
    NOW.fetch_add(24 * 3600 * 1_000_000 + 1, std::sync::atomic::Ordering::Relaxed);
    // Keys go with the commits that follow.
    assert_eq!(log.append(one.clone(), None).await, Ok(3));
    assert_eq!(log.append(two, key("me")).await, Ok(4));
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
        let topics = log.topics(String::new(), None, 9).await.unwrap();
        topics.into_iter().map(|count| count.topic.to_string()).collect()
    };
    let gone = async {
        while names().await != ["long"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("it is gone within 30 s");
}
