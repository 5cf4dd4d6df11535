//! Requests: a method and an address go in, the server's answer comes out.
//!
//! The few lines of a crate for it that are needed here (docs/decisions/0012).

use std::{future::Future, pin::Pin};

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

/// How long the answer to what was sent is waited for, in milliseconds.
const PATIENCE: u32 = 15_000;

/// Asks the server; `None` where it does not answer, or to what was sent not in 15 s.
pub async fn send(method: &str, url: &str, body: Option<&JsValue>) -> Option<Response> {
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        init.set_body(body);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    }
    send_as(url, &init).await
}

/// The same with other wishes.
pub async fn send_as(url: &str, init: &RequestInit) -> Option<Response> {
    let sent = window().fetch_with_str_and_init(url, init);
    JsFuture::from(sent).await.ok()?.dyn_into().ok()
}

/// The text of an answer; `None` where it was cut.
pub async fn text(answer: &Response) -> Option<String> {
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}

/// Reads a text.
pub async fn get(url: &str) -> Option<String> {
    text(&send("GET", url, None).await?).await
}

/// Begins something that goes on beside the rest. (A boxed future: each type of them would bring a task
/// of its own.)
pub fn begin(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    wasm_bindgen_futures::spawn_local(task);
}
