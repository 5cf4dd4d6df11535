//! Reads a log on disk: on threads that may wait for it, and in spite of damage.

use std::{
    io::{self, Write},
    sync::{Arc, PoisonError, atomic::Ordering},
};

use redb::{Database, ReadableDatabase};

use super::{
    Embedded,
    alike::Waiting,
    backup, listing,
    opening::{OpenError, guarded},
    pages,
    request::Request,
    row::Seal,
    shared::Shared,
    store,
    unreadable::Unreadable,
};
use crate::log::{Contents, Listing, Page, Query, TopicCount, Unavailable};

impl Embedded {
    /// Reads a page; where its first event takes more than `most` bytes, says how many.
    pub(super) async fn page(
        &self,
        query: Query,
        most: usize,
    ) -> Result<Result<Page, usize>, Unavailable> {
        // Without events it is nothing but where its reader stands, and takes no memory.
        let read = if query.limit == 0 {
            self.place(&query).await.map(Ok)
        } else {
            let query = query.clone();
            self.look(move |database, seal| pages::read_small(database, seal, &query, most)).await
        };
        match read {
            Ok(Ok(page)) => {
                if page.damaged > 0 {
                    self.shared
                        .found_damage(&format!("an event at or before sequence {}", page.damaged));
                }
                Ok(Ok(page))
            }
            Ok(Err(size)) => Ok(Err(size)),
            Err(Unreadable::Damaged(what)) => Ok(Ok(self.lost(&query, &what))),
            Err(why) => Err(self.unavailable(why)),
        }
    }

    /// Finds where a reader stands, unless that is known as of now.
    async fn place(&self, query: &Query) -> Result<Page, Unreadable> {
        if let Some(page) = self.places.known(query, self.shared.changes()) {
            return Ok(page);
        }
        let ask = async |waiting: Arc<Waiting<_, _>>| {
            let (places, shared, query) = (self.places.clone(), self.shared.clone(), query.clone());
            self.look(move |database, seal| {
                waiting.begins();
                let changes = shared.changes();
                let page =
                    pages::read_small(database, seal, &query, usize::MAX)?.unwrap_or_default();
                places.learn(&query, &page, changes);
                Ok(page)
            })
            .await
        };
        self.asking.ask(query.clone(), ask).await
    }

    /// Whether what came of a read is its answer: the file may have been closed before it was read.
    pub(super) fn answered<T>(&self, read: &Result<T, Unavailable>) -> bool {
        read.is_ok() || self.shared.answers_itself()
    }

    /// How many events a query finds.
    pub(super) async fn number(&self, query: Query) -> Result<u64, Unavailable> {
        match self.look(move |database, seal| pages::count(database, seal, &query)).await {
            // Events that cannot be read are not counted.
            Err(Unreadable::Damaged(_)) => Ok(0),
            counted => counted.map_err(|why| self.unavailable(why)),
        }
    }

    /// The topics that a listing shows.
    pub(super) async fn listed(&self, listing: Listing) -> Result<Vec<TopicCount>, Unavailable> {
        let found =
            self.look(move |database, seal| listing::topics(database, seal, &listing)).await;
        found.map_err(|why| self.unavailable(why))
    }

    /// Reads the database on a thread that may wait for the disk.
    async fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database, Seal) -> store::Result<T> + Send + 'static,
    ) -> Result<T, Unreadable> {
        let shared = self.shared.clone();
        let reading = self.looks.take(move || {
            let database = shared.database.read().unwrap_or_else(PoisonError::into_inner);
            let Some(database) = &*database else {
                return Err(Unreadable::Now("it is being reopened".into()));
            };
            guarded(|| Ok(read(database, shared.seal)?)).map_err(|error| match error {
                OpenError::Damaged(what) => Unreadable::Damaged(what),
                other => Unreadable::Storage(other.to_string()),
            })
        });
        reading.await.unwrap_or_else(|_| Err(Unreadable::Now("the server is shutting down".into())))
    }

    /// Why a read failed, as it is reported.
    fn unavailable(&self, why: Unreadable) -> Unavailable {
        match why {
            Unreadable::Now(why) => Unavailable(why),
            Unreadable::Storage(why) => self.doubt(why),
            Unreadable::Damaged(what) => {
                self.shared.found_damage(&what);
                Unavailable(what)
            }
        }
    }

    /// What a query gets where the way to its events is damaged: none of them, and that they are missing.
    fn lost(&self, query: &Query, what: &str) -> Page {
        self.shared.found_damage(what);
        let last = self.tail.last();
        let damaged = if query.after < last { last } else { 0 };
        Page { last, damaged, ..Page::default() }
    }

    /// Makes the writer find out why a read failed: after one error the engine refuses everything, even
    /// without a write.
    fn doubt(&self, why: String) -> Unavailable {
        if let Some(requests) = &self.requests
            && !self.shared.doubted.swap(true, Ordering::Relaxed)
        {
            // If there is no writer any more, `ready` reports it.
            let _ = requests.send(Request::Check);
        }
        Unavailable(why)
    }
}

impl Shared {
    /// Writes a backup of everything durable at this moment.
    pub(super) fn write_backup(&self, to: &mut impl Write) -> io::Result<Contents> {
        let transaction = {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let database =
                database.as_ref().ok_or_else(|| io::Error::other("the log is closed"))?;
            // While the lock is held: who closes the file looks at both.
            self.backups.fetch_add(1, Ordering::Relaxed);
            database.begin_read()
        };
        let written = transaction.map_err(io::Error::other).and_then(|transaction| {
            let written = guarded(|| Ok(backup::write(&transaction, self.seal, to)?));
            written.map_err(io::Error::other)
        });
        self.backups.fetch_sub(1, Ordering::Relaxed);
        written
    }
}
