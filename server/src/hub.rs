//! The hub: drafts and the newest values of state topics go in, everyone who follows them gets their
//! frames.

mod reader;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use app::{
    Tick,
    event::{READERS, Receipt, TIME},
};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    clock::Clock,
    cursor::Cursor,
    event::{Draft, Event, Pattern, Topic},
    frame::{Format, Frame},
    log::{AppendError, Key, Listing, Log, Order, Query, TopicCount, Unavailable},
    presence::Presence,
    selector::Selected,
    status::{Counters, Shown, Vitals},
};

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
    /// No publish waits longer for the log.
    publish_deadline: Duration,
    /// The newest tick. `None` until the first multiple of the interval.
    time: watch::Sender<Option<State>>,
    /// The last number of readers that was announced.
    readers: watch::Sender<Readers>,
    reading: AtomicU32,
    vitals: Vitals,
    presence: Presence,
    counters: Counters,
}

/// The newest value of a state topic as readers get it.
#[derive(Clone, Debug)]
pub struct State {
    message: Frame,
    json: Frame,
}

impl State {
    /// A value that a topic got at an instant in microseconds since the Unix epoch.
    pub(crate) fn new(topic: &str, at: i64, value: &str) -> Self {
        let frame = |format| Frame::state(topic, at, value, format);
        Self { message: frame(Format::Message), json: frame(Format::Json) }
    }

    /// The event.
    #[must_use]
    pub fn frame(&self, format: Format) -> Frame {
        match format {
            Format::Message => self.message.clone(),
            Format::Json => self.json.clone(),
        }
    }
}

/// A number of readers, and the event that announces it.
#[derive(Clone, Debug)]
pub struct Readers {
    /// How many are reading.
    pub count: u32,
    /// The event.
    pub state: State,
}

impl Readers {
    fn new(count: u32, at: i64) -> Self {
        Self { count, state: State::new(READERS, at, &count.to_string()) }
    }
}

impl Hub {
    /// A hub with no readers, whose time is `clock`'s and whose events are `log`'s. `status` is who
    /// may read the topic `status`.
    #[must_use]
    pub fn new(clock: Clock, log: Arc<dyn Log>, status: Shown) -> Self {
        Self(Arc::new(Topics {
            clock,
            log,
            publish_deadline: PUBLISH_DEADLINE,
            time: watch::Sender::new(None),
            readers: watch::Sender::new(Readers::new(0, clock.now())),
            reading: AtomicU32::new(0),
            vitals: Vitals::new(status),
            presence: Presence::new(clock),
            counters: Counters::default(),
        }))
    }

