//! What a client may not see costs it nothing: reads of the disk are counted, and no time is measured.

use std::{sync::Arc, time::Duration};

use axum::http::{Request, StatusCode};
use belfry_hub::{
    Clock, Log,
    event::{Draft, Topic},
    log::{Embedded, Retention},
    tail,
};
use futures::future::try_join_all;

use crate::{disk::Disk, world::World};

/// How many times as many hidden events, or topics, there are in the larger log.
const MORE: usize = 8;

/// How many reads an answer may take in the larger log. Its trees are a level higher, and their shape
/// depends on how many events went into a commit together: a lookup reads up to twice as many pages, and
/// an answer of few lookups a few pages more. What reads the hidden ones reads [`MORE`] times as many.
fn bound(of_few: u64) -> u64 {
    of_few + of_few.max(30)
}

fn open(disk: &Disk) -> Arc<Embedded> {
    let tail = tail::Bounds { events: 1, ..tail::Bounds::default() };
    let disk = Arc::new(disk.clone());
    Arc::new(Embedded::open_on(disk, Clock::system(), Retention::default(), tail).unwrap())
}

/// A disk with a log of these events: topic, and whether private.
async fn holding(events: impl Iterator<Item = (String, bool)>) -> Disk {
    let disk = Disk::new(1);
    let log = open(&disk);
    let drafts = events.map(|(name, private)| {
        let (topics, data) = (vec![Topic::new(&name).unwrap()], "x".repeat(50));
        Draft { topics, event_type: None, data, private }
    });
    for drafts in drafts.collect::<Vec<_>>().chunks(1000) {
        try_join_all(drafts.iter().map(|draft| log.append(draft.clone(), None))).await.unwrap();
    }
    drop(log);
    disk
}

/// How often the disk is read for an answer to somebody who may read private events of these topics,
/// with nothing in any cache.
async fn reads_for(disk: &Disk, read: &[&str], path: &str) -> u64 {
    let disk = disk.copy();
    let world = World::with_log(Clock::system(), Duration::from_secs(3600), open(&disk));
    let before = disk.reads();
    let answer = match read {
        [] => world.get(path).await,
        read => world.ask_with(&world.token(&[], read), Request::get(path)).await,
    };
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    // A stream goes on; that it has begun is enough.
    let mut body = answer.into_body();
    crate::world::next(&mut body).await.unwrap();
    disk.reads() - before
}

async fn assert_equal_cost(few: &Disk, many: &Disk, read: &[&str], paths: &[String]) {
    for path in paths {
        let (of_few, of_many) =
            (reads_for(few, read, path).await, reads_for(many, read, path).await);
        println!("{path}: {of_few} reads, and {of_many} among {MORE} times as many");
        assert!(of_few > 2, "{path}: {of_few} reads are no measure");
        assert!(of_many <= bound(of_few), "{path}: {of_few} became {of_many}");
    }
}

/// Ten public events of a topic, each with `hidden` private ones before it.
async fn among(hidden: usize) -> Disk {
    let events = (0..10 * (hidden + 1)).map(|number| {
        let name = if number % 3 == 0 { "a/1" } else { "a/2" };
        let last = (number + 1) % (hidden + 1) == 0;
        (if last { "a/1" } else { name }.to_owned(), !last)
    });
    holding(events).await
}

#[tokio::test]
async fn reading_a_topic_costs_the_same_however_many_of_its_events_are_hidden() {
    let (few, many) = (among(100).await, among(100 * MORE).await);
    let begin = |disk: &Disk| open(&disk.copy()).cursor(0).to_string();
    for topic in ["a/1", "a/*"] {
        let history = ["?limit=5", "?limit=100", "?before=&limit=5"];
        let mut paths: Vec<_> =
            history.iter().map(|query| format!("/topics/{topic}{query}")).collect();
        paths.push(format!("/sse?topic={topic}&last=1"));
        assert_equal_cost(&few, &many, &[], &paths).await;
        // What was missed is counted too.
        let resumed = async |disk: &Disk| {
            let path = format!("/sse?topic={topic}&session=1&last_event_id={}", begin(disk));
            reads_for(disk, &[], &path).await
        };
        let (of_few, of_many) = (resumed(&few).await, resumed(&many).await);
        assert!(of_many <= bound(of_few), "resumed {topic}: {of_few} became {of_many}");
    }
}

/// Five topics that anybody sees, and `hidden` that nobody does.
async fn beside(hidden: usize) -> Disk {
    let shown = (0..5).map(|number| (format!("chat/{number}"), false));
    let hidden = (0..hidden).flat_map(|number| {
        [(format!("chat/hidden-{number}"), true), (format!("hidden/{number}"), true)]
    });
    holding(shown.chain(hidden)).await
}

#[tokio::test]
async fn listing_topics_and_rooms_costs_the_same_however_many_are_hidden() {
    let (few, many) = (beside(100).await, beside(100 * MORE).await);
    let paths =
        ["/topics", "/topics?limit=2", "/topics?prefix=chat/", "/topics?after=chat/3", "/chat"];
    assert_equal_cost(&few, &many, &[], &paths.map(str::to_owned)).await;
}

#[tokio::test]
async fn a_right_to_read_some_private_topics_does_not_cost_the_reading_of_others() {
    let (few, many) = (beside(100).await, beside(100 * MORE).await);
    for read in ["news/*", "chat/hidden-7", "h", "chat"] {
        let paths = ["/topics", "/topics?prefix=chat/", "/topics?prefix=hidden/"];
        assert_equal_cost(&few, &many, &[read], &paths.map(str::to_owned)).await;
    }
}
