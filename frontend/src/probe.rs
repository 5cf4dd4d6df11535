//! One clock probe: nothing goes in, a round trip's four instants come out.

use app::{ProbeReply, event::PROBE_PATH};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, PerformanceResourceTiming, RequestCache, RequestInit};

use crate::{
    clock::Probe,
    fetch::{send_as, text},
    json, page_clock,
};

/// A probe that takes longer says too little of the clock to be waited for, in milliseconds.
const PATIENCE: u32 = 5000;

/// Asks the server for its time. `None` where it does not answer in 5 s, or not with a time.
pub async fn probe() -> Option<(Probe, ProbeReply)> {
    let too_late = AbortSignal::timeout_with_u32(PATIENCE);
    let left = page_clock::now();
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&too_late));
    let response = send_as(PROBE_PATH, &init).await?;
    let back = page_clock::now();
    let reply: ProbeReply = json::parse(&text(&response).await?)?;
    Some((Probe { left, back, received: reply.received, sent: reply.sent }, reply))
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
