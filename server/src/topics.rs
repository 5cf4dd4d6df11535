//! Topics over HTTP: an event is published, what was published is read back.

mod answer;
mod history;
mod list;

use app::event::Receipt;
use axum::{
    body::Body,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CACHE_CONTROL},
    response::Response,
};

use crate::{
    AppState,
    body::{self, Received},
    budget::{Account, Receiving},
    cursor::Cursor,
    event::{Draft, EventType, Invalid, LARGEST_DATA, MOST_TOPICS, Topic, check_name, normal},
    grant::Grant,
    gzip::Coding,
    json::Json,
    log::Key,
    problem::Problem,
    query::{Value, parameters},
    selector::Selector,
    sse::switch,
};
use history::Asked;
use list::List;

/// How many events, or topics, one answer holds unless told otherwise, and at most.
const LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1000;

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
    receiving: Receiving,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let topic = Topic::new(&name(path)?)?;
    let draft = Envelope::read(topic, query.as_deref().unwrap_or_default(), &headers)?;
    for topic in &draft.topics {
        may(topic, grant.publishes(topic), &grant, "publish to")?;
    }
    let key = key(&headers)?.map(|name| Key { scope: grant.scope(), name });
    // Held until the event is in the log, which counts what waits for its disk.
    let Received { data, held: _held } = body::whole(body, LARGEST_DATA, &receiving).await?;
    let draft = draft.with(data)?;
    Ok(Json(state.hub.publish(draft, key).await?))
}

/// `DELETE /topics/{*topic}`: removes every event of the topic, or with `id` that one, and says so in
/// the topic.
pub(crate) async fn purge(
    State(state): State<AppState>,
    grant: Grant,
    path: Named,
    RawQuery(query): RawQuery,
) -> Result<Json<serde_json::Value>, Problem> {
    let topics = Topic::meant_by(&name(path)?)?;
    let any = topics.iter().any(|topic| grant.purges(topic));
    for topic in &topics {
        may(topic, any, &grant, "remove events from")?;
    }
    let id = removed_id(query.as_deref().unwrap_or_default())?;
    let mut events = 0;
    for topic in topics.into_iter().filter(|topic| grant.purges(topic)) {
        events += match id {
            Some(id) => u64::from(state.hub.remove(topic, id).await?),
            None => state.hub.purge(topic).await?,
        };
    }
    Ok(Json(serde_json::json!({ "removed": events })))
}

/// The one event that is to be removed, if it is one. A parameter that nobody knows is refused: one
/// misspelt `id` would remove all.
fn removed_id(query: &str) -> Result<Option<Cursor>, Invalid> {
    let mut id = None;
    for (name, value) in parameters(query) {
        if name != "id" {
            return Err(Invalid::new("query", "holds something beside id"));
        }
        let cursor = Cursor::parse(&value.text("id")?);
        let cursor = cursor.ok_or_else(|| Invalid::new("id", "is not the id of an event"))?;
        if id.replace(cursor).is_some() {
            return Err(Invalid::new("id", "may be given once only"));
        }
    }
    Ok(id)
}

/// `GET /topics/{*topic}?after=&before=&limit=`: reads events back, forwards from `after`, or
/// backwards from `before`.
pub(crate) async fn history(
    State(state): State<AppState>,
    grant: Grant,
    account: Account,
    coding: Coding,
    path: Named,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let topics = Selector::meant_by(&name(path)?)?;
    let (mut after, mut before, mut limit) = (None, None, LIMIT);
    for (name, value) in parameters(query.as_deref().unwrap_or_default()) {
        match &*name {
            "after" => after = said(value, "after")?,
            "before" => before = said(value, "before")?,
            "limit" => limit = read_limit(&value.text("limit")?)?,
            _ => {}
        }
    }
    let asked = Asked { topics, after, before, limit };
    let answer = asked.answer(&state.hub, &grant, &account, coding.gzip());
    answer::written(answer, coding, state.hub.counters()).await
}

/// `GET /topics?prefix=&after=&limit=`: lists topics.
pub(crate) async fn list(
    State(state): State<AppState>,
    grant: Grant,
    account: Account,
    coding: Coding,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (mut prefix, mut after, mut limit) = (String::new(), None, LIMIT);
    for (name, value) in parameters(query.as_deref().unwrap_or_default()) {
        match &*name {
            "prefix" => prefix = normal(&value.text("prefix")?).into_owned(),
            "after" => {
                let topic = said(value, "after")?.map(|name| Topic::exactly(&name)).transpose();
                after = topic.map_err(|wrong| Invalid { field: "after", ..wrong })?;
            }
            "limit" => limit = read_limit(&value.text("limit")?)?,
            _ => {}
        }
    }
    let listing = List { prefix, after, limit };
    let listing = listing.answer(&state.hub, grant, account, coding.gzip());
    answer::written(listing, coding, state.hub.counters()).await
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
        for (name, value) in parameters(query) {
            match &*name {
                "type" => {
                    let value = value.text("type")?;
                    if event_type.as_ref().is_some_and(|said| *said != value) {
                        return Err(Invalid::new("type", "is said twice, and not the same"));
                    }
                    event_type = Some(value.into_owned());
                }
                "also" => {
                    let topic = Topic::new(&value.text("also")?);
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
                    let said = switch("private", &value.text("private")?)?;
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
    fn with(self, data: Vec<u8>) -> Result<Draft, Invalid> {
        let data = String::from_utf8(data).map_err(|_| Invalid::new("data", "is not UTF-8"))?;
        let Self { topics, event_type, private } = self;
        Ok(Draft { topics, event_type, data, private })
    }
}

fn name(path: Named) -> Result<String, Invalid> {
    let Path(name) = path.map_err(|_| Invalid::new("topic", "is not UTF-8"))?;
    Ok(name)
}

/// A parameter as text, where it is more than there.
fn said(value: Value<'_>, field: &'static str) -> Result<Option<String>, Invalid> {
    Ok(Some(value.text(field)?.into_owned()).filter(|said| !said.is_empty()))
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
