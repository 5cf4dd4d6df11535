//! One clock probe: nothing goes in, a round trip's four instants come out, and who the visitor is to the
//! server.

use app::{ProbeReply, event::PROBE_PATH, link::Mono};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortSignal, PerformanceResourceTiming, RequestCache, RequestInit, RequestRedirect, Response,
};

use crate::{
    clock::Probe,
    fetch::{send_as, text},
    json, page_clock,
};

/// A probe that takes longer says too little of the clock to be waited for, in milliseconds.
const PATIENCE: u32 = 5000;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The server's.
    Time(Probe, ProbeReply),
    /// That of something on the way which answers in its place, as a sign-in page does.
    Strange,
    /// None in 5 s, or one that says to try again.
    Nothing,
}

/// Asks the server for its time.
pub async fn probe() -> Answer {
    let Some((left, back, response)) = ask().await else { return Answer::Nothing };
    // What is cut says nothing of who has sent it.
    let Some(text) = text(&response).await else { return Answer::Nothing };
    match (json::parse::<ProbeReply>(&text), response.status()) {
        (Some(reply), _) => {
            let probe = Probe { left, back, received: reply.received, sent: reply.sent };
            Answer::Time(probe, reply)
        }
        // 0: it leads elsewhere, and is not followed.
        (None, 0..=403) => Answer::Strange,
        _ => Answer::Nothing,
    }
}

/// When the question left and the answer began, and the answer.
async fn ask() -> Option<(Mono, Mono, Response)> {
    let too_late = AbortSignal::timeout_with_u32(PATIENCE);
    let left = page_clock::now();
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoStore);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&too_late));
    let response = send_as(PROBE_PATH, &init).await?;
    Some((left, page_clock::now(), response))
}

/// The version of HTTP that the last probe went over, as in `HTTP/1.1`; `None` where the browser
/// does not say. Forgets the browser's records of earlier probes, which would fill its buffer.
#[must_use]
pub fn http_version() -> Option<String> {
    let performance = window().performance()?;
    let last = performance
        .get_entries_by_type("resource")
        .iter()
        .filter_map(|entry| entry.dyn_into::<PerformanceResourceTiming>().ok())
        .rfind(|entry| entry.name().ends_with(PROBE_PATH))?;
    performance.clear_resource_timings();
    // Not all browsers have the property.
    let protocol = js_sys::Reflect::get(&last, &JsValue::from_str("nextHopProtocol")).ok()?;
    Some(match protocol.as_string()?.as_str() {
        "" => return None,
        "h2" => "HTTP/2".to_owned(),
        "h3" => "HTTP/3".to_owned(),
        other => other.to_ascii_uppercase(),
    })
}
