//! Opening a folder of the first format: everything in it is there afterwards, and the old file stays until
//! the new one is whole.

use std::{fs, path::Path};

use belfry_hub::{
    Clock, Log,
    event::{Draft, Event, EventType, Topic},
    log::{AppendError, Embedded, Key, Query, Retention},
    selector::{Selected, Selector},
    tail,
};
use redb::{Database, ReadOnlyDatabase, ReadableDatabase, TableDefinition};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::life::everything;

/// Number, events, bytes, private ones of them, the highest sequence that was dropped, the same of those
/// that were not private.
type TopicRow = (u64, u64, u64, u64, u64, u64);

const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
const BY_TOPIC: TableDefinition<(u64, u64), bool> = TableDefinition::new("by_topic");
const TOPICS: TableDefinition<&str, TopicRow> = TableDefinition::new("topics");
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const KEYS: TableDefinition<&str, ([u8; 32], u64, i64)> = TableDefinition::new("keys");

/// The epoch `AAAAAAAAAAAAO`.
const EPOCH: u64 = 7;
const FORGOTTEN: u64 = 2;
/// The number of events that there ever were.
const LAST: u64 = 12;
const AT: i64 = 1_795_324_681_400_000;

fn put_name(bytes: &mut Vec<u8>, name: &str) {
    bytes.push(u8::try_from(name.len()).unwrap());
    bytes.extend(name.as_bytes());
}

/// An event as the first format wrote it.
fn old_row(at: i64, draft: &Draft) -> Vec<u8> {
    let mut bytes = at.to_le_bytes().to_vec();
    bytes.push(u8::from(draft.private) | if draft.event_type.is_some() { 2 } else { 0 });
    if let Some(event_type) = &draft.event_type {
        put_name(&mut bytes, event_type.as_str());
    }
    bytes.push(u8::try_from(draft.topics.len()).unwrap());
    draft.topics.iter().for_each(|topic| put_name(&mut bytes, topic.as_str()));
    bytes.extend(draft.data.as_bytes());
    bytes
}

/// The events that are left: sequence, topics, private, and whether retention took it out of the last topic.
fn left() -> Vec<(u64, Draft, bool)> {
    let event = |sequence: u64, topics: &[&str], private, dropped| {
        let topics = topics.iter().map(|name| Topic::new(name).unwrap()).collect();
        let event_type = if sequence == 8 { EventType::new("note").unwrap() } else { None };
        let data = format!("event {sequence} 事件");
        (sequence, Draft { topics, event_type, data, private }, dropped)
    };
    vec![
        event(5, &["a"], false, false),
        // Of `x/short` only the newest were kept: this one is of `a` alone by now.
        event(6, &["a", "x/short"], false, true),
        event(7, &["x/y/z"], true, false),
        event(8, &["x/short", "a"], false, false),
        event(9, &["x/short"], true, false),
        event(11, &["a"], true, false),
    ]
}

const NAMES: [&str; 4] = ["a", "x/short", "x/y/z", "purged"];

/// Makes a file of the first format.
fn make(file: &Path) {
    let database = Database::create(file).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut events = transaction.open_table(EVENTS).unwrap();
        let mut by_topic = transaction.open_table(BY_TOPIC).unwrap();
        for (sequence, draft, dropped) in left() {
            events.insert(sequence, &*old_row(AT + sequence as i64, &draft)).unwrap();
            let counts = draft.topics.len() - usize::from(dropped);
            for topic in &draft.topics[..counts] {
                let number = NAMES.iter().position(|name| *name == topic.as_str()).unwrap();
                by_topic.insert((number as u64, sequence), draft.private).unwrap();
            }
        }
        let mut topics = transaction.open_table(TOPICS).unwrap();
        for (name, row) in [
            ("", (LAST, 6, 600, 0, 0, 0)),
            ("a", (0, 4, 400, 1, 4, 3)),
            ("x/short", (1, 2, 200, 1, 6, 6)),
            ("x/y/z", (2, 1, 100, 1, 0, 0)),
            ("purged", (3, 0, 0, 0, 12, 10)),
        ] {
            topics.insert(name, row).unwrap();
        }
        let mut keys = transaction.open_table(KEYS).unwrap();
        for (key, (sequence, draft, _)) in ["ada\0k", "\0k"].into_iter().zip(left()) {
            let fingerprint: [u8; 32] = Sha256::digest(old_row(0, &draft)).into();
            keys.insert(key, (fingerprint, sequence, i64::MAX)).unwrap();
        }
        let mut meta = transaction.open_table(META).unwrap();
        for (name, value) in
            [("format", 1), ("epoch", EPOCH), ("topics", 4), ("forgotten", FORGOTTEN)]
        {
            meta.insert(name, value).unwrap();
        }
    }
    transaction.commit().unwrap();
}

fn format_of(file: &Path) -> u64 {
    let database = ReadOnlyDatabase::open(file).unwrap();
    let meta = database.begin_read().unwrap().open_table(META).unwrap();
    meta.get("format").unwrap().unwrap().value()
}

fn folder_of_the_first_format() -> TempDir {
    let folder = TempDir::new().unwrap();
    make(&folder.path().join("log.redb"));
    folder
}