    /// The same hub, where no publish waits longer for the log.
    ///
    /// # Panics
    /// Where somebody else has the hub already.
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
                // Made while nobody can subscribe: else a greeting could be later than it.
                time.send_modify(|newest| *newest = Some(self.tick()));
                // Sent even where it is the last announced: who came in between was told another.
                readers.send_modify(|announced| {
                    let count = self.reading();
                    if count != announced.count {
                        *announced = Readers::new(count, clock.now());
                    }
                });
            }
        };
        shutdown.run_until_cancelled(ticking).await;
    }

    /// An event with the instant of its own making.
    #[must_use]
    pub fn tick(&self) -> State {
        let now = self.0.clock.now();
        State::new(TIME, now, &Tick::from_micros(now).to_string())
    }

    /// Appends an event to the log and gives it to everyone who follows one of its topics. Whoever
    /// gets the receipt may rely on the event's being on disk.
    ///
    /// # Errors
    /// Where it is not, or where nobody can say.
    pub async fn publish(&self, draft: Draft, key: Option<Key>) -> Result<Receipt, AppendError> {
        let Topics { log, .. } = &*self.0;
        let topics = draft.topics.clone();
        let id = self.append(draft, key).await?;
        let readers = log.tail().followers(&topics);
        Ok(Receipt { id: id.to_string(), sequence: id.sequence, readers })
    }

    /// Appends an event, and gives up where that takes too long. All of the wait counts: for what waits
    /// before it too.
    async fn append(&self, draft: Draft, key: Option<Key>) -> Result<Cursor, AppendError> {
        let Topics { log, publish_deadline, .. } = &*self.0;
        let appending = timeout(*publish_deadline, log.append(draft, key));
        appending.await.unwrap_or(Err(AppendError::Late(*publish_deadline)))
    }

    /// Removes every event of a topic, and tells so who follows it: an event of type
    /// [`purged`](app::event::PURGED) stands in their place, for who comes back later too. Returns how
    /// many were removed, without such events. Where there are none nothing happens.
    ///
    /// # Errors
    /// Where it cannot be said that all are gone; asked again it goes on.
    pub async fn purge(&self, topic: Topic) -> Result<u64, AppendError> {
        let log = &self.0.log;
        let Some(held) = self.to_be_removed(&topic).await.map_err(AppendError::Unavailable)? else {
            return Ok(0);
        };
        // Nobody hears of what they may not read.
        let notice = Draft::notice(topic.clone(), held.private == held.events);
        // First of all: whatever happens in between, no page shows what is gone and is not told.
        let notice = self.append(notice, None).await?;
        log.purge(topic, notice.sequence).await
    }

    /// Removes one event of a topic, from its other topics too, and tells so who follows one of them: an
    /// event of type [`purged`](app::event::PURGED) names it. Returns whether there was such an event.
    ///
    /// # Errors
    /// Where it cannot be said that it is gone; asked again it goes on.
    pub async fn remove(&self, topic: Topic, id: Cursor) -> Result<bool, AppendError> {
        let log = &self.0.log;
        let Some(event) = self.event_of(&topic, id).await.map_err(AppendError::Unavailable)? else {
            return Ok(false);
        };
        // First of all, as with a purge.
        self.append(Draft::notice_of(&event), None).await?;
        Ok(log.remove(topic, id).await?.is_some())
    }

    /// The event of a topic that has an id. What says that others are gone is none of them.
    async fn event_of(&self, topic: &Topic, id: Cursor) -> Result<Option<Event>, Unavailable> {
        let Some(after) = id.sequence.checked_sub(1) else { return Ok(None) };
        let topics = vec![Selected::all(topic.clone())];
        let query = Query { before: id.sequence.saturating_add(1), ..Query::after(topics, after) };
        let found = self.0.log.read(query).await?.events.pop();
        Ok(found.filter(|event| event.id() == id && !event.draft.is_notice()))
    }

    /// What there is of a topic, unless that is nothing, or no more than what an earlier purge has left.
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

    /// The log that it reads from.
    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &*self.0.log
    }

    /// The clock that the hub ticks by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0.clock
    }

    /// The server's health: the state topic `status`, and its last minutes.
    #[must_use]
    pub fn vitals(&self) -> &Vitals {
        &self.0.vitals
    }

    /// Who is in which room: the state topics `here/{room}`.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// What is counted for the server's health.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// How many are reading now.
    #[must_use]
    pub fn reading(&self) -> u32 {
        self.0.reading.load(Ordering::Relaxed)
    }

    /// The number of readers as an event, made now.
    #[must_use]
    pub fn readers_now(&self) -> Readers {
        Readers::new(self.reading(), self.0.clock.now())
    }

    /// Follows the newest tick, and gives one made now, which is later than all that were published
    /// and earlier than all that will be.
    #[must_use]
    pub fn follow_time(&self) -> (State, watch::Receiver<Option<State>>) {
        let mut time = self.0.time.subscribe();
        let none_published_meanwhile = time.borrow_and_update();
        let now = self.tick();
        drop(none_published_meanwhile);
        (now, time)
    }

    /// Follows the number of readers; what is there already counts as seen.
    #[must_use]
    pub fn follow_readers(&self) -> watch::Receiver<Readers> {
        self.0.readers.subscribe()
    }

    /// Counts a reader in until the returned guard is dropped, and logs both.
    #[must_use]
    pub fn admit(&self, address: SocketAddr) -> Reader {
        let remaining = self.0.reading.fetch_add(1, Ordering::Relaxed) + 1;
        info!(%address, readers = remaining, "client connected");
        Reader::new(self.clone(), address)
    }
}
