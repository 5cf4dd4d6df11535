//! The log on disk, in one file by [redb](https://docs.rs/redb): drafts go in, events come out of it
//! after any crash. One thread writes; what gathers while it syncs goes into the next sync together.

mod codec;
mod pages;
mod store;
mod volume;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use futures::{FutureExt, future::BoxFuture};
use redb::Database;
use tokio::{
    sync::{Semaphore, oneshot},
    task::spawn_blocking,
};

use super::{AppendError, Key, Log, Page, Query, Retention, Unavailable};
use crate::{
    Clock,
    cursor::Epoch,
    event::{Draft, LARGEST_DATA, Topic},
    tail::{self, Tail},
};
use writer::{Request, Writer};

pub use volume::{Folder, OpenError, Volume, builder, guarded};

/// How many bytes of events wait for the disk at most; who comes then waits before it hands in.
const WAITING_BYTES: usize = 32 * 1024 * 1024;

/// What a waiting event counts beside its data, in bytes.
const WAITING_EVENT: usize = 1024;

/// A log on disk.
#[derive(Debug)]
pub struct Embedded {
    epoch: Epoch,
    tail: Tail,
    shared: Arc<Shared>,
    volume: Arc<dyn Volume>,
    waiting: Arc<Semaphore>,
    // Both `None` once it is being dropped.
    requests: Option<mpsc::Sender<Request>>,
    writing: Option<JoinHandle<()>>,
}

/// What the writer and those who read have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// `None` while the log is closed after a failure.
    database: RwLock<Option<Database>>,
    /// Why nothing can be written.
    failed: Mutex<Option<String>>,
    commits: AtomicU64,
}

impl Embedded {
    /// Opens the log in a folder, or makes both.
    ///
    /// # Errors
    /// Where another process has it, it is of a newer format or damaged, or the disk refuses.
    pub fn open(
        folder: &Path,
        clock: Clock,
        retention: Retention,
        tail: tail::Bounds,
    ) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(Folder::take(folder)?), clock, retention, tail)
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
        let database = guarded(|| volume.open())?;
        store::check_format(&database)?;
        let (epoch, totals) = (store::epoch(&database)?, store::totals(&database)?);
        let tail = Tail::new(epoch, totals.last, tail);
        let shared = Arc::new(Shared {
            database: RwLock::new(Some(database)),
            failed: Mutex::new(None),
            commits: AtomicU64::new(0),
        });
        let (requests, incoming) = mpsc::channel();
        let writer =
            Writer::new(shared.clone(), volume.clone(), tail.clone(), clock, retention, totals);
        let writing = thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer.run(&incoming))
            .map_err(redb::Error::Io)?;
        Ok(Self {
            epoch,
            tail,
            shared,
            volume,
            waiting: Arc::new(Semaphore::new(WAITING_BYTES)),
            requests: Some(requests),
            writing: Some(writing),
        })
    }

    /// How many times it has committed since it was opened. Each commit is one sync.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// Hands a request to the writer, and waits for its answer.
    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, AppendError>>) -> Request,
    ) -> Result<T, AppendError> {
        let closed = || AppendError::Unavailable(Unavailable("it is being closed".into()));
        let (answer, answered) = oneshot::channel();
        let requests = self.requests.as_ref().ok_or_else(closed)?;
        requests.send(request(answer)).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Reads the database on a thread that may wait for the disk.
    async fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> store::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let shared = self.shared.clone();
        let reading = spawn_blocking(move || {
            let database = shared.database.read().unwrap_or_else(PoisonError::into_inner);
            let Some(database) = &*database else {
                return Err(Unavailable("it is being opened again".into()));
            };
            read(database).map_err(|error| Unavailable(error.to_string()))
        });
        reading.await.map_err(|_| Unavailable("the server is shutting down".into()))?
    }
}

impl Shared {
    fn failed(&self) -> MutexGuard<'_, Option<String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Embedded {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn tail(&self) -> &Tail {
        &self.tail
    }

    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<u64, AppendError>> {
        let bytes = u32::try_from(draft.data.len() + WAITING_EVENT).unwrap_or(u32::MAX);
        debug_assert!(draft.data.len() <= LARGEST_DATA, "it was checked when it came");
        async move {
            // Never closed: it is as old as the log.
            let held = self.waiting.clone().acquire_many_owned(bytes).await.ok();
            self.ask(|answer| Request::Append { draft, key, answer, held }).await
        }
        .boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        self.look(move |database| pages::read(database, &query)).boxed()
    }

    fn topics(
        &self,
        prefix: String,
        after: Option<Topic>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Topic, u64)>, Unavailable>> {
        self.look(move |database| pages::topics(database, &prefix, after.as_ref(), limit)).boxed()
    }

    fn purge(&self, topic: Topic) -> BoxFuture<'_, Result<u64, AppendError>> {
        self.ask(|answer| Request::Purge { topic, answer }).boxed()
    }

    fn ready(&self) -> Result<(), Unavailable> {
        if let Some(why) = &*self.shared.failed() {
            return Err(Unavailable(why.clone()));
        }
        match self.volume.room() {
            Ok(room) if room < writer::RESERVE => Err(Unavailable("the disk is full".into())),
            Ok(_) => Ok(()),
            Err(error) => Err(Unavailable(error.to_string())),
        }
    }
}

impl Drop for Embedded {
    /// Closes the file before the folder is let go.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(writing) = self.writing.take() {
            // It has logged what it died of.
            let _ = writing.join();
        }
    }
}
