//! Topics over HTTP: publishes events, and reads them back.

mod answer;
mod history;
mod list;

use axum::{
    body::Body,
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use wire::{
    headers::{EVENT_TYPE, IDEMPOTENCY_KEY},
    limits::{DEFAULT_LIMIT, LARGEST_DATA, LARGEST_LIMIT, MOST_TOPICS_OF_AN_EVENT},
    parameters::{AFTER, ALSO, BEFORE, ID, LIMIT, PREFIX, PRIVATE, TYPE},
    topics::Receipt,
};

use crate::{
    budget::{Account, Receiving},
    counters::Outcome,
    cursor::Cursor,
    event::{Draft, EventType, Invalid, Topic, check_name, normal},
    grant::Grant,
    http::{
        body::{self, Received},
        gzip::Coding,
        json::Json,
        problem::Problem,
        query::{Value, parameters, switch},
    },
    log::Key,
    routes::Routes,
    selector::Selector,
};
use history::Asked;
use list::List;

type Named = Result<Path<String>, PathRejection>;

/// `POST /topics/{*topic}`: publishes the body.
pub(crate) async fn publish(
    State(routes): State<Routes>,
    grant: Result<Grant, Problem>,
    path: Named,
    RawQuery(query): RawQuery,
    receiving: Receiving,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let asked = async {
        let grant = grant?;
        let topic = Topic::new(&name(path)?)?;
        let draft = Attributes::read(topic, query.as_deref().unwrap_or_default(), &headers)?;
        for topic in &draft.topics {
            may(&routes, topic, grant.publishes(topic), &grant, "publish to")?;
        }
        let key = key(&headers)?.map(|name| Key { scope: grant.scope(), name });
        let Received { data, held } = body::whole(body, LARGEST_DATA, &receiving).await?;
        Ok::<_, Problem>((draft.with(data)?, key, held))
    };
    // Held until the event is in the log, which counts what waits for its disk.
    let (draft, key, _held) =
        asked.await.inspect_err(|_| routes.hub.counters().published(Outcome::Refused))?;
    Ok(Json(routes.hub.publish(draft, key).await?))
}

/// `DELETE /topics/{*topic}`: removes every event of the topic, or the one with `id`, and leaves a notice
/// in the topic.
pub(crate) async fn purge(
    State(routes): State<Routes>,
    grant: Grant,
    path: Named,
    RawQuery(query): RawQuery,
) -> Result<Json<serde_json::Value>, Problem> {
    let topics = Topic::meant_by(&name(path)?)?;
    let any = topics.iter().any(|topic| grant.purges(topic));
    for topic in &topics {
        may(&routes, topic, any, &grant, "remove events from")?;
    }
    let id = removed_id(query.as_deref().unwrap_or_default())?;
    let mut events = 0;
    for topic in topics.into_iter().filter(|topic| grant.purges(topic)) {
        events += match id {
            Some(id) => u64::from(routes.hub.remove(topic, id).await?),
            None => routes.hub.purge(topic).await?,
        };
    }
    Ok(Json(serde_json::json!({ "removed": events })))
}

/// The single event to remove, if one is named. Unknown parameters are rejected: a misspelt `id` would
/// remove everything.
fn removed_id(query: &str) -> Result<Option<Cursor>, Invalid> {
    let mut id = None;
    for (name, value) in parameters(query) {
        if name != ID {
            return Err(Invalid::new("query", "must contain no parameter other than id"));
        }
        let cursor = Cursor::parse(&value.text(ID)?);
        let cursor = cursor.ok_or_else(|| Invalid::new(ID, "must be the id of an event"))?;
        if id.replace(cursor).is_some() {
            return Err(Invalid::new(ID, "must be given only once"));
        }
    }
    Ok(id)
}

/// `GET /topics/{*topic}?after=&before=&limit=`: reads events back, forwards from `after`, or
/// backwards from `before`.
pub(crate) async fn history(
    State(routes): State<Routes>,
    grant: Grant,
    account: Account,
    coding: Coding,
    path: Named,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let topics = Selector::meant_by(&name(path)?)?;
    let (mut after, mut before, mut limit) = (None, None, DEFAULT_LIMIT);
    for (name, value) in parameters(query.as_deref().unwrap_or_default()) {
        match &*name {
            AFTER => after = said(value, AFTER)?,
            BEFORE => before = said(value, BEFORE)?,
            LIMIT => limit = read_limit(&value.text(LIMIT)?)?,
            _ => {}
        }
    }
    let asked = Asked { topics, after, before, limit };
    let answer = asked.answer(&routes.hub, &grant, &account, coding.gzip()).await?;
    answer::written(answer, &account, coding, routes.hub.counters()).await
}

/// `GET /topics?prefix=&after=&limit=`: lists topics.
pub(crate) async fn list(
    State(routes): State<Routes>,
    grant: Grant,
    account: Account,
    coding: Coding,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (mut prefix, mut after, mut limit) = (String::new(), None, DEFAULT_LIMIT);
    for (name, value) in parameters(query.as_deref().unwrap_or_default()) {
        match &*name {
            PREFIX => prefix = normal(&value.text(PREFIX)?).into_owned(),
            AFTER => {
                let topic = said(value, AFTER)?.map(|name| Topic::exactly(&name)).transpose();
                after = topic.map_err(|wrong| Invalid { field: AFTER, ..wrong })?;
            }
            LIMIT => limit = read_limit(&value.text(LIMIT)?)?,
            _ => {}
        }
    }
    let listing = List { prefix, after, limit };
    let listing = listing.answer(&routes.hub, grant, account.clone(), coding.gzip());
    answer::written(listing, &account, coding, routes.hub.counters()).await
}

/// An event to be, without its data.
struct Attributes {
    topics: Vec<Topic>,
    event_type: Option<EventType>,
    private: bool,
}

impl Attributes {
    /// Reads everything but the body. Unknown parameters are rejected: a misspelt `private` would publish
    /// to everyone.
    fn read(topic: Topic, query: &str, headers: &HeaderMap) -> Result<Self, Invalid> {
        let mut attributes = Self { topics: vec![topic], event_type: None, private: false };
        let mut event_type = header(headers, EVENT_TYPE, TYPE)?;
        let mut private = None;
        for (name, value) in parameters(query) {
            match &*name {
                TYPE => {
                    let value = value.text(TYPE)?;
                    if event_type.as_ref().is_some_and(|said| *said != value) {
                        return Err(Invalid::new(
                            TYPE,
                            "must not be given twice with different values",
                        ));
                    }
                    event_type = Some(value.into_owned());
                }
                ALSO => {
                    let topic = Topic::new(&value.text(ALSO)?);
                    let topic = topic.map_err(|wrong| Invalid { field: ALSO, ..wrong })?;
                    if !attributes.topics.contains(&topic) {
                        attributes.topics.push(topic);
                    }
                    if attributes.topics.len() > MOST_TOPICS_OF_AN_EVENT {
                        let most = format!(
                            "must not bring the event to more than {MOST_TOPICS_OF_AN_EVENT} topics, \
                             including the one in the path"
                        );
                        return Err(Invalid::new(ALSO, most));
                    }
                }
                PRIVATE => {
                    let said = switch(PRIVATE, &value.text(PRIVATE)?)?;
                    if private.replace(said).is_some_and(|before| before != said) {
                        return Err(Invalid::new(
                            PRIVATE,
                            "must not be given twice with different values",
                        ));
                    }
                    attributes.private = said;
                }
                _ => {
                    return Err(Invalid::new(
                        "query",
                        "must contain no parameters other than type, also and private",
                    ));
                }
            }
        }
        if let Some(name) = event_type {
            attributes.event_type = EventType::new(&name)?;
        }
        Ok(attributes)
    }

    /// The event with its data.
    fn with(self, data: Vec<u8>) -> Result<Draft, Invalid> {
        let data =
            String::from_utf8(data).map_err(|_| Invalid::new("data", "must be valid UTF-8"))?;
        let Self { topics, event_type, private } = self;
        Ok(Draft { topics, event_type, data, private })
    }
}

fn name(path: Named) -> Result<String, Invalid> {
    let Path(name) = path.map_err(|_| Invalid::new("topic", "must be valid UTF-8"))?;
    Ok(name)
}

/// A parameter as text, unless it is empty.
fn said(value: Value<'_>, field: &'static str) -> Result<Option<String>, Invalid> {
    Ok(Some(value.text(field)?.into_owned()).filter(|said| !said.is_empty()))
}

/// Refuses what the token does not allow.
fn may(
    routes: &Routes,
    topic: &Topic,
    allowed: bool,
    grant: &Grant,
    what: &str,
) -> Result<(), Problem> {
    if topic.is_servers_own() || routes.hub.state_topics().has(topic.as_str()) {
        let detail = format!("topic {topic} is reserved for the server");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).of("topic"));
    }
    if allowed {
        return Ok(());
    }
    Err(routes.authoriser.refuse(grant, &format!("{what} {topic}")))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let key = header(headers, IDEMPOTENCY_KEY, "Idempotency-Key")?;
    key.map(|name| check_name("Idempotency-Key", &name).map(|()| name)).transpose()
}

/// A header that may be sent at most once, as UTF-8.
fn header(headers: &HeaderMap, name: &str, field: &'static str) -> Result<Option<String>, Invalid> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Invalid::new(field, "must be given only once"));
    }
    let utf8 = value.map(|value| String::from_utf8(value.as_bytes().to_vec()));
    utf8.transpose().map_err(|_| Invalid::new(field, "must be valid UTF-8"))
}

fn read_limit(value: &str) -> Result<usize, Invalid> {
    let limit = value.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
    limit.ok_or_else(|| Invalid::new(LIMIT, format!("must be a number from 1 to {LARGEST_LIMIT}")))
}
