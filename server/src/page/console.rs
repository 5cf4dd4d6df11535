//! What the console is born with: a request goes in, a topic's newest events come out.

use app::feed::{Born, Unread};
use axum::http::Uri;
use form_urlencoded::parse;

use super::born::Visitor;
use crate::{
    AppState,
    budget::Reservation,
    event::Topic,
    frame::envelope,
    log::{Order, Query},
};

/// How many events the page begins with.
pub(super) const NEWEST: usize = 50;

/// No event is added to a page that holds so many bytes of them: it holds each twice.
pub(super) const PAGE_BYTES: usize = 128 * 1024;

/// The newest events up to `last` of the topic that is asked for, if one is.
pub(super) async fn born(
    state: &AppState,
    uri: &Uri,
    visitor: Visitor,
    last: u64,
    nothing: Reservation,
) -> (Born, Reservation) {
    let query = uri.query().unwrap_or_default();
    let asked = parse(query.as_bytes()).find(|(name, _)| name == "topic");
    let topic = asked.map(|(_, topic)| topic.trim().to_owned()).unwrap_or_default();
    if topic.is_empty() {
        return (Born::Console { topic, events: Ok(Vec::new()) }, nothing);
    }
    let Ok(name) = Topic::new(&topic) else {
        return (Born::Console { topic, events: Err(Unread::NotATopic) }, nothing);
    };
    let log = state.hub.log();
    let query = Query {
        topics: vec![name],
        after: 0,
        // What came later is heard by following from the same place.
        before: last.saturating_add(1),
        order: Order::Backwards,
        limit: NEWEST,
        bytes: PAGE_BYTES,
        grant: visitor.grant.clone(),
    };
    let Ok((page, room)) = visitor.read(&state.hub, query).await else {
        return (Born::Console { topic, events: Err(Unread::Unavailable) }, nothing);
    };
    let events = page.events.iter();
    let events = events.map(|event| envelope(log.cursor(event.sequence), event)).collect();
    (Born::Console { topic, events: Ok(events) }, room)
}
