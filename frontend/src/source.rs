//! The source: opens an `EventSource`, and closes it when it is dropped.

use app::event::{GAP, MESSAGE, READERS, SESSION};
use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventSource, MessageEvent};

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The stream begins: the JSON of a [`Session`](app::event::Session).
    Session(String),
    /// An event came.
    Event {
        /// The JSON of an [`Envelope`](app::event::Envelope).
        json: String,
        /// The last id that the stream has given, by this event or an earlier one.
        reached: Option<String>,
    },
    /// Events are missing. The stream goes on after this place.
    Gap(Option<String>),
    /// The browser reported an error. It may be retrying or not; the source is of no more use.
    Failed,
}

/// An open `EventSource`.
#[derive(Debug)]
pub struct Source {
    source: EventSource,
    _listeners: [EventListener; 5],
}

impl Source {
    /// Opens the stream at `url`, which writes events as JSON. `hear` is called with everything that
    /// comes, until the source is dropped.
    ///
    /// # Errors
    /// Where the browser refuses to make an `EventSource`.
    pub fn open(url: &str, hear: impl Fn(Said) + Clone + 'static) -> Result<Self, JsValue> {
        let source = EventSource::new(url)?;
        let on = |name: &'static str, said: fn(String, Option<String>) -> Said| {
            let hear = hear.clone();
            EventListener::new(&source, name, move |event| {
                if let Some((data, reached)) = read(event) {
                    hear(said(data, reached));
                }
            })
        };
        let event = |json, reached| Said::Event { json, reached };
        let listeners = [
            on(SESSION, |json, _| Said::Session(json)),
            on(MESSAGE, event),
            on(READERS, event),
            on(GAP, |_, reached| Said::Gap(reached)),
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

fn read(event: &Event) -> Option<(String, Option<String>)> {
    let event: &MessageEvent = event.dyn_ref()?;
    let reached = Some(event.last_event_id()).filter(|id| !id.is_empty());
    Some((event.data().as_string()?, reached))
}
