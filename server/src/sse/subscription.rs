//! One reader: asked for the next bytes, it waits until there are some.

use std::{convert::Infallible, future::pending, net::SocketAddr, time::Duration};

use app::{
    Tick,
    event::{EXPIRED, SESSION, Session},
};
use axum::http::Version;
use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::json;
use tokio::{select, sync::broadcast, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Request,
    place::{Beginning, Place},
    states::{self, States},
};
use crate::{
    AppState,
    budget::Account,
    clock::Clock,
    cursor::Cursor,
    frame::Frame,
    grant::Grant,
    hub::{Hub, Reader},
    log::Unavailable,
    selector::Selector,
    token::signed_out,
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
    /// What is sent before all else, and how many events are in it.
    greeting: Option<(Frame, u64)>,
    states: States,
    /// Where it stands in the log, for those who read topics of the log.
    place: Option<Place>,
    /// When the reader's token ends.
    until: Option<i64>,
    /// For one who reads by a cookie: its name, and who signs out.
    sign_outs: Option<(u64, broadcast::Receiver<u64>)>,
    ended: bool,
    shutdown: CancellationToken,
}

impl Subscription {
    /// Subscribes. The first bytes are the newest values of the state topics, and where in the log
    /// reading begins.
    ///
    /// # Errors
    /// Where the log has to be read first and cannot be.
    pub(crate) async fn new(
        state: &AppState,
        account: &Account,
        address: SocketAddr,
        request: Request,
        grant: Grant,
        version: Version,
    ) -> Result<Self, Unavailable> {
        let AppState { hub, shutdown, sign_outs, .. } = state;
        let sign_outs = sign_outs.listen(grant.cookie);
        let mut beginning = Place::begin(hub, account, &request, &grant).await?;
        let mut events = Vec::new();
        if request.session {
            let session = session(hub, &request, &grant, beginning.as_mut(), version).await?;
            events.push(Frame::own(SESSION, &session, None));
        }
        let reader = hub.admit(address);
        let gap = beginning.as_mut().and_then(|beginning| beginning.gap.take());
        // A gap says where reading begins; without one that is said at the greeting's end.
        let lost = gap.is_some();
        events.extend(gap);
        let (states, newest) = States::begin(hub, &request, &grant);
        events.extend(newest);
        let place = beginning.map(|beginning| beginning.place);
        let here = place.as_ref().filter(|place| !lost && place.begins_here()).map(Place::bare);
        Ok(Self {
            reader,
            clock: hub.clock(),
            greeting: Some(greeting(&events, here)),
            states,
            place,
            until: grant.until,
            sign_outs,
            ended: false,
            shutdown: shutdown.clone(),
        })
    }

    /// The next bytes to send; `None` when the server shuts down, the reader's token has ended or
    /// the browser has given up its cookie.
    pub async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if let Some((greeting, events)) = self.greeting.take() {
            self.reader.got(events);
            return Some(greeting.into_bytes());
        }
        let (bytes, events) = select! {
            biased;
            () = self.shutdown.cancelled() => return None,
            () = signed_out(self.sign_outs.as_mut()) => return None,
            until = ended(self.clock, self.until) => {
                self.ended = true;
                let until = Tick::from_micros(until).to_string();
                (Frame::own(EXPIRED, &json!({ "until": until }), None).into_bytes(), 1)
            }
            state = self.states.next() => (state.into_bytes(), 1),
            next = advance(self.place.as_mut()) => next,
            () = sleep(SILENCE) => (Frame::COMMENT.into_bytes(), 0),
        };
        self.reader.got(events);
        Some(bytes)
    }

    /// The same as a stream, for a body.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, async |mut subscription| {
            let bytes = subscription.next().await?;
            Some((Ok(bytes), subscription))
        })
    }
}

/// What is sent before all else: events, of which the number is returned too, and a place.
fn greeting(events: &[Frame], place: Option<Frame>) -> (Frame, u64) {
    let retry = Frame::retry(Duration::from_millis(fastrand::u64(RETRY_MS)));
    let frames: Vec<_> = [&retry].into_iter().chain(events).chain(&place).cloned().collect();
    (Frame::concat(&frames), events.len() as u64)
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
        request.topics.iter().partition(|topic| grant.select((*topic).clone()).private);
    let names = |topics: Vec<&Selector>| topics.into_iter().map(ToString::to_string).collect();
    let (mut granted, mut refused): (Vec<String>, Vec<String>) = (names(granted), names(refused));
    states::name(hub, request, grant, &mut granted, &mut refused);
    let (cursor, replayed, lost) = match beginning {
        Some(one) => (one.place.cursor(), one.replayed().await?, one.gap.is_some()),
        None => (hub.log().tail().position(), 0, false),
    };
    let came = request.cursor.as_deref().and_then(Cursor::parse).unwrap_or(cursor);
    Ok(Session {
        identity: grant.mark(),
        subject: grant.subject.clone(),
        granted,
        refused,
        until: grant.until.map(|until| Tick::from_micros(until).to_string()),
        cursor: cursor.to_string(),
        replayed,
        lost,
        spans: hub.log().spans().written_since(came, hub.log().tail().last()),
        http: format!("{version:?}"),
    })
}
