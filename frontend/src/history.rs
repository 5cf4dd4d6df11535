//! What the server has stored: a topic and a place go in, the events after it come out.

use app::{
    event::{History, LOGIN_PATH, STATUS_PATH, STREAM_PATH, TOPICS_PATH},
    follow::Refusal,
    status::Trend,
};
use gloo_net::http::{Method, Request, RequestBuilder};
use leptos::prelude::Callable;
use leptos::prelude::Callback;
use wasm_bindgen_futures::spawn_local;

use crate::json::parse;

/// How many events are asked for at once: the most that the server gives.
const LIMIT: u32 = 1000;

/// Reads the events of a topic after a cursor; `None` where the server does not answer with them.
pub async fn read(topic: &str, after: Option<&str>) -> Option<History> {
    let topic = encoded(topic).replace("%2F", "/");
    let after = encoded(after.unwrap_or_default());
    let url = format!("{TOPICS_PATH}/{topic}?limit={LIMIT}&after={after}");
    parse(&Request::get(&url).send().await.ok()?.text().await.ok()?)
}

/// Asks for the server's health in the last minutes.
pub fn trend(answer: Callback<Result<Trend, Refusal>>) {
    spawn_local(async move {
        let trend = match Request::get(STATUS_PATH).send().await {
            Ok(response) => match response.status() {
                200 => {
                    let text = response.text().await.ok();
                    text.and_then(|text| parse(&text)).ok_or(Refusal::Failed)
                }
                401 | 403 => Err(Refusal::Refused),
                404 => Err(Refusal::Off),
                _ => Err(Refusal::Failed),
            },
            Err(_) => Err(Refusal::Failed),
        };
        // The page may be gone by now.
        answer.try_run(trend);
    });
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
