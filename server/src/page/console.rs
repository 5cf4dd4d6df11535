//! What the console is born with: a request goes in, a topic's newest events come out.

use app::feed::{Born, Unread};
use axum::http::Uri;

use super::born::Visitor;
use crate::{
    AppState,
    budget::Reservation,
    frame::envelope,
    log::{Order, Query},
    query::parameters,
    selector::Selector,
};

/// How many events the page begins with.
pub(super) const NEWEST: usize = 50;

/// No event is added to a page that holds so many bytes of them: it holds each twice.
pub(super) const PAGE_BYTES: usize = 128 * 1024;

/// The newest events up to `last` of the topic that is asked for, if one is.
pub(super) async fn born(
    state: &AppState,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
    nothing: Reservation,
) -> (Born, Reservation) {
    let query = uri.query().unwrap_or_default();
    let asked = parameters(query).find(|(name, _)| name == "topic").map(|(_, topic)| topic);
    let topic = asked.map(|topic| topic.lossy().trim().to_owned()).unwrap_or_default();
    if topic.is_empty() {
        return (Born::Console { topic, events: Ok(Vec::new()) }, nothing);
    }
    let is_text = asked.is_none_or(|topic| topic.text("topic").is_ok());
    let Some(topics) = Selector::meant_by(&topic).ok().filter(|_| is_text) else {
        return (Born::Console { topic, events: Err(Unread::NotATopic) }, nothing);
    };
    let query = Query {
        // What came later is heard by following from the same place.
        before: last.saturating_add(1),
        order: Order::Backwards,
        limit: NEWEST,
        bytes: PAGE_BYTES,
        ..Query::after(topics.into_iter().map(|topic| visitor.grant.select(topic)).collect(), 0)
    };
    let Ok((page, room)) = visitor.read(&state.hub, query).await else {
        return (Born::Console { topic, events: Err(Unread::Unavailable) }, nothing);
    };
    let events = page.events.iter().map(envelope).collect();
    (Born::Console { topic, events: Ok(events) }, room)
}
