//! What the console is born with: a request goes in, a topic's newest events come out.

use app::feed::{Born, Unread};
use axum::http::Uri;
use form_urlencoded::parse;

use crate::{
    AppState,
    frame::envelope,
    grant::Grant,
    log::{Order, Query},
    selector::Selector,
};

/// How many events the page begins with.
pub(super) const NEWEST: usize = 50;

/// No event is added to a page that holds so many bytes of them: it holds each twice.
pub(super) const PAGE_BYTES: usize = 128 * 1024;

/// The newest events up to `last` of the topic that is asked for, if one is.
pub(super) async fn born(state: &AppState, uri: &Uri, grant: Grant, last: u64) -> Born {
    let query = uri.query().unwrap_or_default();
    let asked = parse(query.as_bytes()).find(|(name, _)| name == "topic");
    let topic = asked.map(|(_, topic)| topic.trim().to_owned()).unwrap_or_default();
    if topic.is_empty() {
        return Born::Console { topic, events: Ok(Vec::new()) };
    }
    let Ok(name) = Selector::new(&topic) else {
        return Born::Console { topic, events: Err(Unread::NotATopic) };
    };
    let log = state.hub.log();
    let query = Query {
        // What came later is heard by following from the same place.
        before: last.saturating_add(1),
        order: Order::Backwards,
        limit: NEWEST,
        bytes: PAGE_BYTES,
        ..Query::after(vec![grant.select(name)], 0)
    };
    let events = log
        .read(query)
        .await
        .map_err(|_| Unread::Unavailable)
        .map(|page| page.events.iter().map(envelope).collect());
    Born::Console { topic, events }
}
