//! Requests: a method and an address go in, the server's answer comes out.
//!
//! The few lines of a crate for it that are needed here (docs/decisions/0012).

use std::{future::Future, pin::Pin};

use gloo_timers::callback::Timeout;
use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestInit, Response};

/// How long the beginning of an answer is waited for, in milliseconds.
const PATIENCE: u32 = 15_000;

/// How long the whole of it is waited for, in milliseconds: what is large takes long on a slow way.
const WHOLE: u32 = 60_000;

/// Asks the server; `None` where it does not begin to answer within 15 s. The rest of the answer is cut
/// a minute after it began.
pub async fn send(method: &str, url: &str, body: Option<&JsValue>) -> Option<Response> {
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        init.set_body(body);
        // What is said arrives also where the page is left.
        let _ = Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE);
    }
    let controller = AbortController::new().ok()?;
    init.set_signal(Some(&controller.signal()));
    let bound = |after| {
        let controller = controller.clone();
        Timeout::new(after, move || controller.abort())
    };
    let begun = bound(PATIENCE);
    let answer = send_as(url, &init).await?;
    drop(begun);
    // After the end of the answer it stops nothing.
    bound(WHOLE).forget();
    Some(answer)
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
