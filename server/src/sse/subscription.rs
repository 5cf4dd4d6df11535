//! One reader: asked for the next bytes, it waits until there are some.

use std::{convert::Infallible, future::pending, net::SocketAddr, time::Duration};

use app::{
    Tick,
    event::{EXPIRED, SESSION, STATUS, Session},
};
use axum::http::Version;
use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::json;
use tokio::{select, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Request,
    place::{Beginning, Place},
};
use crate::{
    clock::Clock,
    event::Topic,
    frame::{Format, Frame},
    grant::Grant,
    hub::{Hub, Reader, Readers, State},
    log::Unavailable,
};

/// After so much silence comes a comment: proxies cut a stream that says nothing for 30 or 60 s.
pub(super) const SILENCE: Duration = Duration::from_secs(15);

/// How long a browser waits before it comes back by itself, in milliseconds. It differs by
/// connection, so that all those whom a restart threw off do not come back at once.
const RETRY_MS: std::ops::RangeInclusive<u64> = 2000..=6000;

/// The longest that a token's end is slept for: clocks are set in between.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);

/// One reader of some topics. Dropping it is leaving.
#[derive(Debug)]
pub struct Subscription {
    reader: Reader,
    clock: Clock,
    format: Format,
    /// What is sent before all else, and how many events are in it.
    greeting: Option<(Frame, u64)>,
    time: Option<watch::Receiver<Option<State>>>,
    status: Option<watch::Receiver<Option<State>>>,
    readers: Option<watch::Receiver<Readers>>,
    /// The number of readers that this one was told last.
    told: u32,
    /// Where it stands in the log, for those who read topics of the log.
    place: Option<Place>,
    /// When the reader's token ends.
    until: Option<i64>,
    ended: bool,
    shutdown: CancellationToken,
}

impl Subscription {
    /// Subscribes. The first bytes are the newest values of the state topics, and where in the log
    /// reading begins.
    ///
    /// # Errors
    /// Where the log has to be read first and cannot be.
    pub async fn new(
        hub: &Hub,
        address: SocketAddr,
        shutdown: CancellationToken,
        request: Request,
        grant: Grant,
        version: Version,
    ) -> Result<Self, Unavailable> {
        let mut frames = vec![Frame::retry(Duration::from_millis(fastrand::u64(RETRY_MS)))];
        let mut events = 0;
        let mut beginning = Place::begin(hub, &request, &grant).await?;
        if request.session {
            let session = session(hub, &request, &grant, beginning.as_mut(), version).await?;
            frames.push(Frame::own(SESSION, &session, None));
            events += 1;
        }
        let reader = hub.admit(address);
        let format = request.format;
        let (mut time, mut readers, mut told) = (None, None, 0);
        let gap = beginning.as_ref().and_then(|beginning| beginning.gap.clone());
        // A gap says where reading begins; without one that is said at the greeting's end.
        let lost = gap.is_some();
        events += u64::from(lost);
        frames.extend(gap);
        if request.time {
            let (tick, changes) = hub.follow_time();
            frames.push(tick.frame(format));
            time = Some(changes);
        }
        if request.readers {
            readers = Some(hub.follow_readers());
            let now = hub.readers_now();
            (told, events) = (now.count, events + 1);
            frames.push(now.state.frame(format));
        }
        events += u64::from(request.time);
        let shown = request.status && hub.vitals().show_to(&grant).is_ok();
        let (newest, status) = shown.then(|| hub.vitals().follow()).unzip();
        let newest = newest.flatten().map(|newest| newest.frame(format));
        events += u64::from(newest.is_some());
        frames.extend(newest);
        let place = beginning.map(|beginning| {
            let here = !lost && beginning.place.begins_here();
            frames.extend(here.then(|| beginning.place.bare()));
            beginning.place
        });
        Ok(Self {
            reader,
            clock: hub.clock(),
            format,
            greeting: Some((Frame::concat(&frames), events)),
            time,
            status,
            readers,
            told,
            place,
            until: grant.until,
            ended: false,
            shutdown,
        })
    }

    /// The next bytes to send; `None` when the server shuts down or the reader's token has ended.
    pub async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if let Some((greeting, events)) = self.greeting.take() {
            self.reader.got(events);
            return Some(greeting.into_bytes());
        }
        loop {
            let frame = select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                until = ended(self.clock, self.until) => {
                    self.ended = true;
                    let until = Tick::from_micros(until).to_string();
                    Some(Frame::own(EXPIRED, &json!({ "until": until }), None))
                }
                state = newest(&mut self.time) => state.map(|state| state.frame(self.format)),
                state = newest(&mut self.status) => state.map(|state| state.frame(self.format)),
                readers = newest(&mut self.readers) => self.if_news(readers),
                (bytes, events) = advance(self.place.as_mut()) => {
                    self.reader.got(events);
                    return Some(bytes);
                }
                () = sleep(SILENCE) => return Some(Frame::COMMENT.into_bytes()),
            };
            if let Some(frame) = frame {
                self.reader.got(1);
                return Some(frame.into_bytes());
            }
        }
    }

    /// The announced number of readers, unless this reader knows it: it was told at its coming.
    fn if_news(&mut self, Readers { count, state }: Readers) -> Option<Frame> {
        let news = count != self.told;
        self.told = count;
        news.then(|| state.frame(self.format))
    }

    /// The same as a stream, for a body.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, async |mut subscription| {
            let bytes = subscription.next().await?;
            Some((Ok(bytes), subscription))
        })
    }
}

/// Waits for the next value of a state topic; for ever where it is not followed.
async fn newest<T: Clone>(changes: &mut Option<watch::Receiver<T>>) -> T {
    if let Some(changes) = changes
        && changes.changed().await.is_ok()
    {
        return changes.borrow_and_update().clone();
    }
    pending().await
}

/// Waits for the next events of the log; for ever where none are followed.
async fn advance(place: Option<&mut Place>) -> (Bytes, u64) {
    match place {
        Some(place) => place.next().await,
        None => pending().await,
    }
}

/// Waits until `clock` says `until`, and returns that; for ever where there is no such time.
async fn ended(clock: Clock, until: Option<i64>) -> i64 {
    let Some(until) = until else { return pending().await };
    while let Ok(left @ 1..) = u64::try_from(until.saturating_sub(clock.now())) {
        sleep(Duration::from_micros(left).min(LOOK_AT_CLOCK)).await;
    }
    until
}

/// What the reader is told of itself.
async fn session(
    hub: &Hub,
    request: &Request,
    grant: &Grant,
    beginning: Option<&mut Beginning>,
    version: Version,
) -> Result<Session, Unavailable> {
    let (granted, refused): (Vec<_>, Vec<_>) =
        request.topics.iter().partition(|topic| grant.reads(topic));
    let names = |topics: Vec<&Topic>| topics.into_iter().map(ToString::to_string).collect();
    let (mut granted, mut refused): (Vec<String>, Vec<String>) = (names(granted), names(refused));
    if request.status {
        let shown = hub.vitals().show_to(grant).is_ok();
        if shown { &mut granted } else { &mut refused }.push(STATUS.into());
    }
    let (cursor, replayed, lost) = match beginning {
        Some(one) => (one.place.cursor(), one.replayed().await?, one.gap.is_some()),
        None => (hub.log().cursor(hub.log().tail().last()), 0, false),
    };
    Ok(Session {
        subject: grant.subject.clone(),
        granted,
        refused,
        until: grant.until.map(|until| Tick::from_micros(until).to_string()),
        cursor: cursor.to_string(),
        replayed,
        lost,
        http: format!("{version:?}"),
    })
}
