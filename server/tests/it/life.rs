//! The life of a log with publishers, a reader and a purge: what each was told has to stay true.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
    time::Duration,
};

use belfry_hub::{
    Clock, Log,
    cursor::Cursor,
    event::{Draft, Event, Pattern, Topic},
    frame::Format,
    log::{Bounds, Embedded, Key, Listing, Query, Retention, embedded::OpenError},
    selector::Selected,
    tail::{self, Taken},
};
use futures::future::{join, join_all};
use tokio::time::{sleep, timeout};

use crate::disk::Disk;

/// How long a log may take to recover, and a reader to get what is there.
pub(crate) const BOUND: Duration = Duration::from_secs(10);

/// How many events are kept in all, and of topic `b`.
const KEPT: u64 = 20;
const KEPT_OF_B: u64 = 4;

/// Events by sequence: topic and data.
type Told = BTreeMap<u64, (&'static str, String)>;

/// What was told about a log, over all its lives.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// Tells one life from another where a test fails.
    pub(crate) name: String,
    published: Cell<u32>,
    /// What publishers were promised.
    acknowledged: RefCell<Told>,
    /// What a reader was shown.
    shown: RefCell<BTreeMap<u64, String>>,
    /// The event of topic `p` before which a purge has removed all.
    purged: Cell<u64>,
}

pub(crate) fn open(disk: &Disk) -> Result<Embedded, OpenError> {
    let retention = Retention {
        total: Bounds { events: KEPT, ..Bounds::NONE },
        rules: vec![(Pattern::new("b").unwrap(), Bounds { events: KEPT_OF_B, ..Bounds::NONE })],
    };
    let disk = Arc::new(disk.clone());
    Embedded::open_on(disk, Clock::system(), retention, tail::Bounds::default())
}

pub(crate) fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

pub(crate) fn draft(name: &str, data: &str) -> Draft {
    Draft { topics: vec![topic(name)], event_type: None, data: data.into(), private: false }
}

/// Every topic.
pub(crate) fn everything() -> Listing {
    Listing { prefix: String::new(), after: None, limit: 9, private: vec![Pattern::all()] }
}

/// Everything in a topic, with its low-water mark.
pub(crate) async fn all_of(log: &Embedded, name: &str) -> (Vec<Event>, u64) {
    let query = Query::after(vec![Selected::public(topic(name))], 0);
    let page = log.read(query).await.unwrap();
    (page.events, page.dropped)
}

