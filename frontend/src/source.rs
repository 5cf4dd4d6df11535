//! The source: opens an `EventSource`, and closes it when it is dropped.

use app::event::READERS;
use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventSource, MessageEvent};

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A message came, with this data.
    Message(String),
    /// How many are reading, as the server wrote it.
    Readers(String),
    /// The browser reported an error. It may be retrying or not; the source is of no more use.
    Failed,
}

/// An open `EventSource`.
#[derive(Debug)]
pub struct Source {
    source: EventSource,
    _listeners: [EventListener; 3],
}

impl Source {
    /// Opens the stream at `url`. `hear` is called with everything that comes, until the source is dropped.
    ///
    /// # Errors
    /// Where the browser refuses to make an `EventSource`.
    pub fn open(url: &str, hear: impl Fn(Said) + Clone + 'static) -> Result<Self, JsValue> {
        let source = EventSource::new(url)?;
        let on_data = |name: &'static str, said: fn(String) -> Said| {
            let hear = hear.clone();
            EventListener::new(&source, name, move |event| {
                if let Some(data) = data(event) {
                    hear(said(data));
                }
            })
        };
        let listeners = [
            on_data("message", Said::Message),
            on_data(READERS, Said::Readers),
            EventListener::new(&source, "error", move |_| hear(Said::Failed)),
        ];
        Ok(Self { source, _listeners: listeners })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn data(event: &Event) -> Option<String> {
    event.dyn_ref::<MessageEvent>()?.data().as_string()
}
