//! A log whose file was damaged: never wrong data, never a panic, and nothing lost that can be read.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use belfry_hub::{
    Clock, Hub, Log,
    event::{Draft, Pattern, Topic},
    log::{
        Bounds, Embedded, Key, Listing, Page, Query, Retention,
        embedded::{self, OpenError},
    },
    selector::{Selected, Selector},
    tail,
};
use fastrand::Rng;
use tempfile::TempDir;
use tokio::{runtime::Runtime, time::timeout};

use crate::life::BOUND;

const TOPICS: [&str; 5] = ["a", "b", "chat/lobby", "chat/tea", "deep/er/down"];

/// What to do about damage that cannot be worked around.
const REPAIR: &str = "belfry check --repair";

/// What is kept of topic `b`.
const KEPT_OF_B: u64 = 20;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

fn open(folder: &Path) -> Result<Embedded, OpenError> {
    let rules = vec![(Pattern::new("b").unwrap(), Bounds { events: KEPT_OF_B, ..Bounds::NONE })];
    let retention = Retention { total: Bounds::NONE, rules };
    Embedded::open(folder, Clock::system(), retention, tail::Bounds::default())
}

/// What there is of each selector, private events too.
type Contents = BTreeMap<String, Vec<(u64, Draft)>>;

async fn page(log: &Embedded, selector: &str, after: u64) -> Result<Page, String> {
    let selected = Selected::all(Selector::new(selector).unwrap());
    let read = log.read(Query { limit: 50, ..Query::after(vec![selected], after) });
    let page = timeout(BOUND, read).await.map_err(|_| "no answer".to_owned())?;
    page.map_err(|why| why.to_string())
}

/// Reads all there is, and how much of it the log says to be missing: everything up to some sequences.
async fn contents(log: &Embedded) -> (Contents, BTreeMap<String, u64>) {
    let (mut contents, mut missing) = (Contents::new(), BTreeMap::new());
    for selector in TOPICS.into_iter().chain(["chat/*", "deep/*"]) {
        let (mut after, mut told) = (0, 0);
        let found = contents.entry(selector.to_owned()).or_default();
        loop {
            let Ok(page) = page(log, selector, after).await else {
                told = u64::MAX;
                break;
            };
            told = page.dropped.max(page.damaged).max(told);
            found.extend(page.events.iter().map(|one| (one.sequence, one.draft.clone())));
            match page.events.last() {
                Some(last) if page.more => after = last.sequence,
                _ => break,
            }
        }
        missing.insert(selector.to_owned(), told);
    }
    (contents, missing)
}

/// What a log holds, what it says to be missing, and what was ever published and never removed.
struct Was {
    contents: Contents,
    missing: BTreeMap<String, u64>,
    published: BTreeMap<u64, Draft>,
}

/// Makes a log with some of everything, and says what is in it.
fn make(folder: &Path, restarts: u32) -> Was {
    let runtime = runtime();
    let mut random = Rng::with_seed(restarts.into());
    let mut published = BTreeMap::new();
    for _ in 0..restarts {
        let log = Arc::new(open(folder).unwrap());
        let hub = Hub::new(Clock::system(), log.clone());
        for number in 0..120_u32 {
            let mut topics = vec![TOPICS[random.usize(..TOPICS.len())]];
            let also = TOPICS[random.usize(..TOPICS.len())];
            if random.u8(..4) == 0 && topics[0] != also {
                topics.push(also);
            }
            let topics = topics.into_iter().map(|name| Topic::new(name).unwrap()).collect();
            let data = format!("{number} ").repeat(random.usize(1..80));
            let private = random.u8(..4) == 0;
            let draft = Draft { topics, event_type: None, data, private };
            let key = (random.u8(..3) == 0)
                .then(|| Key { scope: "s".into(), name: random.u64(..).to_string() });
            let id = runtime.block_on(log.append(draft.clone(), key)).unwrap();
            published.insert(id.sequence, draft);
        }
        let lobby = Topic::new("chat/lobby").unwrap();
        let some = runtime.block_on(page(&log, "chat/lobby", 0)).unwrap().events;
        for event in some.iter().filter(|event| event.draft.event_type.is_none()).step_by(5) {
            assert!(runtime.block_on(hub.remove(lobby.clone(), event.id())).unwrap());
            published.remove(&event.sequence);
        }
        let purged = Topic::new("a").unwrap();
        runtime.block_on(hub.purge(purged.clone())).unwrap();
        published.retain(|_, draft| !draft.topics.contains(&purged));
        for number in 0..9 {
            let draft = Draft {
                topics: vec![purged.clone()],
                event_type: None,
                data: number.to_string(),
                private: false,
            };
            let id = runtime.block_on(log.append(draft.clone(), None)).unwrap();
            published.insert(id.sequence, draft);
        }
    }
    let log = open(folder).unwrap();
    let (contents, missing) = runtime.block_on(contents(&log));
    let notices = contents.values().flatten().filter(|(_, draft)| draft.event_type.is_some());
    published.extend(notices.cloned());
    Was { contents, missing, published }
}

/// Where a log ends: whoever was further on is told by the epoch of their position.
type End = u64;

/// Holds what was read against what there was: nothing else, and what is missing was told.
fn assert_told(name: &str, was: &Was, (is, missing): &(Contents, BTreeMap<String, u64>), end: End) {
    for (selector, events) in &was.contents {
        let (found, told) = (&is[selector], missing[selector]);
        let ordered = found.windows(2).all(|two| two[0].0 < two[1].0);
        assert!(ordered, "{name}: {selector} is out of order");
        for event in found {
            let known = was.published.get(&event.0) == Some(&event.1);
            assert!(known, "{name}: {selector} has another {}", event.0);
        }
        for (sequence, _) in events.iter().filter(|event| !found.contains(event)) {
            let told = told >= *sequence || end < *sequence;
            assert!(told, "{name}: {selector} {sequence} is missing, told {}", missing[selector]);
        }
        assert!(told >= was.missing[selector].min(end), "{name}: {selector} forgot {told}");
    }
}

