//! Reads what the console is rendered with: a topic's newest events.

use axum::http::Uri;
use belfry_hub::{
    budget::Reservation,
    frame::envelope,
    http::query::first,
    log::{Order, Query},
    selector::Selector,
};
use wire::{
    page_data::{PageData, Unread},
    parameters::TOPIC,
};

use super::visitor::Visitor;
use crate::AppState;

/// How many events the page begins with.
pub(super) const NEWEST: usize = 50;

/// No event is added to a page that holds this many bytes of them: it holds each twice.
pub(super) const PAGE_BYTES: usize = 128 * 1024;

/// The newest events up to `last` of the topic that is asked for, if one is.
pub(super) async fn page_data(
    state: &AppState,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
    nothing: Reservation,
) -> (PageData, Reservation) {
    let query = uri.query().unwrap_or_default();
    let asked = first(query, TOPIC);
    let topic = asked.map(|topic| topic.lossy().trim().to_owned()).unwrap_or_default();
    if topic.is_empty() {
        return (PageData::Console { topic, events: Ok(Vec::new()) }, nothing);
    }
    let is_text = asked.is_none_or(|topic| topic.text(TOPIC).is_ok());
    let Some(topics) = Selector::meant_by(&topic).ok().filter(|_| is_text) else {
        return (PageData::Console { topic, events: Err(Unread::NotATopic) }, nothing);
    };
    let query = Query {
        // What came later is heard by following from the same place.
        before: last.saturating_add(1),
        order: Order::Backwards,
        limit: NEWEST,
        bytes: PAGE_BYTES,
        ..Query::after(topics.into_iter().map(|topic| visitor.grant.select(topic)).collect(), 0)
    };
    let Ok((page, room)) = visitor.read(state, query).await else {
        return (PageData::Console { topic, events: Err(Unread::Unavailable) }, nothing);
    };
    let events = page.events.iter().map(envelope).collect();
    (PageData::Console { topic, events: Ok(events) }, room)
}
