//! Broadcasts values to the other tabs of this browser.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, Event, MessageEvent};

use crate::browser::{base::named, page_events::on};

/// An open `BroadcastChannel`.
#[derive(Debug)]
pub struct Channel {
    channel: BroadcastChannel,
    _listener: EventListener,
}

impl Channel {
    /// Opens the channel. `hear` is called with what the other tabs post until it is dropped.
    ///
    /// # Errors
    /// Where the browser has no channels.
    pub fn open(name: &str, hear: impl Fn(JsValue) + 'static) -> Result<Self, JsValue> {
        let channel = BroadcastChannel::new(&named(name))?;
        let hear = move |event: &Event| {
            if let Some(event) = event.dyn_ref::<MessageEvent>() {
                hear(event.data());
            }
        };
        let listener = on(&channel, "message", Box::new(hear));
        Ok(Self { channel, _listener: listener })
    }

    /// Tells the other tabs.
    pub fn post(&self, value: &JsValue) {
        // Strings can be posted, and the channel is open.
        let _ = self.channel.post_message(value);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
