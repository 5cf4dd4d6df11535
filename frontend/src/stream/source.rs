//! Opens an `EventSource` and reads what it says; closes it when dropped.

use app::stream::{Start, StreamEvent};
use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventSource, MessageEvent};
use wire::{
    cursor::Cursor,
    event::{Envelope, GAP, MESSAGE, SESSION},
    session::Begin,
    topics::READERS,
};

use super::sources::Failed;
use crate::browser::{base::under, json::parse, page_events::on as listen};

/// An open `EventSource`.
#[derive(Debug)]
pub struct Source {
    source: EventSource,
    _listeners: [EventListener; 5],
}

impl Source {
    /// Opens the stream at a path of the server, which writes events as JSON and begins with a session. `hear` is called
    /// with everything that comes, until the source is dropped.
    ///
    /// # Errors
    /// Where the browser refuses to make an `EventSource`.
    pub fn open(
        path: &str,
        hear: impl Fn(Result<StreamEvent, Failed>) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let source = EventSource::new(&under(path))?;
        let on = |name: &'static str, read: Read| {
            let hear = hear.clone();
            let hear = move |event: &Event| {
                if let Some((data, reached)) = data_and_id(event) {
                    hear(read(&data, reached));
                }
            };
            listen(&source, name, Box::new(hear))
        };
        let listeners = [
            on(SESSION, |json, _| start(json)),
            on(MESSAGE, event),
            on(READERS, event),
            on(GAP, |_, reached| Ok(StreamEvent::Gap { reached })),
            listen(&source, "error", Box::new(move |_| hear(Err(Failed)))),
        ];
        Ok(Self { source, _listeners: listeners })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Reads an event's data and the last id that the stream has given.
type Read = fn(&str, Option<Cursor>) -> Result<StreamEvent, Failed>;

fn start(json: &str) -> Result<StreamEvent, Failed> {
    let Begin { identity, cursor, spans } = parse(json).ok_or(Failed)?;
    let after = Cursor::parse(&cursor);
    Ok(StreamEvent::Start(Start { identity, topics: Vec::new(), after, spans }))
}

fn event(json: &str, reached: Option<Cursor>) -> Result<StreamEvent, Failed> {
    // One that only a newer version can read is an event of no topic: it still says how far the stream is.
    let envelope = parse(json).unwrap_or_else(|| Envelope {
        id: None,
        event_type: String::new(),
        topics: Vec::new(),
        data: String::new(),
        at: String::new(),
        private: false,
    });
    Ok(StreamEvent::Event { envelope, reached })
}

fn data_and_id(event: &Event) -> Option<(String, Option<Cursor>)> {
    let event: &MessageEvent = event.dyn_ref()?;
    Some((event.data().as_string()?, Cursor::parse(&event.last_event_id())))
}
