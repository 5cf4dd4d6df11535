//! A log that another process takes over: its file is closed for that, and opened again where nothing comes
//! of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use belfry_hub::{
    Clock, Log,
    cursor::Cursor,
    event::{Draft, Topic},
    log::{Embedded, Listing, Query, Retention, Unavailable, embedded::OpenError},
    selector::Selected,
    spans::Standing,
    tail,
};
use futures::{FutureExt, future::join_all};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::timeout};

/// The longest that anything takes.
const BOUND: Duration = Duration::from_secs(60);

/// More than a purge removes at once.
const EVENTS: u64 = 3000;

fn open(folder: &Path) -> Result<Arc<Embedded>, OpenError> {
    let (retention, bounds) = (Retention::default(), tail::Bounds::default());
    Embedded::open(folder, Clock::system(), retention, bounds).map(Arc::new)
}

fn draft(data: &str) -> Draft {
    let topics = vec![Topic::new("a").unwrap()];
    Draft { topics, event_type: None, data: data.into(), private: false }
}

async fn append(log: &Embedded, data: &str) -> Cursor {
    log.append(draft(data), None).await.unwrap()
}

/// Appends once somebody answers.
fn appending(log: &Arc<Embedded>, data: &'static str) -> JoinHandle<Cursor> {
    let log = log.clone();
    tokio::spawn(async move { append(&log, data).await })
}

async fn all(log: &dyn Log) -> Vec<String> {
    let query = Query::after(vec![Selected::all(Topic::new("a").unwrap())], 0);
    log.read(query).await.unwrap().events.into_iter().map(|event| event.draft.data).collect()
}

fn is_known(log: &dyn Log, cursor: Cursor) -> bool {
    log.spans().standing(cursor, 99) == Standing::Known
}

#[tokio::test]
async fn it_comes_back_with_what_the_other_wrote_and_what_has_waited() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    let one = append(&log, "one").await;
    assert!(matches!(open(folder.path()), Err(OpenError::InUse(_))));
    log.let_go().await.unwrap();

    let other = open(folder.path()).unwrap();
    let waits = appending(&log, "three");
    let reads = tokio::spawn({
        let log = log.clone();
        async move { all(&*log).await }
    });
    log.take_back().await.unwrap_err();
    let two = append(&other, "two").await;
    assert!(!waits.is_finished() && !reads.is_finished());
    drop(other);
    log.take_back().await.unwrap();
    let three = waits.await.unwrap();
    assert_eq!((one.sequence, two.sequence, three.sequence), (1, 2, 3));
    // Otherwise what the other wrote last could be taken for it.
    assert!(three.epoch != two.epoch && three.epoch != one.epoch);
    assert!(reads.await.unwrap().starts_with(&["one".into(), "two".into()]));
    assert_eq!(all(&*log).await, ["one", "two", "three"]);
    assert_eq!(log.tail().last(), 3);
    assert!([one, two].into_iter().all(|cursor| is_known(&*log, cursor)));

    // What is written in it can be opened again.
    drop(log);
    assert_eq!(all(&*open(folder.path()).unwrap()).await, ["one", "two", "three"]);
}

#[tokio::test]
async fn where_nothing_was_written_meanwhile_nothing_has_changed() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    let one = append(&log, "one").await;
    for _ in 0..3 {
        log.let_go().await.unwrap();
        drop(open(folder.path()).unwrap());
        log.take_back().await.unwrap();
    }
    assert_eq!(append(&log, "two").await, Cursor { sequence: 2, ..one });
}

#[tokio::test]
async fn a_successor_answers_what_has_waited_and_what_comes() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, "one").await;
    log.let_go().await.unwrap();
    let waits = appending(&log, "two");
    let other = open(folder.path()).unwrap();
    log.hand_to(other.clone());
    assert_eq!(waits.await.unwrap().sequence, 2);
    assert_eq!(append(&log, "three").await, other.tail().position());
    assert_eq!(all(&*log).await, ["one", "two", "three"]);
    assert_eq!(log.cursor(3), other.cursor(3));
    let removed = log.purge(Topic::new("a").unwrap(), 3).await.unwrap();
    assert_eq!(removed, 2);
    assert_eq!(all(&*other).await, ["three"]);
}

