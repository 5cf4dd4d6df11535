//! Requests to the server, and how long they may take.

use gloo_net::http::{Request, Response};
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, RequestInit};

use super::{alarm::timer, base::under};

/// How long the beginning of an answer is waited for, in milliseconds.
const PATIENCE: u32 = 15_000;

/// How long the whole of it is waited for, in milliseconds: what is large takes long on a slow way.
const WHOLE: u32 = 60_000;

/// Asks the server at a path of its own; `None` where it does not begin to answer within 15 s. The rest of the answer is cut
/// a minute after it began.
pub async fn send(method: &str, path: &str, body: Option<&JsValue>) -> Option<Response> {
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
        timer(after, Box::new(move || controller.abort()))
    };
    let begun = bound(PATIENCE);
    let answer = send_as(path, &init).await?;
    drop(begun);
    // After the end of the answer it stops nothing.
    bound(WHOLE).forget();
    Some(answer)
}

/// The same with other wishes. (The builder of gloo-net knows no `keepalive`, and makes each request twice.)
pub async fn send_as(path: &str, init: &RequestInit) -> Option<Response> {
    let request = web_sys::Request::new_with_str_and_init(&under(path), init).ok()?;
    Request::from(request).send().await.ok()
}

/// Reads a text; `None` where the answer was cut.
pub async fn get(path: &str) -> Option<String> {
    send("GET", path, None).await?.text().await.ok()
}
