//! The log on disk, in one [redb](https://docs.rs/redb) file that survives any crash. One thread writes;
//! what gathers while it syncs goes into the next sync together.

mod alike;
mod answering;
mod backup;
mod building;
mod check;
mod codec;
mod data_dir;
mod format1;
mod listing;
mod looks;
mod migration;
mod opening;
mod overlay;
mod pages;
mod places;
mod readiness;
mod reading;
mod request;
mod row;
mod salvage;
mod shared;
mod store;
mod succession;
mod undo;
mod unreadable;
mod volume;
mod writer;

use std::{
    io::{self, Write},
    path::Path,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use futures::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{Semaphore, oneshot, watch},
    task::spawn_blocking,
};
use wire::limits::LARGEST_DATA;

use super::{
    AppendError, Contents, Held, Key, Listing, Log, Page, Query, Retention, TopicCount,
    Unavailable, retention,
};
use crate::{
    Clock,
    counters::{Distribution, Histogram},
    cursor::{Cursor, Epoch},
    event::{Draft, Event, Topic},
    spans::Spans,
    tail::{self, Tail},
};
use alike::Alike;
use answering::Answering;
use looks::Looks;
use places::Places;
use request::{Answer, Request, Share};
use shared::Shared;
use unreadable::Unreadable;
use writer::Writer;

pub use backup::{restore, verify};
pub use check::{Report, check};
pub use opening::OpenError;
use opening::guarded;
pub(super) use store::fingerprint;
pub use store::make;
pub use volume::{Folder, Volume};

/// How many bytes of events may wait for the disk; later publishers wait before they hand theirs in.
const WAITING_BYTES: usize = 32 * 1024 * 1024;

/// What a waiting event counts in addition to its data and names, in bytes.
const WAITING_EVENT: u64 = 1024;

/// A log on disk.
#[derive(Debug)]
pub struct Embedded {
    tail: Tail,
    shared: Arc<Shared>,
    waiting: Arc<Semaphore>,
    looks: Looks,
    places: Places,
    /// Those who ask for a place that is not known.
    asking: Alike<Query, Result<Page, Unreadable>>,
    // Both `None` once it is being dropped.
    requests: Option<mpsc::Sender<Request>>,
    writing: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Opens the log in a folder, or makes both.
    ///
    /// # Errors
    /// If another process has it open, its format is newer, it is damaged, or the disk fails.
    pub fn open(
        folder: &Path,
        clock: Clock,
        retention: Retention,
        tail: tail::Bounds,
    ) -> Result<Self, OpenError> {
        let folder = Folder::take(folder)?;
        let file = folder.file();
        Self::open_on(Arc::new(folder), clock, retention, tail).map_err(|error| error.of(file))
    }

