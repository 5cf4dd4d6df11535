//! The hub: publishes drafts and the newest values of state topics, and hands their frames to followers.

mod places;
mod reader;
mod readers;
mod time;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::info;
use wire::topics::{READERS, Receipt, TIME};

use crate::{
    client::Address,
    clock::Clock,
    counters::{Counters, Outcome},
    cursor::Cursor,
    event::{Draft, Event, Pattern, Topic},
    log::{AppendError, Key, Listing, Log, Order, Query, TopicCount, Unavailable},
    selector::{Selected, Selector},
    spans::Standing,
    state_topics::{StateTopic, StateTopics},
};
use places::Places;
use readers::Readers;
use time::Time;

pub use places::Lag;
pub(crate) use places::Place;
pub use reader::Reader;

/// How long a publish waits for the log, unless told otherwise.
pub const PUBLISH_DEADLINE: Duration = Duration::from_secs(10);

/// A handle to the hub; clones share it.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Topics>);

#[derive(Debug)]
struct Topics {
    clock: Clock,
    log: Arc<dyn Log>,
    counters: Counters,
    /// No publish waits longer for the log.
    publish_deadline: Duration,
    time: Arc<Time>,
    readers: Arc<Readers>,
    places: Places,
    states: StateTopics,
}

impl Hub {
    /// A hub with no readers, whose time is `clock`'s and whose events are `log`'s. It has the state topics
    /// `time` and `readers`; others are [registered](Self::state_topics) by their owners.
    #[must_use]
    pub fn new(clock: Clock, log: Arc<dyn Log>) -> Self {
        let (time, readers) = (Arc::new(Time::new(clock)), Arc::new(Readers::new(clock)));
        let states = StateTopics::default();
        let own: [(&str, Arc<dyn StateTopic>); 2] =
            [(TIME, time.clone()), (READERS, readers.clone())];
        for (name, owner) in own {
            states.register(Selector::new(name).expect("it is a word"), owner);
        }
        let (counters, publish_deadline) = (Counters::default(), PUBLISH_DEADLINE);
        let places = Places::default();
        Self(Arc::new(Topics {
            clock,
            log,
            counters,
            publish_deadline,
            time,
            readers,
            places,
            states,
        }))
    }

    /// The same hub, where no publish waits longer for the log.
    ///
    /// # Panics
    /// If the hub has been shared already.
    #[must_use]
    pub fn with_publish_deadline(mut self, deadline: Duration) -> Self {
        let topics = Arc::get_mut(&mut self.0).expect("nobody else has the hub yet");
        topics.publish_deadline = deadline;
        self
    }

    /// Publishes the time at every multiple of `interval`, and the number of readers that goes
    /// with it, until `shutdown`.
    pub async fn run(&self, interval: Duration, shutdown: CancellationToken) {
        let Topics { clock, time, readers, .. } = &*self.0;
        let ticking = async {
            let mut last = clock.now();
            loop {
                last = clock.next_multiple(interval, last).await;
                time.tick();
                readers.announce();
            }
        };
        shutdown.run_until_cancelled(ticking).await;
    }

    /// Appends an event to the log and delivers it to everyone who follows one of its topics. A receipt
    /// means that the event is on disk.
    ///
    /// # Errors
    /// If it is not, or if that is unknown.
    pub async fn publish(&self, draft: Draft, key: Option<Key>) -> Result<Receipt, AppendError> {
        let Topics { log, counters, .. } = &*self.0;
        let topics = draft.topics.clone();
        let appended = self.append(draft, key).await;
        counters.published(Outcome::from(&appended));
        let id = appended?;
        let readers = log.tail().followers(&topics);
        Ok(Receipt { id: id.to_string(), sequence: id.sequence, readers })
    }

    /// Appends an event, and gives up if that takes too long, including the wait for earlier events.
    async fn append(&self, draft: Draft, key: Option<Key>) -> Result<Cursor, AppendError> {
        let Topics { log, publish_deadline, .. } = &*self.0;
        let appending = timeout(*publish_deadline, log.append(draft, key));
        appending.await.unwrap_or(Err(AppendError::Late(*publish_deadline)))
    }

