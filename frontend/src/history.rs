//! What the server has stored: a topic and a place go in, the events after it come out.

use app::{
    address::PATH,
    event::{BORN_PATH, History, TOPICS_PATH},
    feed::Newborn,
    talk::Take,
};
use percent_encoding::utf8_percent_encode;

use crate::{
    fetch::{begin, get},
    json::parse,
};

/// How many events are asked for at once: the most that the server gives.
const LIMIT: u32 = 1000;

/// Reads the events of a topic after a cursor; `None` where the server does not answer with them.
pub async fn read(topic: &str, after: Option<&str>) -> Option<History> {
    let after = encoded(after.unwrap_or_default());
    page(topic, &format!("limit={LIMIT}&after={after}")).await
}

/// Reads what a query asks for of a topic's events.
pub async fn page(topic: &str, query: &str) -> Option<History> {
    let topic = utf8_percent_encode(topic, PATH);
    parse(&get(&format!("{TOPICS_PATH}/{topic}?{query}")).await?)
}

/// Asks for what the page at an address is born with.
pub fn newborn(address: &str, take: Take<Option<Newborn>>) {
    let url = format!("{BORN_PATH}?address={}", encoded(address));
    begin(async move {
        take(get(&url).await.and_then(|text| parse(&text)));
    });
}

/// A text as a part of a URL.
#[must_use]
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
