//! The log in memory, for tests and `--ephemeral`: gone with the process.

mod held;
mod keys;

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};

use super::{
    AppendError, Contents, Key, Listing, Log, Page, Query, Retention, TopicCount, Unavailable,
};
use crate::{
    Clock,
    cursor::{Cursor, Epoch},
    event::{Draft, Event, Topic},
    log,
    spans::Spans,
    tail::{self, Tail},
};
use held::{Appended, Held, Kept};

/// A log that forgets everything with the process.
#[derive(Debug)]
pub struct Memory {
    spans: Arc<Spans>,
    retention: Retention,
    tail: Tail,
    held: Mutex<Held>,
}

impl Memory {
    /// An empty log, whose events bear `clock`'s time.
    #[must_use]
    pub fn new(clock: Clock, retention: Retention, tail: tail::Bounds) -> Self {
        let epoch = Epoch::random();
        let held = Held::new(epoch, clock);
        let tail = Tail::new(Cursor { epoch, sequence: 0 }, tail);
        let spans = Arc::new(Spans::first(epoch));
        Self { spans, retention, tail, held: Mutex::new(held) }
    }

    /// What is held now, without what is too old.
    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic in here has left nothing half-done that would matter more than going on.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.sweep(&self.retention);
        held
    }
}

impl Log for Memory {
    fn spans(&self) -> Arc<Spans> {
        self.spans.clone()
    }

    fn tail(&self) -> &Tail {
        &self.tail
    }

    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>> {
        let mut held = self.held();
        let appended = held.append(draft, key, &self.retention).map(|appended| match appended {
            Appended::Before(id) => id,
            Appended::Now(event) => {
                held.retain(&self.retention, &event.draft.topics);
                let id = event.id();
                self.tail.push(vec![event]);
                id
            }
        });
        async { appended }.boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        let page = self.held().read(&query);
        async { Ok(page) }.boxed()
    }

    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        let count = self.held().find(&query).len().min(query.limit) as u64;
        async move { Ok(count) }.boxed()
    }

    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        let Listing { prefix, after, limit, private } = listing;
        let held = self.held();
        let count = |(name, kept): (&String, &Kept)| {
            let topic = Topic::held(name)?;
            let [public, hidden] =
                kept.classes.each_ref().map(|class| class.sequences.len() as u64);
            let shown = private.iter().any(|pattern| pattern.matches(&topic));
            let listed =
                name.starts_with(&prefix) && after.as_ref().is_none_or(|after| topic > *after);
            (listed && (public > 0 || shown && hidden > 0)).then_some(TopicCount {
                topic,
                events: public + hidden,
                private: hidden,
                last: kept.last(shown),
            })
        };
        let list = held.topics.iter().filter_map(count).take(limit).collect();
        drop(held);
        async { Ok(list) }.boxed()
    }

    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        let mut held = self.held();
        let classes = held.topics.get(topic.as_str()).into_iter().flat_map(|kept| &kept.classes);
        let sequences: BTreeSet<u64> =
            classes.flat_map(|class| class.sequences.range(..before)).copied().collect();
        let mut removed = 0;
        for sequence in &sequences {
            let event = held.drop_event(*sequence, true);
            removed += u64::from(event.is_some_and(|event| !event.draft.is_notice()));
        }
        self.tail.purge(&sequences);
        async move { Ok(removed) }.boxed()
    }

    fn remove(
        &self,
        topic: Topic,
        id: Cursor,
    ) -> BoxFuture<'_, Result<Option<Event>, AppendError>> {
        let mut held = self.held();
        let ours = held.topics.get(topic.as_str()).is_some_and(|kept| {
            kept.classes.iter().any(|class| class.sequences.contains(&id.sequence))
        });
        let removed = if ours && id.epoch == held.epoch {
            self.tail.remove(id.sequence);
            let removed = held.drop_event(id.sequence, false);
            held.removed.extend(removed.iter().map(|event| (id.sequence, event.clone())));
            removed.map(|event| (*event).clone())
        } else {
            None
        };
        async { Ok(removed) }.boxed()
    }

    fn back_up(&self, _: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>> {
        async {
            Err(io::Error::new(io::ErrorKind::Unsupported, "a log in memory cannot be backed up"))
        }
        .boxed()
    }

    fn held(&self) -> log::Held {
        let held = self.held();
        let (events, keys) = (held.events.len() as u64, held.keys.count());
        log::Held { events, bytes: held.bytes, keys, damaged: 0 }
    }

    fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}
