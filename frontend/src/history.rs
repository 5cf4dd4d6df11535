//! What the server has stored: a topic and a place go in, the events after it come out.

use app::{
    address::PATH,
    event::{BORN_PATH, History, LOGIN_PATH, STREAM_PATH, TOPICS_PATH},
    feed::Newborn,
    talk::Take,
};
use percent_encoding::utf8_percent_encode;

use crate::{
    fetch::{begin, get, send},
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

/// Where the server refuses the stream because the visitor's token has run out, gives up the token:
/// an `EventSource` does not say why it failed.
pub async fn forget_expired_token() {
    let refused = send("HEAD", STREAM_PATH, None).await;
    if refused.is_some_and(|response| response.status() == 401) {
        crate::talk::forget();
        // The next attempt shows whether it worked.
        send("DELETE", LOGIN_PATH, None).await;
    }
}

/// A text as a part of a URL.
#[must_use]
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
