//! A log whose file was put back, copied or moved, as an operator does it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use belfry_hub::{
    Clock, Hub,
    event::Topic,
    log::{Bounds, Embedded, Retention},
    tail,
};
use tempfile::TempDir;
use wire::{
    event::{Gap, GapReason},
    session::Session,
    topics::History,
};

use crate::{
    disk::{Disk, Fault, Kind},
    histories::{Told, all_that_is_told, waiting},
    hub::{draft, heard, json, open},
    world::World,
};

fn log_in(folder: &Path) -> Arc<Embedded> {
    let total = Bounds { events: 1000, ..Bounds::NONE };
    let retention = Retention { total, rules: Vec::new() };
    Arc::new(Embedded::open(folder, Clock::system(), retention, tail::Bounds::default()).unwrap())
}

fn hub_in(folder: &Path) -> Hub {
    Hub::new(Clock::system(), log_in(folder))
}

fn world_in(folder: &Path) -> World {
    World::with_log(Clock::system(), Duration::from_secs(3600), log_in(folder))
}

/// Publishes this many events, and returns their ids.
async fn publish(hub: &Hub, events: usize, data: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..events {
        let data = format!("{data} {number}");
        let hub = hub.clone();
        let published = waiting(async move { hub.publish(draft(&["a"], &data), None).await }).await;
        ids.push(published.unwrap().id);
    }
    ids
}

fn file(folder: &Path) -> PathBuf {
    folder.join("log.redb")
}

/// The fields of the events in a greeting or a piece, by name.
fn fields<'p>(piece: &'p str, name: &str) -> Vec<&'p str> {
    piece.lines().filter_map(|line| line.strip_prefix(name)).collect()
}

/// Reads a stream until `count` events have come, and returns their ids and data.
async fn events(body: &mut axum::body::Body, count: usize) -> (Vec<String>, Vec<String>) {
    let (mut ids, mut data) = (Vec::new(), Vec::new());
    while data.len() < count {
        let piece = heard(body).await;
        ids.extend(fields(&piece, "id: ").into_iter().map(str::to_owned));
        data.extend(fields(&piece, "data: ").into_iter().map(str::to_owned));
    }
    (ids, data)
}

/// Puts a backup in the place of a log.
type Restore = fn(backup: &Path, file: &Path);

fn over(backup: &Path, file: &Path) {
    fs::write(file, fs::read(backup).unwrap()).unwrap();
}

fn by_renaming(backup: &Path, file: &Path) {
    fs::copy(backup, file.with_extension("put-back")).unwrap();
    fs::rename(file.with_extension("put-back"), file).unwrap();
}

/// The bytes of a file that nobody is writing to just now.
fn read_whole(file: &Path) -> Vec<u8> {
    loop {
        let bytes = fs::read(file).unwrap();
        if fs::read(file).unwrap() == bytes {
            return bytes;
        }
    }
}

/// A backup is taken at event 50, while the log is served or after it was stopped; readers are at 100 when
/// it is restored, and 60 more are published.
async fn restored(
    folder: &Path,
    stopped: bool,
    restore: Restore,
) -> (Vec<String>, World, Vec<String>) {
    let mut hub = hub_in(folder);
    let mut first = publish(&hub, 50, "first").await;
    let backup = folder.join("backup");
    if stopped {
        drop(hub);
        fs::copy(file(folder), &backup).unwrap();
        hub = hub_in(folder);
    } else {
        fs::write(&backup, read_whole(&file(folder))).unwrap();
    }
    first.extend(publish(&hub, 50, "lost").await);
    drop(hub);
    restore(&backup, &file(folder));
    let world = world_in(folder);
    let second = publish(&world.hub, 60, "second").await;
    (first, world, second)
}

#[tokio::test]
async fn a_reader_of_what_a_restoration_has_undone_hears_of_it_and_gets_the_other_history() {
    for restore in [over as Restore, by_renaming] {
        let folder = TempDir::new().unwrap();
        let (first, world, second) = restored(folder.path(), false, restore).await;
        let query = format!("topic=a&session=1&last_event_id={}", first[99]);
        let (mut body, greeting) = open(&world, &query).await;
        let [session, gap] = fields(&greeting, "data: ")[..] else { panic!("{greeting}") };
        let session: Session = serde_json::from_str(session).unwrap();
        let gap: Gap = serde_json::from_str(gap).unwrap();
        assert_eq!(gap, Gap { reason: GapReason::Epoch, after: first[99].clone() });
        assert_eq!((session.lost, session.replayed, &session.cursor), (true, 60, &first[49]));
        assert_eq!(fields(&greeting, "id: "), [&first[49]]);
        let (ids, data) = events(&mut body, 60).await;
        assert_eq!(ids, second);
        assert_eq!((&*data[0], &*data[59]), ("second 0", "second 59"));
        let page: History = json(world.get(&format!("/topics/a?after={}", first[99])).await).await;
        assert_eq!((page.gap, page.at.as_ref()), (true, Some(&first[49])));
        assert_eq!(page.events[0].id.as_ref(), Some(&second[0]));
    }
}

#[tokio::test]
async fn who_was_not_further_than_the_backup_misses_nothing() {
    for stopped in [true, false] {
        let folder = TempDir::new().unwrap();
        let (first, world, second) = restored(folder.path(), stopped, over).await;
        let query = format!("topic=a&last_event_id={}", first[49]);
        let (mut body, greeting) = open(&world, &query).await;
        assert_eq!(greeting, format!("id: {}\n\n", first[49]));
        assert_eq!(events(&mut body, 60).await.0, second);
    }
}