#[tokio::test]
async fn a_successor_finishes_a_purge_that_has_begun() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    join_all((0..EVENTS).map(|_| append(&log, "one"))).await;
    let mut purging = log.purge(Topic::new("a").unwrap(), EVENTS);
    assert!((&mut purging).now_or_never().is_none());
    // One of its slices is removed before that.
    log.let_go().await.unwrap();
    assert!((&mut purging).now_or_never().is_none());
    let other = open(folder.path()).unwrap();
    log.hand_to(other.clone());
    assert_eq!(timeout(BOUND, purging).await.unwrap(), Ok(EVENTS - 1));
    assert_eq!(all(&*other).await, ["one"]);
}

#[tokio::test]
async fn whoever_lags_asks_the_successor() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, "one").await;
    assert_eq!(log.tail().size().events, 1);
    log.let_go().await.unwrap();
    log.hand_to(open(folder.path()).unwrap());
    append(&log, "two").await;
    assert_eq!((log.tail().size().events, log.tail().last()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn while_nobody_has_it_reads_fail_after_a_while_and_it_is_not_ready() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, "one").await;
    log.let_go().await.unwrap();
    assert_eq!(log.ready(), Ok(()));
    let why = Unavailable("the server that takes over is still opening it".into());
    let query = || Query::after(vec![Selected::all(Topic::new("a").unwrap())], 0);
    let listing = Listing { prefix: String::new(), after: None, limit: 1, private: Vec::new() };
    let failed = [
        timeout(BOUND, log.read(query())).await.unwrap().map(|_| ()),
        timeout(BOUND, log.count(query())).await.unwrap().map(|_| ()),
        timeout(BOUND, log.topics(listing)).await.unwrap().map(|_| ()),
        log.ready(),
    ];
    assert_eq!(failed, [(); 4].map(|()| Err(why.clone())));
    log.take_back().await.unwrap();
    assert_eq!((log.ready(), all(&*log).await), (Ok(()), vec!["one".into()]));
}

#[tokio::test]
async fn a_file_that_was_replaced_is_never_taken_back() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, "one").await;
    log.let_go().await.unwrap();
    let mut waits = log.append(draft("two"), None);
    assert!((&mut waits).now_or_never().is_none());
    let (file, converted) = (folder.path().join("log.redb"), folder.path().join("converted"));
    fs::copy(&file, &converted).unwrap();
    fs::rename(&converted, &file).unwrap();
    let why = log.take_back().await.unwrap_err();
    assert!(why.stays(), "{why}");
    // Whoever waits is told so, and whoever comes.
    timeout(BOUND, waits).await.unwrap().unwrap_err();
    timeout(BOUND, log.append(draft("three"), None)).await.unwrap().unwrap_err();
    log.ready().unwrap_err();
    drop(log);
    assert_eq!(all(&*open(folder.path()).unwrap()).await, ["one"]);
}

/// Stops a backup at its first bytes, until it is let go on.
struct Stopped {
    begun: Sender<()>,
    goes_on: Receiver<()>,
}

impl Write for Stopped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.begun.send(());
        let _ = self.goes_on.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn it_is_not_let_go_while_a_backup_is_written() {
    let folder = TempDir::new().unwrap();
    let log = open(folder.path()).unwrap();
    append(&log, "one").await;
    let ((begun, begins), (go, goes_on)) = (channel(), channel());
    let backup = tokio::spawn({
        let log = log.clone();
        async move { log.back_up(Box::new(Stopped { begun, goes_on })).await }
    });
    tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
    let refused = log.let_go().await.unwrap_err();
    assert_eq!(refused, Unavailable("a backup or a long read is under way".into()));
    let goes_on = timeout(Duration::from_secs(10), append(&log, "two")).await;
    assert_eq!(goes_on.unwrap().sequence, 2);
    assert!(matches!(open(folder.path()), Err(OpenError::InUse(_))));
    drop(go);
    backup.await.unwrap().unwrap();
    log.let_go().await.unwrap();
}
