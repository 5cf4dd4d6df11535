//! Topics over HTTP: an event is published, what was published is read back.

use app::event::{History, Receipt, TopicList, TopicSummary};
use axum::{
    body::Body,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CACHE_CONTROL},
    response::IntoResponse,
};
use form_urlencoded::parse;

use crate::{
    AppState, body,
    cursor::Cursor,
    event::{Draft, EventType, Invalid, LARGEST_DATA, MOST_TOPICS, Topic, check_name},
    frame::envelope,
    grant::Grant,
    hub::Hub,
    json::Json,
    log::{Key, Order, Query, TopicCount, Unavailable},
    problem::Problem,
    sse::switch,
};

/// How many events, or topics, one answer holds unless told otherwise, and at most.
const LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1000;

/// No event is added to an answer that holds so many bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

const EVENT_TYPE: &str = "event-type";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What may be stored of an answer: nothing, it may hold private events.
const NO_STORE: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

type Named = Result<Path<String>, PathRejection>;

/// `POST /topics/{*topic}`: publishes the body.
pub(crate) async fn publish(
    State(state): State<AppState>,
    grant: Grant,
    path: Named,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let draft = Envelope::read(topic(path)?, query.as_deref().unwrap_or_default(), &headers)?;
    for topic in &draft.topics {
        may(topic, grant.publishes(topic), &grant, "publish to")?;
    }
    let key = key(&headers)?.map(|name| Key { subject: grant.subject, name });
    let draft = draft.with(body).await?;
    Ok(Json(state.hub.publish(draft, key).await?))
}

/// `DELETE /topics/{*topic}`: removes every event of the topic, and says so in their place.
pub(crate) async fn purge(
    State(state): State<AppState>,
    grant: Grant,
    path: Named,
) -> Result<Json<serde_json::Value>, Problem> {
    let topic = topic(path)?;
    may(&topic, grant.purges(&topic), &grant, "remove events from")?;
    let events = state.hub.purge(topic).await?;
    Ok(Json(serde_json::json!({ "removed": events })))
}

