//! The load: readers and publishers on one thread with epoll. Nothing is allocated while it measures, but
//! by rustls over TLS.

mod connection;
mod delays;
mod event;
mod publisher;
mod reader;
mod stalled;

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use self::{connection::Room, delays::Delays, event::Draft, publisher::Publisher, reader::Reader};
pub(crate) use self::{
    event::{DATA_LENGTH, topic},
    stalled::{Stalled, publish_more_than_fits},
};
use crate::{
    Result,
    contender::{Security, Serving},
    tls,
};

const EVENTS_AT_ONCE: usize = 1024;
/// Readers that connect before the last of them is greeted.
const GREETED_AT_ONCE: usize = 50;
/// Until all processes of a server know of its last reader.
const SETTLES: Duration = Duration::from_millis(500);
/// For an event that does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who reads what is published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience {
    pub(crate) readers: usize,
    pub(crate) topics: usize,
    /// How many of the topics each reader follows.
    pub(crate) topics_each: usize,
    /// How many of the topics are published to, in turn.
    pub(crate) published: usize,
    /// How many follow the first topic besides, and have stopped reading.
    pub(crate) stalled: usize,
}

impl Audience {
    /// Readers of one topic.
    pub(crate) fn of_one_topic(readers: usize) -> Self {
        Self { readers, topics: 1, topics_each: 1, published: 1, stalled: 0 }
    }

    /// How many readers an event has.
    pub(crate) fn of_an_event(&self) -> u64 {
        (self.readers * self.topics_each / self.topics) as u64
    }

    /// The topics of a reader: each topic has as many readers as any other.
    fn topics_of(&self, reader: usize) -> Vec<String> {
        let first = reader * self.topics_each;
        (first..first + self.topics_each).map(|number| topic(number % self.topics)).collect()
    }
}

/// Connected readers and publishers.
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    audience: Audience,
    readers: Vec<Reader>,
    publishers: Vec<Publisher>,
    /// Held open.
    stalled: Option<Stalled>,
    delays: Delays,
    room: Room,
}

