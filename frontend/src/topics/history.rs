//! Reads from the server's log: a topic's events after a place, and what a page is rendered with.

use app::seams::read::Take;
use percent_encoding::utf8_percent_encode;
use wire::{
    limits::LARGEST_LIMIT,
    page_data::PageAt,
    parameters::{ADDRESS, AFTER, LIMIT},
    paths::{PAGE_PATH, TOPICS_PATH},
    percent::PATH,
    topics::History,
};

use crate::browser::{json::parse, requests::get, task::begin};

/// Reads the events of a topic after a cursor; `None` where the server does not answer with them.
pub async fn read(topic: &str, after: Option<&str>) -> Option<History> {
    let after = encoded(after.unwrap_or_default());
    page(topic, &format!("{LIMIT}={LARGEST_LIMIT}&{AFTER}={after}")).await
}

/// Reads what a query asks for of a topic's events.
pub async fn page(topic: &str, query: &str) -> Option<History> {
    let topic = utf8_percent_encode(topic, PATH);
    parse(&get(&format!("{TOPICS_PATH}/{topic}?{query}")).await?)
}

/// Asks for what the page at an address is rendered with.
pub fn page_at(address: &str, take: Take<Option<PageAt>>) {
    let url = format!("{PAGE_PATH}?{ADDRESS}={}", encoded(address));
    begin(async move {
        take(get(&url).await.and_then(|text| parse(&text)));
    });
}

/// A text as a part of a URL.
#[must_use]
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
