//! The log on disk, in one file by [redb](https://docs.rs/redb): drafts go in, events come out of it
//! after any crash. One thread writes; what gathers while it syncs goes into the next sync together.

mod codec;
mod looks;
mod opening;
mod pages;
mod store;
mod volume;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use futures::{FutureExt, future::BoxFuture};
use redb::Database;
use tokio::sync::{Semaphore, oneshot};

use super::{
    AppendError, Held, Key, Log, Page, Query, Retention, TopicCount, Unavailable, retention,
};
use crate::{
    Clock,
    cursor::Epoch,
    event::{Draft, LARGEST_DATA, Topic},
    tail::{self, Tail},
};
use looks::Looks;
use writer::{Request, Writer};

pub use opening::OpenError;
use opening::guarded;
pub(super) use store::fingerprint;
pub use store::make;
pub use volume::{Folder, Volume};

/// How many bytes of events wait for the disk at most; who comes then waits before it hands in.
const WAITING_BYTES: usize = 32 * 1024 * 1024;

/// What a waiting event counts beside its data and names, in bytes.
const WAITING_EVENT: u64 = 1024;

/// A log on disk.
#[derive(Debug)]
pub struct Embedded {
    epoch: Epoch,
    tail: Tail,
    shared: Arc<Shared>,
    volume: Arc<dyn Volume>,
    waiting: Arc<Semaphore>,
    looks: Looks,
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
    /// Someone could not read, and the writer was asked to see why.
    doubted: AtomicBool,
    commits: AtomicU64,
    /// As of the last commit.
    held: Mutex<Held>,
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
        let (database, epoch, totals) = guarded(|| {
            let database = volume.open()?;
            store::check_format(&database)?;
            let (epoch, totals) = (store::epoch(&database)?, store::totals(&database)?);
            Ok((database, epoch, totals))
        })?;
        let tail = Tail::new(epoch, totals.last, tail);
        let shared = Arc::new(Shared {
            database: RwLock::new(Some(database)),
            failed: Mutex::new(None),
            doubted: AtomicBool::new(false),
            commits: AtomicU64::new(0),
            held: Mutex::new(totals.held()),
        });
        let (requests, incoming) = mpsc::channel();
        let (to, on, known) = (shared.clone(), volume.clone(), (epoch, totals));
        let writer = Writer::new(to, on, tail.clone(), known, clock, retention);
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
            looks: Looks::new(),
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
        let closed = || AppendError::Unavailable(Unavailable("the answer is lost".into()));
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
        let reading = self.looks.take(move || {
            let database = shared.database.read().unwrap_or_else(PoisonError::into_inner);
            match &*database {
                Some(database) => read(database).map_err(|error| Some(error.to_string())),
                None => Err(None),
            }
        });
        match reading.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(Some(why))) => Err(self.doubt(why)),
            Ok(Err(None)) => Err(Unavailable("it is being opened again".into())),
            Err(error) if error.is_panic() => Err(self.doubt("it cannot be read".into())),
            Err(_) => Err(Unavailable("the server is shutting down".into())),
        }
    }

    /// Has the writer see why nothing can be read: the engine refuses everything after one error, also
    /// where nobody writes.
    fn doubt(&self, why: String) -> Unavailable {
        if let Some(requests) = &self.requests
            && !self.shared.doubted.swap(true, Ordering::Relaxed)
        {
            // Where there is no writer any more, `ready` says so.
            let _ = requests.send(Request::Check);
        }
        Unavailable(why)
    }
}

impl Shared {
    fn failed(&self) -> MutexGuard<'_, Option<String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
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
        let bytes = u32::try_from(retention::size_of(&draft) + WAITING_EVENT).unwrap_or(u32::MAX);
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

    fn read_small(
        &self,
        query: Query,
        most: usize,
    ) -> BoxFuture<'_, Result<Result<Page, usize>, Unavailable>> {
        self.look(move |database| pages::read_small(database, &query, most)).boxed()
    }

    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        self.look(move |database| pages::count(database, &query)).boxed()
    }

    fn topics(
        &self,
        prefix: String,
        after: Option<Topic>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        self.look(move |database| pages::topics(database, &prefix, after.as_ref(), limit)).boxed()
    }

    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        self.ask(move |answer| Request::Purge { topic, before, answer }).boxed()
    }

    fn held(&self) -> Held {
        *self.shared.held()
    }

    fn ready(&self) -> Result<(), Unavailable> {
        if let Some(why) = &*self.shared.failed() {
            return Err(Unavailable(why.clone()));
        }
        if self.writing.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(Unavailable("nobody writes it any more".into()));
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