/// What a load has come to.
pub(crate) struct Delivered {
    pub(crate) events: u64,
    pub(crate) deliveries: u64,
    /// From the first publish to the last delivery.
    pub(crate) took: Duration,
    /// From the publish to the read, in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Load {
    /// Connects them all, some at a time, and waits until each reader is greeted.
    pub(crate) fn connect(
        serving: &Serving,
        audience: Audience,
        publishers: usize,
    ) -> Result<Self> {
        let mut load = Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_AT_ONCE),
            audience,
            readers: Vec::with_capacity(audience.readers),
            publishers: Vec::with_capacity(publishers),
            stalled: None,
            delays: Delays::new()?,
            room: Room::new(),
        };
        let is_secure = serving.security == Security::Tls;
        let tls = is_secure.then(|| tls::trusting_any(tls::HTTP1)).transpose()?;
        for number in 0..audience.readers {
            let request = serving.stream_request(&audience.topics_of(number));
            load.add_reader(Reader::connect(serving.address, tls.as_ref(), &request)?)?;
            if load.readers.len().is_multiple_of(GREETED_AT_ONCE) {
                load.greet()?;
            }
        }
        load.greet()?;
        load.stall(serving)?;
        let draft = Draft::new(|topic, data| serving.publish_request(topic, data))?;
        // Their tokens follow those of the readers.
        for token in (audience.readers..).take(publishers) {
            let (at, tls, token) = (serving.publish_at, tls.clone(), Token(token));
            load.publishers.push(Publisher::new(at, tls, token, draft.clone()));
        }
        for publisher in &mut load.publishers {
            publisher.connect(load.poll.registry())?;
        }
        load.turn_until(Instant::now() + SETTLES)?;
        Ok(load)
    }

    /// Connects those that do not read, if there are any, and fills their sockets.
    fn stall(&mut self, serving: &Serving) -> Result<()> {
        if self.audience.stalled > 0 {
            let stalled = Stalled::connect(serving, self.audience.stalled, Some(topic(0)))?;
            stalled.fill(serving)?;
            self.stalled = Some(stalled);
        }
        Ok(())
    }

    fn add_reader(&mut self, mut reader: Reader) -> Result<()> {
        let token = Token(self.readers.len());
        self.poll.registry().register(&mut reader.connection.socket, token, Interest::READABLE)?;
        self.readers.push(reader);
        Ok(())
    }

    fn greet(&mut self) -> Result<()> {
        let last = self.readers.len().saturating_sub(GREETED_AT_ONCE);
        self.until("a reader is not greeted", |load| {
            load.readers[last..].iter().all(|reader| reader.greeted)
        })
    }

    /// Publishes so many events, so many a second, and waits until all are delivered.
    pub(crate) fn pace(&mut self, a_second: f64, events: u64) -> Result<Delivered> {
        self.delays.clear(usize::try_from(events)?);
        let begun = Instant::now();
        for number in 0..events {
            let due = begun + Duration::from_secs_f64(number as f64 / a_second);
            self.turn_until(due)?;
            self.until("a publish is not answered", Self::may_publish)?;
            self.publish(number)?;
        }
        self.finish(begun, events)
    }

    /// Publishes the next event whenever fewer than `window` are under way to their readers.
    pub(crate) fn saturate(&mut self, window: u64, length: Duration) -> Result<Delivered> {
        self.delays.clear(1 << 20);
        let (begun, audience) = (Instant::now(), self.audience.of_an_event());
        let mut published = 0;
        while begun.elapsed() < length {
            while self.may_publish() && published - self.delays.deliveries() / audience < window {
                self.publish(published)?;
                published += 1;
            }
            self.turn(Duration::from_millis(10))?;
        }
        self.finish(begun, published)
    }

    fn finish(&mut self, begun: Instant, events: u64) -> Result<Delivered> {
        let due = events * self.audience.of_an_event();
        self.until("an event is not delivered", |load| load.delays.deliveries() >= due)?;
        let took = begun.elapsed();
        self.until("a publish is not answered", |load| {
            load.publishers.iter().all(Publisher::is_idle)
        })?;
        let deliveries = self.delays.deliveries();
        if deliveries > due {
            return Err(format!("{deliveries} deliveries where {due} are due").into());
        }
        let [p50, p99] = [0.5, 0.99].map(|part| self.delays.quantile(part));
        Ok(Delivered { events, deliveries, took, p50, p99 })
    }

    fn may_publish(&self) -> bool {
        self.publishers.iter().any(Publisher::is_idle)
    }

    fn publish(&mut self, number: u64) -> Result<()> {
        let topic = usize::try_from(number)? % self.audience.published;
        let idle = self.publishers.iter_mut().find(|publisher| publisher.is_idle());
        self.delays.sent(number);
        let registry = self.poll.registry();
        idle.map_or(Ok(()), |publisher| publisher.publish(registry, topic, number))
    }

    fn until(&mut self, failure: &str, done: impl Fn(&Self) -> bool) -> Result<()> {
        let mut heard = Instant::now();
        while !done(self) {
            if self.turn(Duration::from_millis(100))? {
                heard = Instant::now();
            } else if heard.elapsed() > PATIENCE {
                return Err(format!("{failure}: nothing has come for {PATIENCE:?}").into());
            }
        }
        Ok(())
    }

    fn turn_until(&mut self, due: Instant) -> Result<()> {
        loop {
            let left = due.saturating_duration_since(Instant::now());
            self.turn(left)?;
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    /// Reads what has come until then, and says whether anything has.
    fn turn(&mut self, timeout: Duration) -> Result<bool> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            polled => polled?,
        }
        for event in &self.events {
            let number = event.token().0;
            if let Some(reader) = self.readers.get_mut(number) {
                reader.read(&mut self.room, &mut self.delays)?;
            } else {
                self.publishers[number - self.audience.readers].read(&mut self.room)?;
            }
        }
        Ok(!self.events.is_empty())
    }
}