/// Publishes so much that retention drops all there was of topic `b`. Where the damage keeps that from
/// being written, publishers and the operator hear of it; returns whether it did.
async fn publish_beyond_bounds(log: &Embedded, name: &str) -> bool {
    for number in 0..2 * KEPT_OF_B {
        let draft = Draft {
            topics: vec![Topic::new("b").unwrap()],
            event_type: None,
            data: number.to_string(),
            private: false,
        };
        let published = timeout(BOUND, log.append(draft, None)).await;
        if let Err(why) = published.unwrap() {
            assert!(why.to_string().contains(REPAIR), "{name}: nobody can publish: {why}");
            let ready = log.ready().expect_err("it cannot be written");
            assert!(ready.to_string().contains(REPAIR), "{name}: not ready: {ready}");
            return false;
        }
    }
    log.ready().unwrap_or_else(|why| panic!("{name}: not ready: {why}"));
    true
}

/// Flips a bit or a few, or cuts the file off.
fn damage(bytes: &mut Vec<u8>, random: &mut Rng) {
    match random.u8(..8) {
        0 => bytes.truncate(random.usize(..bytes.len())),
        1 => {
            let at = random.usize(..bytes.len() - 512);
            random.fill(&mut bytes[at..at + 512]);
        }
        2 => {
            let at = random.usize(..bytes.len() / 4096) * 4096;
            bytes[at..(at + 4096)].fill(0);
        }
        _ => {
            for _ in 0..random.u8(1..4) {
                let at = random.usize(..bytes.len());
                bytes[at] ^= 1 << random.u8(..8);
            }
        }
    }
}

/// Looks at a log as it starts after the damage, and once it is repaired. `restarts` makes the log, and
/// `crashed` leaves it as a kill would.
fn survives(seeds: std::ops::Range<u64>, crashed: bool) {
    let folder = TempDir::new().unwrap();
    let was = make(folder.path(), 3);
    let file = folder.path().join("log.redb");
    let mut whole = fs::read(&file).unwrap();
    if crashed {
        // As the file is while the log is open, with one commit that no start has verified.
        let log = open(folder.path()).unwrap();
        let draft = Draft {
            topics: vec![Topic::new("other").unwrap()],
            event_type: None,
            data: "x".into(),
            private: false,
        };
        runtime().block_on(log.append(draft, None)).unwrap();
        whole = fs::read(&file).unwrap();
    }
    let [mut started, mut read_all, mut unwritable, mut repaired] = [0_u32; 4];
    let runtime = runtime();
    for seed in seeds {
        let name = format!("seed {seed}, crashed {crashed}");
        let mut bytes = whole.clone();
        damage(&mut bytes, &mut Rng::with_seed(seed));
        fs::write(&file, &bytes).unwrap();
        let mut refused = false;
        match open(folder.path()) {
            Ok(log) => {
                started += 1;
                let is = runtime.block_on(contents(&log));
                assert_told(&name, &was, &is, End::MAX);
                read_all += u32::from(is.0 == was.contents);
                refused = !runtime.block_on(publish_beyond_bounds(&log, &name));
                unwritable += u32::from(refused);
                drop(log);
            }
            Err(why) => {
                assert!(why.to_string().contains(REPAIR), "{name}: {why}");
                assert!(fs::read(&file).unwrap() == bytes, "{name}: the file was changed");
            }
        }
        fs::write(&file, &bytes).unwrap();
        let report =
            embedded::check(folder.path(), false).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(fs::read(&file).unwrap() == bytes, "{name}: check changed the file");
        if report.is_whole() {
            assert!(!refused, "{name}: called whole, and nobody can publish");
            let log = open(folder.path()).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert_eq!(runtime.block_on(contents(&log)).0, was.contents, "{name}: called whole");
            continue;
        }
        let report =
            embedded::check(folder.path(), true).unwrap_or_else(|why| panic!("{name}: {why}"));
        let log = open(folder.path()).unwrap_or_else(|why| panic!("{name}: repaired, and {why}"));
        let is = runtime.block_on(contents(&log));
        assert_told(&format!("{name}, repaired"), &was, &is, log.tail().last());
        assert!(is.1.values().all(|told| *told < u64::MAX), "{name}: repaired and unreadable");
        let everything =
            Listing { prefix: String::new(), after: None, limit: 9, private: vec![Pattern::all()] };
        runtime.block_on(log.topics(everything)).unwrap_or_else(|why| panic!("{name}: {why}"));
        drop(log);
        let again = embedded::check(folder.path(), false).unwrap();
        assert!(again.is_whole(), "{name}: repaired, and {again:?}");
        repaired += 1;
        fs::remove_file(report.kept.unwrap()).unwrap();
    }
    println!(
        "{started} started, {read_all} lost nothing, {unwritable} could not be written, {repaired} were repaired"
    );
    assert!(started > 5 && repaired > 5, "{started} started, {repaired} were repaired");
}

/// How many are damaged: few, unless `make damage` asks for more.
fn number() -> u64 {
    let asked = std::env::var("BELFRY_TEST_DAMAGES").ok().and_then(|number| number.parse().ok());
    asked.unwrap_or(60)
}

#[test]
fn a_log_that_was_closed_survives_damage() {
    survives(0..number(), false);
}

#[test]
fn a_log_that_was_killed_survives_damage() {
    survives(10_000..10_000 + number(), true);
}