#[tokio::test]
async fn whose_epoch_began_after_the_backup_reads_from_the_oldest_event() {
    let folder = TempDir::new().unwrap();
    let (first, world, second) = restored(folder.path(), true, over).await;
    let (mut body, greeting) = open(&world, &format!("topic=a&last_event_id={}", first[99])).await;
    assert!(greeting.contains(r#""reason":"epoch""#), "{greeting}");
    let (ids, _) = events(&mut body, 110).await;
    assert_eq!(ids, [&first[..50], &second].concat());
}

#[tokio::test]
async fn no_id_names_an_event_of_a_restored_log_and_one_that_is_gone() {
    let folder = TempDir::new().unwrap();
    let (first, _world, second) = restored(folder.path(), false, over).await;
    assert!(second.iter().all(|id| !first.contains(id)), "{second:?}");
    assert!(second[0].ends_with("-51"), "the sequences go on: {second:?}");
}

#[tokio::test]
async fn before_anything_is_published_a_restored_log_does_not_pass_for_the_other_either() {
    let folder = TempDir::new().unwrap();
    let hub = hub_in(folder.path());
    publish(&hub, 5, "first").await;
    drop(hub);
    let backup = fs::read(file(folder.path())).unwrap();
    let hub = hub_in(folder.path());
    let lost = publish(&hub, 5, "lost").await;
    drop(hub);
    fs::write(file(folder.path()), backup).unwrap();
    let world = world_in(folder.path());
    let (mut body, greeting) = open(&world, &format!("topic=a&last_event_id={}", lost[4])).await;
    assert!(greeting.starts_with("event: gap\n"), "{greeting}");
    let (ids, _) = events(&mut body, 5).await;
    publish(&world.hub, 1, "second").await;
    assert_eq!(events(&mut body, 1).await.1, ["second 0"]);
    // The other way round as well: who has followed from the gap is at home here.
    let (_, greeting) = open(&world, &format!("topic=a&last_event_id={}", ids[4])).await;
    assert_eq!(greeting, format!("id: {}\n\n", ids[4]));
}

#[tokio::test]
async fn two_copies_of_a_folder_never_give_one_id_twice() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let hub = hub_in(one.path());
    let both = publish(&hub, 10, "both").await;
    drop(hub);
    fs::copy(file(one.path()), file(other.path())).unwrap();
    let (one, other) = (world_in(one.path()), world_in(other.path()));
    let of_one = publish(&one.hub, 20, "one").await;
    let of_other = publish(&other.hub, 30, "other").await;
    assert!(of_one.iter().all(|id| !of_other.contains(id)), "{of_one:?} {of_other:?}");
    for (world, from, ours) in [(&one, &of_other[19], &of_one), (&other, &of_one[19], &of_other)] {
        let (mut body, greeting) = open(world, &format!("topic=a&last_event_id={from}")).await;
        assert!(greeting.contains(r#""reason":"epoch""#), "{greeting}");
        let (ids, _) = events(&mut body, 10 + ours.len()).await;
        assert_eq!(ids, [&both[..], ours].concat());
    }
}

#[tokio::test]
async fn a_folder_that_was_moved_goes_on_without_a_gap() {
    let folder = TempDir::new().unwrap();
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    let hub = hub_in(&before);
    let ids = publish(&hub, 10, "before").await;
    drop(hub);
    fs::rename(&before, &after).unwrap();
    let world = world_in(&after);
    let more = publish(&world.hub, 5, "after").await;
    for (place, from) in ids.iter().enumerate() {
        let (mut body, greeting) = open(&world, &format!("topic=a&last_event_id={from}")).await;
        assert_eq!(greeting, format!("id: {from}\n\n"));
        let expected = [&ids[place + 1..], &more].concat();
        assert_eq!(events(&mut body, expected.len()).await.0, expected);
    }
}

#[tokio::test]
async fn one_event_that_was_removed_is_not_missed_where_it_was_the_oldest() {
    let folder = TempDir::new().unwrap();
    let world = world_in(folder.path());
    let begin = world.hub.log().cursor(0);
    let ids = publish(&world.hub, 1, "removed").await;
    let id = belfry_hub::cursor::Cursor::parse(&ids[0]).unwrap();
    assert_eq!(world.hub.remove(Topic::new("a").unwrap(), id).await, Ok(true));
    publish(&world.hub, 1, "kept").await;
    let (_, greeting) = open(&world, &format!("topic=a&last_event_id={begin}")).await;
    assert_eq!(greeting, format!("id: {begin}\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_stays_while_the_log_loses_events_hears_of_it_before_anything_is_published() {
    // With this seed nothing that was written since the last true sync is there after a failed one.
    let disk = Disk::new(1);
    let log = Embedded::open_on(
        Arc::new(disk.clone()),
        Clock::system(),
        Retention::default(),
        tail::Bounds::default(),
    );
    let world = World::with_log(Clock::system(), Duration::from_secs(3600), Arc::new(log.unwrap()));
    let publish = async |events, data| {
        let hub = world.hub.clone();
        waiting(async move { publish(&hub, events, data).await }).await
    };
    let kept = publish(2, "kept").await;
    let (mut body, _) = open(&world, "topic=a").await;
    disk.lie();
    let lost = publish(2, "lost").await;
    assert_eq!(events(&mut body, 2).await.0, lost);
    disk.fail(Fault { kind: Some(Kind::Sync), nth: 1, times: 1, error: 5 });
    let hub = world.hub.clone();
    waiting(async move { hub.publish(draft(&["a"], "in vain"), None).await }).await.unwrap_err();
    assert_eq!(world.hub.log().tail().position().to_string(), kept[1], "the disk has lost them");
    let said = all_that_is_told(&mut body).await;
    let [Told::Gap { id }] = &said[..] else { panic!("{said:?}") };
    assert_eq!(*id, kept[1]);
}
