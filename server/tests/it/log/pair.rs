//! The two logs, and what is done to both.

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
use proptest::{prelude::*, sample::subsequence};
use tempfile::TempDir;

const TOPICS: [&str; 5] = ["a", "b", "c/1", "c/2", "here/m"];
const PATTERNS: [&str; 6] = ["a", "b", "c/1", "c/*", "c*", "*"];
const SELECTORS: [&str; 6] = ["a", "b", "c/1", "c/2", "c/*", "here/m"];

/// Something that is done to both.
#[derive(Clone, Debug)]
pub(super) enum Step {
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

pub(super) fn step() -> impl Strategy<Value = Step> {
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

pub(super) fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

pub(super) fn draft(topics: &[&str], data: String, private: bool) -> Draft {
    let topics = topics.iter().map(|name| topic(name)).collect();
    Draft { topics, event_type: None, data, private }
}

pub(super) fn retention() -> Retention {
    Retention {
        total: Bounds { events: 25, age: Duration::MAX, bytes: 5000 },
        rules: vec![
            (Pattern::new("c/*").unwrap(), Bounds { events: 4, ..Bounds::NONE }),
            (topic_pattern("b"), Bounds { bytes: 1200, ..Bounds::NONE }),
        ],
    }
}

pub(super) fn topic_pattern(name: &str) -> Pattern {
    Pattern::new(name).unwrap()
}

/// A page without what names its log: events, whether there are more, three marks.
type Comparable = (Vec<(u64, i64, Draft)>, bool, u64, u64, u64);

pub(super) fn comparable(page: Page) -> Comparable {
    let events = page.events.into_iter().map(|event| (event.sequence, event.at, event.draft));
    (events.collect(), page.more, page.dropped, page.damaged, page.last)
}

/// What was appended, without what names its log.
pub(super) fn sequence(id: Result<Cursor, AppendError>) -> Result<u64, AppendError> {
    id.map(|id| id.sequence)
}

/// Where a reader of a topic stands that has read nothing.
pub(super) fn place(name: &str) -> Query {
    let selected = Grant::default().select(Selector::new(name).unwrap());
    Query { limit: 0, ..Query::after(vec![selected], 0) }
}

/// Both logs, at one time that stands still.
pub(super) struct Pair {
    folder: TempDir,
    clock: Clock,
    memory: Memory,
    embedded: Option<Embedded>,
    appended: u64,
}

impl Pair {
    pub(super) fn new() -> Self {
        static NOON: AtomicI64 = AtomicI64::new(1_795_324_681_400_000);
        let (folder, clock) = (TempDir::new().unwrap(), Clock::told_by(&NOON, &NOON));
        let memory = Memory::new(clock, retention(), tail::Bounds::default());
        let embedded = Some(open(&folder, clock, retention()));
        Self { folder, clock, memory, embedded, appended: 0 }
    }

    pub(super) fn embedded(&self) -> &Embedded {
        self.embedded.as_ref().unwrap()
    }

    /// Asked again and again: what was found before the last step does not count.
    pub(super) async fn tell_the_same_place(&self) {
        for name in TOPICS {
            let there = self.memory.read(place(name)).await.unwrap();
            let here = self.embedded().read(place(name)).await.unwrap();
            assert_eq!(comparable(here), comparable(there));
        }
    }

    pub(super) async fn take(&mut self, step: Step) {
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

pub(super) fn open(folder: &TempDir, clock: Clock, retention: Retention) -> Embedded {
    Embedded::open(folder.path(), clock, retention, tail::Bounds::default()).unwrap()
}
