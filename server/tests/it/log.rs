//! The log on disk does what the one in memory does, which is simple enough to be the model.

mod pair;

use std::{sync::atomic::AtomicI64, time::Duration};

use belfry_hub::{
    Clock, Log,
    log::{AppendError, Bounds, Embedded, Key, Memory, Retention},
    tail,
};
use futures::{FutureExt, future::join_all};
use proptest::{collection::vec, prelude::*};
use tempfile::TempDir;

use crate::life::everything;
use pair::{Pair, Step, draft, open, place, sequence, step, topic_pattern};

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