/// `GET /topics/{*topic}?after=&before=&limit=`: reads events back, forwards from `after`, or
/// backwards from `before`.
pub(crate) async fn history(
    State(state): State<AppState>,
    grant: Grant,
    path: Named,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Problem> {
    let topic = topic(path)?;
    let (mut after, mut before, mut limit) = (None, None, LIMIT);
    for (name, value) in parse(query.as_deref().unwrap_or_default().as_bytes()) {
        match &*name {
            "after" if !value.is_empty() => after = Some(value.into_owned()),
            "before" if !value.is_empty() => before = Some(value.into_owned()),
            "limit" => limit = read_limit(&value)?,
            _ => {}
        }
    }
    let asked = Asked { topic, after, before, limit };
    Ok(([NO_STORE], Json(asked.answer(&state.hub, &grant).await?)))
}

/// `GET /topics?prefix=&after=&limit=`: lists topics.
pub(crate) async fn list(
    State(state): State<AppState>,
    grant: Grant,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Problem> {
    let (mut prefix, mut after, mut limit) = (String::new(), None, LIMIT);
    for (name, value) in parse(query.as_deref().unwrap_or_default().as_bytes()) {
        match &*name {
            "prefix" => prefix = value.into_owned(),
            "after" if !value.is_empty() => {
                let topic = Topic::new(&value).map_err(|wrong| Invalid { field: "after", ..wrong });
                after = Some(topic?);
            }
            "limit" => limit = read_limit(&value)?,
            _ => {}
        }
    }
    let mut topics: Vec<TopicSummary> = Vec::new();
    // Who may not read a topic's private events does not hear of them either.
    let visible = |TopicCount { topic, events, private }: TopicCount| {
        let events = if grant.reads(&topic) { events } else { events - private };
        (events > 0).then(|| TopicSummary { topic: topic.to_string(), events })
    };
    while topics.len() <= limit {
        let found = state.hub.log().topics(prefix.clone(), after.take(), LARGEST_LIMIT).await?;
        after = found.last().filter(|_| found.len() == LARGEST_LIMIT).map(|one| one.topic.clone());
        topics.extend(found.into_iter().filter_map(visible));
        if after.is_none() {
            break;
        }
    }
    let more = topics.len() > limit;
    topics.truncate(limit);
    let next = topics.last().filter(|_| more).map(|summary| summary.topic.clone());
    Ok(([NO_STORE], Json(TopicList { topics, next })))
}

/// An event to be, without its data.
struct Envelope {
    topics: Vec<Topic>,
    event_type: Option<EventType>,
    private: bool,
}

impl Envelope {
    /// Reads what stands around the body. A parameter that nobody knows is refused: one misspelt
    /// `private` would be an event for everybody.
    fn read(topic: Topic, query: &str, headers: &HeaderMap) -> Result<Self, Invalid> {
        let mut envelope = Self { topics: vec![topic], event_type: None, private: false };
        let mut event_type = header(headers, EVENT_TYPE, "type")?;
        let mut private = None;
        for (name, value) in parse(query.as_bytes()) {
            match &*name {
                "type" => {
                    if event_type.as_ref().is_some_and(|said| *said != value) {
                        return Err(Invalid::new("type", "is said twice, and not the same"));
                    }
                    event_type = Some(value.into_owned());
                }
                "also" => {
                    let topic = Topic::new(&value);
                    let topic = topic.map_err(|wrong| Invalid { field: "also", ..wrong })?;
                    if !envelope.topics.contains(&topic) {
                        envelope.topics.push(topic);
                    }
                    if envelope.topics.len() > MOST_TOPICS {
                        let most =
                            format!("is one too many: an event has up to {MOST_TOPICS} topics");
                        return Err(Invalid::new("also", most));
                    }
                }
                "private" => {
                    let said = switch("private", &value)?;
                    if private.replace(said).is_some_and(|before| before != said) {
                        return Err(Invalid::new("private", "is said twice, and not the same"));
                    }
                    envelope.private = said;
                }
                _ => {
                    return Err(Invalid::new(
                        "query",
                        "holds something beside type, also and private",
                    ));
                }
            }
        }
        if let Some(name) = event_type {
            envelope.event_type = EventType::new(&name)?;
        }
        Ok(envelope)
    }

    /// The event with its data.
    async fn with(self, body: Body) -> Result<Draft, Problem> {
        let data = body::whole(body, LARGEST_DATA).await?;
        let data = String::from_utf8(data).map_err(|_| Invalid::new("data", "is not UTF-8"))?;
        let Self { topics, event_type, private } = self;
        Ok(Draft { topics, event_type, data, private })
    }
}

/// What history is asked for.
struct Asked {
    topic: Topic,
    after: Option<String>,
    before: Option<String>,
    limit: usize,
}

impl Asked {
    async fn answer(self, hub: &Hub, grant: &Grant) -> Result<History, Unavailable> {
        let log = hub.log();
        let place = |text: &String| {
            let cursor = Cursor::parse(text).filter(|cursor| cursor.epoch == log.epoch());
            cursor.map(|cursor| cursor.sequence)
        };
        let backwards = self.before.is_some() && self.after.is_none();
        let (after, before) = (self.after.as_ref().map(place), self.before.as_ref().map(place));
        let mut query = Query {
            topics: vec![self.topic],
            after: after.flatten().unwrap_or(0),
            before: before.flatten().unwrap_or(u64::MAX),
            order: if backwards { Order::Backwards } else { Order::Forwards },
            limit: self.limit,
            bytes: ANSWER_BYTES,
            grant: grant.clone(),
        };
        let mut page = log.read(query.clone()).await?;
        let mut gap = after == Some(None) || before == Some(None);
        if query.after > page.last {
            // A place that is not there yet is none: reading begins with the oldest, as a stream does.
            (gap, query.after) = (true, 0);
            page = log.read(query).await?;
        } else if after.is_some() {
            gap |= page.dropped > query.after;
        }
        let next = page.events.last().filter(|_| page.more);
        let next = next.map(|event| log.cursor(event.sequence).to_string());
        let events = page.events.iter();
        let events = events.map(|event| envelope(log.cursor(event.sequence), event)).collect();
        Ok(History { events, next, gap })
    }
}

fn topic(path: Named) -> Result<Topic, Invalid> {
    let Path(name) = path.map_err(|_| Invalid::new("topic", "is not UTF-8"))?;
    Topic::new(&name)
}

/// Refuses what a grant does not allow.
fn may(topic: &Topic, allowed: bool, grant: &Grant, what: &str) -> Result<(), Problem> {
    if topic.is_servers_own() {
        let detail = format!("only the server publishes to {topic}");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).of("topic"));
    }
    if allowed {
        return Ok(());
    }
    Err(if grant.until.is_none() {
        let detail = format!("a token is needed to {what} {topic}; `belfry token` makes one");
        Problem::new(StatusCode::UNAUTHORIZED, detail)
    } else {
        Problem::new(StatusCode::FORBIDDEN, format!("the token gives no right to {what} {topic}"))
            .of("topic")
    })
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let key = header(headers, IDEMPOTENCY_KEY, "Idempotency-Key")?;
    key.map(|name| check_name("Idempotency-Key", &name).map(|()| name)).transpose()
}

/// A header that comes at most once, as UTF-8.
fn header(headers: &HeaderMap, name: &str, field: &'static str) -> Result<Option<String>, Invalid> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Invalid::new(field, "is said twice"));
    }
    let utf8 = value.map(|value| String::from_utf8(value.as_bytes().to_vec()));
    utf8.transpose().map_err(|_| Invalid::new(field, "is not UTF-8"))
}

fn read_limit(value: &str) -> Result<usize, Invalid> {
    let limit = value.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
    limit.ok_or_else(|| Invalid::new("limit", "is no number from 1 to 1000"))
}