    /// Removes every event of a topic, and tells its followers: an event of type
    /// [`purged`](wire::event::PURGED) takes their place, for readers that come back later too. Returns
    /// how many were removed, not counting such notices. If there are none, nothing happens.
    ///
    /// # Errors
    /// If it is unknown whether all are gone; a repeated call continues.
    pub async fn purge(&self, topic: Topic) -> Result<u64, AppendError> {
        let log = &self.0.log;
        let Some(held) = self.to_be_removed(&topic).await.map_err(AppendError::Unavailable)? else {
            return Ok(0);
        };
        // Nobody hears of what they may not read.
        let notice = Draft::notice(topic.clone(), held.private == held.events);
        // First, so that whatever happens in between, no page keeps showing what is gone.
        let notice = self.append(notice, None).await?;
        log.purge(topic, notice.sequence).await
    }

    /// Removes one event of a topic, from its other topics too, and tells their followers: an event of type
    /// [`purged`](wire::event::PURGED) names it. Returns whether there was such an event.
    ///
    /// # Errors
    /// If it is unknown whether it is gone; a repeated call continues.
    pub async fn remove(&self, topic: Topic, id: Cursor) -> Result<bool, AppendError> {
        let log = &self.0.log;
        let Some(event) = self.event_of(&topic, id).await.map_err(AppendError::Unavailable)? else {
            return Ok(false);
        };
        // First of all, as with a purge.
        self.append(Draft::notice_of(&event), None).await?;
        Ok(log.remove(topic, id).await?.is_some())
    }

    /// The event of a topic that has an id. One that says that others are gone does not count.
    async fn event_of(&self, topic: &Topic, id: Cursor) -> Result<Option<Event>, Unavailable> {
        let Some(after) = id.sequence.checked_sub(1) else { return Ok(None) };
        let topics = vec![Selected::all(topic.clone())];
        let query = Query { before: id.sequence.saturating_add(1), ..Query::after(topics, after) };
        let found = self.0.log.read(query).await?.events.pop();
        Ok(found.filter(|event| event.id() == id && !event.draft.is_notice()))
    }

    /// What a topic contains, unless that is nothing, or only the notice of an earlier purge.
    async fn to_be_removed(&self, topic: &Topic) -> Result<Option<TopicCount>, Unavailable> {
        let log = &self.0.log;
        let listing = Listing {
            prefix: topic.to_string(),
            after: None,
            limit: 1,
            private: vec![Pattern::all()],
        };
        let first = log.topics(listing).await?.pop();
        let Some(held) = first.filter(|first| first.topic == *topic) else { return Ok(None) };
        if held.events > 1 {
            return Ok(Some(held));
        }
        let topics = vec![Selected::all(topic.clone())];
        let query = Query { order: Order::Backwards, limit: 1, ..Query::after(topics, 0) };
        let newest = log.read(query).await?.events.pop();
        Ok(newest.filter(|event| !event.draft.is_notice()).map(|_| held))
    }

    /// How a position stands to the log, which is asked where that is in doubt: what a successor has written is
    /// known with its answers.
    pub(crate) async fn standing(&self, cursor: Cursor) -> Result<Standing, Unavailable> {
        let log = &self.0.log;
        let standing = log.spans().standing(cursor, log.tail().last());
        if standing == Standing::Known {
            return Ok(standing);
        }
        let nothing = Query { limit: 0, ..Query::after(Vec::new(), u64::MAX) };
        let last = log.read(nothing).await?.last;
        Ok(log.spans().standing(cursor, last))
    }

    /// Tells it apart from others, as long as there is a handle to it.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The log that it reads from.
    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &*self.0.log
    }

    /// What is counted on the way of its events.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// The clock that the hub ticks by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0.clock
    }

    /// The state topics that can be followed.
    #[must_use]
    pub fn state_topics(&self) -> &StateTopics {
        &self.0.states
    }

    /// How many are reading now.
    #[must_use]
    pub fn reading(&self) -> u32 {
        self.0.readers.count()
    }

    /// How far those who read topics of the log are behind it.
    #[must_use]
    pub fn lag(&self) -> Lag {
        self.0.places.lag(self.0.log.tail().last())
    }

    /// A place in the log for a reader of it.
    pub(crate) fn place(&self) -> Place {
        self.0.places.take()
    }

    /// Counts a reader until the returned guard is dropped, and logs both.
    #[must_use]
    pub fn admit(&self, address: Address) -> Reader {
        let reading = self.0.readers.reading();
        let remaining = reading.fetch_add(1, Ordering::Relaxed) + 1;
        info!(%address, readers = remaining, "client connected");
        Reader::new(reading.clone(), self.0.counters.clone(), address)
    }
}