    /// Opens the log on a volume.
    ///
    /// # Errors
    /// Those of the volume, and of a log that cannot be read.
    pub fn open_on(
        volume: Arc<dyn Volume>,
        clock: Clock,
        retention: Retention,
        tail: tail::Bounds,
    ) -> Result<Self, OpenError> {
        let (database, seal, spans, totals) = guarded(|| {
            let database = volume.open()?;
            let seal = store::seal(&database)?;
            let (spans, totals) = store::opened(&database, seal)?;
            Ok((database, seal, spans, totals))
        })?;
        let (tail, epoch) = (Tail::new(spans.position(totals.last), tail), Epoch::random());
        let shared = Arc::new(Shared {
            database: RwLock::new(Some(database)),
            failed: Mutex::new(None),
            doubted: AtomicBool::new(false),
            commits: Histogram::default(),
            changes: AtomicU64::new(0),
            held: Mutex::new(totals.held()),
            spans: RwLock::new(Arc::new(spans.before(epoch))),
            seal,
            damaged: AtomicU64::new(0),
            readiness: Arc::default(),
            answering: watch::Sender::new(Answering::Itself),
            backups: AtomicUsize::new(0),
        });
        let (requests, incoming) = mpsc::channel();
        let to = shared.clone();
        let writer = Writer::new(to, volume, tail.clone(), (totals, epoch), clock, retention);
        let writing = thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer.run(&incoming))
            .map_err(redb::Error::Io)?;
        Ok(Self {
            tail,
            shared,
            waiting: Arc::new(Semaphore::new(WAITING_BYTES)),
            looks: Looks::new(),
            places: Places::default(),
            asking: Alike::new(),
            requests: Some(requests),
            writing: Some(writing),
        })
    }

    /// How many times it has committed since it was opened. Each commit is one sync.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.commits.read().count()
    }

    /// Hands a request to the writer, and waits for its answer.
    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, AppendError> {
        let closed = || AppendError::Unavailable(Unavailable("the writer did not answer".into()));
        let (answer, answered) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(closed)?;
        requests.send(request(answer)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

impl Log for Embedded {
    fn spans(&self) -> Arc<Spans> {
        match &*self.shared.answering.borrow() {
            Answering::Successor(successor) => successor.spans(),
            _ => self.shared.spans(),
        }
    }

    fn tail(&self) -> &Tail {
        &self.tail
    }

    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>> {
        let bytes = u32::try_from(retention::size_of(&draft) + WAITING_EVENT).unwrap_or(u32::MAX);
        debug_assert!(draft.data.len() <= LARGEST_DATA, "it was checked when it came");
        async move {
            let waiting = self.shared.readiness.begin();
            // Never closed: it is as old as the log.
            let room = self.waiting.clone().acquire_many_owned(bytes).await.ok();
            let share = Share { room, waiting };
            self.ask(|answer| Request::Append { draft, key, answer, share }).await
        }
        .boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        // Of any size.
        self.read_small(query, usize::MAX).map(|read| Ok(read?.unwrap_or_default())).boxed()
    }

    fn read_small(
        &self,
        query: Query,
        most: usize,
    ) -> BoxFuture<'_, Result<Result<Page, usize>, Unavailable>> {
        async move {
            loop {
                if let Some(successor) = self.shared.successor().await? {
                    return successor.read_small(query, most).await;
                }
                let page = self.page(query.clone(), most).await;
                if self.answered(&page) {
                    return page;
                }
            }
        }
        .boxed()
    }

    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        async move {
            loop {
                if let Some(successor) = self.shared.successor().await? {
                    return successor.count(query).await;
                }
                let number = self.number(query.clone()).await;
                if self.answered(&number) {
                    return number;
                }
            }
        }
        .boxed()
    }

    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        async move {
            loop {
                if let Some(successor) = self.shared.successor().await? {
                    return successor.topics(listing).await;
                }
                let topics = self.listed(listing.clone()).await;
                if self.answered(&topics) {
                    return topics;
                }
            }
        }
        .boxed()
    }

    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        self.ask(move |answer| Request::Purge { topic, before, answer }).boxed()
    }

    fn remove(
        &self,
        topic: Topic,
        id: Cursor,
    ) -> BoxFuture<'_, Result<Option<Event>, AppendError>> {
        self.ask(move |answer| Request::Remove { topic, id, answer }).boxed()
    }

    fn back_up(&self, mut to: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>> {
        let shared = self.shared.clone();
        async move {
            let writing = spawn_blocking(move || shared.write_backup(&mut to));
            writing.await.map_err(io::Error::other)?
        }
        .boxed()
    }

    fn held(&self) -> Held {
        Held { damaged: self.shared.damaged.load(Ordering::Relaxed), ..*self.shared.held() }
    }

    fn commit_times(&self) -> Option<Distribution> {
        Some(self.shared.commits.read())
    }

    fn ready(&self) -> Result<(), Unavailable> {
        if let Some(why) = &*self.shared.failed() {
            return Err(Unavailable(why.clone()));
        }
        if self.writing.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(Unavailable("its writer has stopped".into()));
        }
        self.shared.is_answering()?;
        self.shared.readiness.check()
    }
}

impl Drop for Embedded {
    /// Closes the file before the folder is let go.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(writing) = self.writing.take() {
            // It has logged why it stopped.
            let _ = writing.join();
        }
    }
}
