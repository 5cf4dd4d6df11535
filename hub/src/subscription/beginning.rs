//! Where a reader begins: finds its place in the log, and says what comes before all else.

use std::{collections::VecDeque, time::Duration};

use axum::http::Version;
use tokio::time::Instant;
use wire::{
    event::{GapReason, SESSION},
    session::Session,
    tick::Tick,
};

use super::{
    Request,
    lost::Lost,
    machine::Subscription,
    position::{PAGE, Position, Wanted},
    selection::Selection,
    states::{Granted, States},
};
use crate::{
    budget::{Account, Reservation},
    client::Address,
    cursor::Cursor,
    frame::Frame,
    grant::Grant,
    http::problem::Problem,
    hub::Hub,
    log::{Page, Unavailable},
    routes::Routes,
    selector::Selector,
    spans::Standing,
};

/// How long a browser waits before it comes back by itself, in milliseconds. It differs by
/// connection, so that all those whom a restart threw off do not come back at once.
const RETRY_MS: std::ops::RangeInclusive<u64> = 2000..=6000;

/// As far as events to be replayed are counted.
const COUNTED: usize = 10_000;

/// How much is repeated of a cursor that nobody can read, in characters.
const REPEATED: usize = 100;

/// A page of the log that was read to find where a reader begins, and what is reserved for its frames.
pub(crate) type FirstPage = Option<(Page, Reservation)>;

/// Subscribes. The first bytes are the newest values of the state topics, and where in the log reading
/// begins.
///
/// # Errors
/// Where the log has to be read first and cannot be, and where the stream would carry nothing.
pub(crate) async fn begin(
    routes: &Routes,
    account: &Account,
    address: Address,
    (request, grant): (&Request, &Grant),
    version: Version,
) -> Result<(Subscription, States, FirstPage), Problem> {
    let hub = &routes.hub;
    let granted = Granted::of(request, hub.state_topics(), grant);
    granted.refuse_silence(request)?;
    let mut beginning = Beginning::find(hub, account, request, grant).await?;
    let mut events = Vec::new();
    if request.session {
        let about = (request, grant, &granted);
        let session = session(hub, about, beginning.as_ref(), version).await?;
        events.push(Frame::own(SESSION, &session, None));
    }
    let reader = hub.admit(address);
    let gap = beginning.as_mut().and_then(|beginning| beginning.gap.take());
    // A gap says where reading begins; without one that is said at the greeting's end.
    let lost = gap.is_some();
    events.extend(gap);
    let (states, newest) = States::begin(granted, request.format);
    events.extend(newest);
    let (position, page) = beginning.map(|one| (one.position, one.page)).unzip();
    let here = position.as_ref().filter(|one: &&Position| !lost && one.begins_here());
    let greeting = greeting(&events, here.map(Position::bare));
    let page = page.flatten();
    let after = position.as_ref().map_or(0, |one| one.cursor().sequence);
    let coming = page.as_ref().map(|_| Wanted::Page { after, limit: PAGE });
    let subscription = Subscription::new(reader, greeting, position, grant.until, Instant::now());
    Ok((subscription.wanting(coming), states, page))
}

/// What is sent before all else: events, of which the number is returned too, and a place.
fn greeting(events: &[Frame], place: Option<Frame>) -> (Frame, u64) {
    let retry = Frame::retry(Duration::from_millis(fastrand::u64(RETRY_MS)));
    let frames: Vec<_> = [&retry].into_iter().chain(events).chain(&place).cloned().collect();
    (Frame::concat(&frames), events.len() as u64)
}

/// What the reader is told about itself.
async fn session(
    hub: &Hub,
    (request, grant, states): (&Request, &Grant, &Granted),
    beginning: Option<&Beginning>,
    version: Version,
) -> Result<Session, Unavailable> {
    let (granted, refused): (Vec<_>, Vec<_>) =
        request.topics.iter().partition(|topic| grant.select((*topic).clone()).private);
    let names = |topics: Vec<&Selector>| topics.into_iter().map(ToString::to_string).collect();
    let (mut granted, mut refused): (Vec<String>, Vec<String>) = (names(granted), names(refused));
    granted.extend_from_slice(&states.granted);
    refused.extend_from_slice(&states.refused);
    let (cursor, replayed, lost) = match beginning {
        Some(one) => (one.position.cursor(), one.replayed().await?, one.gap.is_some()),
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
        http: crate::http::version::name(version).into(),
    })
}

/// Where a reader of topics of the log begins.
struct Beginning {
    position: Position,
    /// What says that events are missing.
    gap: Option<Frame>,
    /// What was read on the way and comes next.
    page: FirstPage,
    resumes: bool,
}

impl Beginning {
    /// Finds the place to begin at; `None` for a reader of state topics alone.
    async fn find(
        hub: &Hub,
        account: &Account,
        request: &Request,
        grant: &Grant,
    ) -> Result<Option<Self>, Unavailable> {
        if request.topics.is_empty() {
            return Ok(None);
        }
        let selection = Selection::new(hub, account, request, grant);
        let after = hub.log().tail().position();
        let newest = match &request.cursor {
            None if request.last => selection.newest(after.sequence).await?,
            _ => VecDeque::new(),
        };
        let position = Position::new(selection, after, newest, Instant::now());
        let resumes = request.cursor.is_some();
        let mut beginning = Self { position, gap: None, page: None, resumes };
        if let Some(cursor) = &request.cursor {
            beginning.resume(cursor).await?;
        }
        Ok(Some(beginning))
    }

    /// Goes to a cursor, or as near to it as the log reaches.
    async fn resume(&mut self, text: &str) -> Result<(), Unavailable> {
        let (cursor, position) = (Cursor::parse(text), &mut self.position);
        // The log is asked, and not the tail: that may hold what retention has dropped. What the tail does
        // not hold is read at the same time.
        let sequence = cursor.map_or(0, |cursor| cursor.sequence);
        let selection = position.selection();
        let limit = if cursor.is_some_and(|one| selection.is_behind(one)) { PAGE } else { 0 };
        let (page, room) = selection.begin(sequence, limit).await?;
        let spans = selection.hub().log().spans();
        let (reason, from) = match cursor.map(|cursor| (cursor, spans.standing(cursor, page.last)))
        {
            Some((cursor, Standing::Known)) => {
                let Some(lost) = Lost::of(&page).filter(|lost| lost.through > sequence) else {
                    position.resume_at(cursor);
                    self.page = room.filter(|_| limit > 0).map(|room| (page, room));
                    return Ok(());
                };
                (lost.reason, cursor)
            }
            Some((_, Standing::Parted(from))) => (GapReason::Epoch, from),
            Some((_, Standing::Unknown)) => (GapReason::Epoch, spans.position(0)),
            Some((_, Standing::Beyond)) | None => (GapReason::Unknown, spans.position(0)),
        };
        let page = selection.read(from.sequence, 1).await?;
        let to = position.skip_from(from, &page, Instant::now());
        let after = text.chars().take(REPEATED).collect();
        self.gap = Some(position.gap(reason, after, to));
        Ok(())
    }

    /// How many events come before the live ones, counted up to [`COUNTED`].
    async fn replayed(&self) -> Result<u64, Unavailable> {
        if self.resumes {
            let position = &self.position;
            position.selection().count(position.cursor().sequence, COUNTED).await
        } else {
            Ok(self.position.newest() as u64)
        }
    }
}
