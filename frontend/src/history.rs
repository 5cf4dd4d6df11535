//! What the server has stored: a topic and a place go in, the events after it come out.

use app::{
    event::{BORN_PATH, History, LOGIN_PATH, STREAM_PATH, TOPICS_PATH},
    feed::Newborn,
    read::FromJson,
};
use gloo_net::http::{Method, Request, RequestBuilder};
use leptos::prelude::{Callable, Callback};
use wasm_bindgen_futures::spawn_local;

use crate::json::parse;

/// How many events are asked for at once: the most that the server gives.
const LIMIT: u32 = 1000;

/// Reads the events of a topic after a cursor; `None` where the server does not answer with them.
pub async fn read(topic: &str, after: Option<&str>) -> Option<History> {
    let after = encoded(after.unwrap_or_default());
    page(topic, &format!("limit={LIMIT}&after={after}")).await
}

/// Reads what a query asks for of a topic's events.
pub async fn page(topic: &str, query: &str) -> Option<History> {
    let topic = encoded(topic).replace("%2F", "/");
    get(&format!("{TOPICS_PATH}/{topic}?{query}")).await
}

/// Asks for what the page at an address is born with.
pub fn newborn(address: &str, answer: Callback<Option<Newborn>>) {
    let url = format!("{BORN_PATH}?address={}", encoded(address));
    spawn_local(async move {
        // The page may be gone by then.
        answer.try_run(get(&url).await);
    });
}

async fn get<T: FromJson>(url: &str) -> Option<T> {
    parse(&Request::get(url).send().await.ok()?.text().await.ok()?)
}

/// Where the server refuses the stream because the visitor's token has run out, gives up the token:
/// an `EventSource` does not say why it failed.
pub async fn forget_expired_token() {
    let refused = RequestBuilder::new(STREAM_PATH).method(Method::HEAD).send().await;
    if refused.is_ok_and(|response| response.status() == 401) {
        // The next attempt shows whether it worked.
        let _ = Request::delete(LOGIN_PATH).send().await;
    }
}

/// A text as a part of a URL.
#[must_use]
pub fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
