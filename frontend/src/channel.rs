//! The other tabs of this browser: a letter goes in, and comes out in each of them.

use gloo_events::EventListener;
use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::letter::{Letter, Row};

/// An open `BroadcastChannel`.
#[derive(Debug)]
pub struct Channel {
    channel: BroadcastChannel,
    _listener: EventListener,
}

impl Channel {
    /// Opens the channel. `hear` is called with the other tabs' letters until it is dropped.
    ///
    /// # Errors
    /// Where the browser has no channels.
    pub fn open(name: &str, hear: impl Fn(Letter) + 'static) -> Result<Self, JsValue> {
        let channel = BroadcastChannel::new(name)?;
        let listener = EventListener::new(&channel, "message", move |event| {
            let row = event.dyn_ref::<MessageEvent>().and_then(|event| row(&event.data()));
            if let Some(letter) = row.and_then(Letter::read) {
                hear(letter);
            }
        });
        Ok(Self { channel, _listener: listener })
    }

    /// Tells the other tabs.
    pub fn post(&self, letter: Letter) {
        let row: Array = letter.write().iter().map(|text| JsValue::from_str(text)).collect();
        // Strings can be posted, and the channel is open.
        let _ = self.channel.post_message(&row);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}

/// The strings of a letter; `None` where another version of this program has posted something else.
fn row(value: &JsValue) -> Option<Row> {
    let row: &Array = value.dyn_ref()?;
    let text = |text: JsValue| text.dyn_into::<JsString>().ok().map(String::from);
    row.iter().map(text).collect::<Option<Vec<_>>>()?.try_into().ok()
}
