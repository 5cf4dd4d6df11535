//! One clock probe: measures a round trip's four instants, and learns who the visitor is to the server.

use app::link::Mono;
use gloo_net::http::Response;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, PerformanceResourceTiming, RequestCache, RequestInit, RequestRedirect};
use wire::{paths::PROBE_PATH, probe::ProbeReply};

use crate::{
    browser::{json, requests::send_as},
    clock::{estimate::Probe, page_clock},
};

/// A probe that takes longer says too little of the clock to be waited for, in milliseconds.
const PATIENCE: u32 = 5000;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The server's.
    Time(Probe, ProbeReply),
    /// Not the server's: something on the way answers in its place, as a sign-in page does.
    Strange,
    /// No answer in 5 s, or an error that may pass.
    Nothing,
}

/// Asks the server for its time.
pub async fn probe() -> Answer {
    let Some((left, back, response)) = ask().await else { return Answer::Nothing };
    // An answer that was cut does not say who sent it.
    let Ok(text) = response.text().await else { return Answer::Nothing };
    match (json::parse::<ProbeReply>(&text), response.status()) {
        (Some(reply), _) => {
            let probe = Probe { left, back, received: reply.received, sent: reply.sent };
            Answer::Time(probe, reply)
        }
        // A redirect is not followed, and has the status 0.
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