fn open(folder: &TempDir) -> Embedded {
    let clock = Clock::system();
    Embedded::open(folder.path(), clock, Retention::default(), tail::Bounds::default()).unwrap()
}

/// The sequences of what a selector shows, and its low-water mark.
async fn shown(log: &Embedded, selected: Selected) -> (Vec<u64>, u64) {
    let page = log.read(Query::after(vec![selected], 0)).await.unwrap();
    assert_eq!(page.damaged, 0);
    (page.events.iter().map(|event| event.sequence).collect(), page.dropped)
}

async fn assert_all_is_there(log: &Embedded) {
    let selector = |name: &str| Selector::new(name).unwrap();
    for (name, all, dropped, public, dropped_public) in [
        ("a", vec![5, 6, 8, 11], 4, vec![5, 6, 8], 3),
        ("x/short", vec![8, 9], 6, vec![8], 6),
        ("x/y/z", vec![7], 0, vec![], 0),
        ("purged", vec![], 12, vec![], 10),
        // An event is found under each level above its topics, with what was dropped there; also what
        // is remembered of no topic in particular.
        ("x/*", vec![7, 8, 9], 6, vec![8], 6),
        ("x/y/*", vec![7], FORGOTTEN, vec![], FORGOTTEN),
        ("never", vec![], FORGOTTEN, vec![], FORGOTTEN),
    ] {
        assert_eq!(shown(log, Selected::all(selector(name))).await, (all, dropped), "{name}");
        let seen = shown(log, Selected::public(selector(name))).await;
        assert_eq!(seen, (public, dropped_public), "{name}");
    }
    let all = ["a", "x/*"].map(|name| Selected::all(selector(name))).to_vec();
    let events = log.read(Query::after(all, 0)).await.unwrap().events;
    let expected = left().into_iter().map(|(sequence, draft, _)| {
        let epoch = belfry_hub::cursor::Epoch(EPOCH);
        Event { epoch, sequence, at: AT + sequence as i64, draft }
    });
    assert_eq!(events, expected.collect::<Vec<_>>());
    let topics = log.topics(everything()).await.unwrap();
    let counts = topics.iter().map(|one| (one.topic.as_str(), one.events, one.private));
    let counts: Vec<_> = counts.collect();
    assert_eq!(counts, [("a", 4, 1), ("x/short", 2, 1), ("x/y/z", 1, 1)]);
    assert_eq!(log.held().events, 6);
}

#[tokio::test]
async fn everything_in_a_folder_of_the_first_format_is_there() {
    let folder = folder_of_the_first_format();
    for opening in 1..=2 {
        let log = open(&folder);
        assert_eq!(log.tail().position().to_string(), format!("AAAAAAAAAAAAO-{LAST}"), "{opening}");
        assert_all_is_there(&log).await;
    }
    assert_eq!(format_of(&folder.path().join("log.redb")), 2);
    assert!(!folder.path().join("log.redb.new").exists());
}

#[tokio::test]
async fn a_key_of_the_first_format_still_tells_a_publish_that_was_sent_again() {
    let folder = folder_of_the_first_format();
    let log = open(&folder);
    let key = |scope: &str| Some(Key { scope: scope.into(), name: "k".into() });
    for (scope, (sequence, draft, _)) in ["ada", ""].into_iter().zip(left()) {
        let id = log.append(draft, key(scope)).await.unwrap();
        assert_eq!(id.to_string(), format!("AAAAAAAAAAAAO-{sequence}"));
    }
    let (_, other, _) = left().pop().unwrap();
    let refused = log.append(other.clone(), key("ada")).await;
    assert_eq!(refused, Err(AppendError::KeyUsed));
    let id = log.append(other, None).await.unwrap();
    assert_eq!(id.sequence, LAST + 1);
    assert_ne!(id.epoch.0, EPOCH, "what is new is of a new epoch");
}

#[tokio::test]
async fn a_migration_that_was_cut_short_is_begun_again_from_the_old_file() {
    let folder = folder_of_the_first_format();
    let (file, unfinished) = (folder.path().join("log.redb"), folder.path().join("log.redb.new"));
    let before = fs::read(&file).unwrap();
    // Another log stands for what a cut has left: part of it must not be taken for this one's.
    let other = TempDir::new().unwrap();
    let log = open(&other);
    let (_, draft, _) = left().remove(0);
    log.append(draft, None).await.unwrap();
    drop(log);
    let whole = fs::read(other.path().join("log.redb")).unwrap();
    for half in [&whole[..], &whole[..whole.len() / 2], b"half a log", b""] {
        fs::write(&file, &before).unwrap();
        fs::write(&unfinished, half).unwrap();
        assert_all_is_there(&open(&folder)).await;
        assert!(!unfinished.exists());
    }
    // Where the new one cannot be made, the old one stays.
    fs::write(&file, &before).unwrap();
    fs::create_dir(&unfinished).unwrap();
    let clock = Clock::system();
    let refused =
        Embedded::open(folder.path(), clock, Retention::default(), tail::Bounds::default());
    assert!(refused.is_err());
    assert_eq!(format_of(&file), 1);
    fs::remove_dir(&unfinished).unwrap();
    assert_all_is_there(&open(&folder)).await;
}