impl Life {
    pub(crate) fn named(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Publishes from three sides at once and purges, with a reader beside, until all is done or the
    /// disk has no power.
    pub(crate) async fn go_on(&self, log: &Embedded, disk: &Disk) {
        let through = Cell::new(None);
        let busy = async {
            let publishers = ["a", "b", "a"].map(|name| self.publish(log, disk, name, 5));
            join(join_all(publishers), self.purge(log, disk)).await;
            // The last word, for the reader.
            self.publish(log, disk, "a", 1).await;
            through.set(Some(log.tail().last()));
        };
        let both = join(busy, self.read(log, disk, log.tail().position(), &through));
        let done = timeout(BOUND, both).await;
        assert!(done.is_ok(), "{}: not done in {BOUND:?}: {self:?}", self.name);
    }

    async fn publish(&self, log: &Embedded, disk: &Disk, name: &'static str, events: u32) {
        for _ in 0..events {
            self.published.set(self.published.get() + 1);
            let number = self.published.get();
            let data = format!("event {number:04} {}", "x".repeat(number as usize * 37 % 900));
            let key = Key { scope: String::new(), name: number.to_string() };
            let append = || log.append(draft(name, &data), Some(key.clone()));
            let Some(id) = until_done(disk, append).await else { return };
            let sequence = id.sequence;
            let before = self.acknowledged.borrow_mut().insert(sequence, (name, data));
            assert_eq!(before, None, "{}: {sequence} was given twice", self.name);
        }
    }

    async fn purge(&self, log: &Embedded, disk: &Disk) {
        // The last stands for the notice of the purge.
        self.publish(log, disk, "p", 3).await;
        let notice = {
            let acknowledged = self.acknowledged.borrow();
            acknowledged.iter().rev().find(|(_, (of, _))| *of == "p").map_or(0, |(last, _)| *last)
        };
        if until_done(disk, || log.purge(topic("p"), notice)).await.is_none() {
            return;
        }
        self.purged.set(notice);
        let follower = log.tail().follow(vec![Selected::public(topic("p"))]);
        if let Taken::Events { entries, .. } =
            follower.take(log.cursor(0), Format::Json, usize::MAX)
        {
            let there = entries.iter().map(|entry| entry.event.sequence).min();
            assert!(there.is_none_or(|first| first >= notice), "{}: {there:?} is shown", self.name);
        }
    }

    /// Reads as a stream does, after a sequence and through the sequence that it is told about.
    async fn read(
        &self,
        log: &Embedded,
        disk: &Disk,
        mut after: Cursor,
        through: &Cell<Option<u64>>,
    ) {
        let topics = vec![Selected::public(topic("a")), Selected::public(topic("b"))];
        let follower = log.tail().follow(topics.clone());
        while through.get().is_none_or(|through| after.sequence < through) && disk.has_power() {
            match follower.take(after, Format::Json, usize::MAX) {
                Taken::Events { entries, through } => {
                    for entry in entries {
                        let frame = entry.frame(Format::Json).into_bytes();
                        self.show(entry.event.sequence, String::from_utf8(frame.to_vec()).unwrap());
                    }
                    after = through;
                }
                Taken::Behind => {
                    let query =
                        Query { limit: 100, ..Query::after(topics.clone(), after.sequence) };
                    if let Ok(page) = log.read(query).await {
                        // What was dropped is told to a reader; here nothing may be.
                        assert!(
                            page.dropped <= after.sequence,
                            "{}: a gap after {after}",
                            self.name
                        );
                        assert_eq!(page.damaged, 0, "{}: damage after {after}", self.name);
                        page.events
                            .into_iter()
                            .for_each(|one| self.show(one.sequence, one.draft.data));
                        after = log.cursor(page.last.max(after.sequence));
                    }
                }
            }
            // Woken, or to see whether there is still power.
            let _ = timeout(Duration::from_millis(2), follower.woken()).await;
        }
    }

    fn show(&self, sequence: u64, what: String) {
        let mut shown = self.shown.borrow_mut();
        let last = shown.last_key_value().map_or(0, |(last, _)| *last);
        assert!(sequence > last, "{}: {sequence} is shown after {last}", self.name);
        shown.insert(sequence, what);
    }

    /// Whether all that was told is true.
    pub(crate) async fn is_kept_by(&self, log: &Embedded) {
        let (there, dropped) = self.found_in(log).await;
        let Self { name, .. } = self;
        for (sequence, what) in &*self.acknowledged.borrow() {
            match there.get(sequence) {
                Some(found) => assert_eq!(found, what, "{name}: {sequence} is another"),
                None => assert!(dropped[what.0] >= *sequence, "{name}: {sequence} is lost"),
            }
        }
        for (sequence, what) in &*self.shown.borrow() {
            match there.get(sequence) {
                Some((_, data)) => assert!(what.contains(data), "{name}: {sequence}: {what}"),
                None => {
                    let dropped = dropped["a"].max(dropped["b"]);
                    assert!(dropped >= *sequence, "{name}: {sequence} was shown and is lost");
                }
            }
        }
        let purged = self.purged.get();
        let left = there.iter().find(|(sequence, (of, _))| *of == "p" && **sequence < purged);
        assert_eq!(left, None, "{name}: purged before {purged}");
        assert!(there.len() as u64 <= KEPT, "{name}: {there:?}");
    }

    /// Whether a reader who was there all the time was shown everything, and retention has kept what
    /// it is to keep.
    pub(crate) async fn was_shown_all_of(&self, log: &Embedded) {
        let (there, _) = self.found_in(log).await;
        let Self { name, shown, .. } = self;
        let acknowledged = self.acknowledged.borrow();
        for (sequence, (of, _)) in
            acknowledged.iter().chain(&there).filter(|(_, (of, _))| *of != "p")
        {
            let shown = shown.borrow();
            assert!(
                shown.contains_key(sequence),
                "{name}: {of} {sequence} was not shown: {shown:?}"
            );
        }
        let count = |name| there.values().filter(|(of, _)| *of == name).count();
        assert!(count("b") as u64 == KEPT_OF_B && count("a") >= 11, "{name}: {there:?}");
    }

    /// What is in a log, each event once, and each topic's low-water mark.
    async fn found_in(&self, log: &Embedded) -> (Told, BTreeMap<&'static str, u64>) {
        let (mut there, mut marks, mut once) = (Told::new(), BTreeMap::new(), BTreeSet::new());
        for of in ["a", "b", "p"] {
            let (events, dropped) = all_of(log, of).await;
            marks.insert(of, dropped);
            for event in events {
                let data = event.draft.data;
                assert!(once.insert(data.clone()), "{}: {data} is there twice", self.name);
                there.insert(event.sequence, (of, data));
            }
        }
        (there, marks)
    }
}

/// Asks until it is done; `None` once the disk has no power.
pub(crate) async fn until_done<F, T, E>(disk: &Disk, ask: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, E>>,
{
    let asking = async {
        while disk.has_power() {
            if let Ok(done) = ask().await {
                return Some(done);
            }
            sleep(Duration::from_millis(1)).await;
        }
        None
    };
    timeout(BOUND, asking).await.unwrap_or_else(|_| panic!("it is not done within {BOUND:?}"))
}
