//! The value of a state topic, encoded once for all who follow it.

use crate::frame::{Format, Frame};

/// The newest value of a state topic as readers get it.
#[derive(Clone, Debug)]
pub struct State {
    message: Frame,
    json: Frame,
}

impl State {
    /// A value that a topic got at an instant in microseconds since the Unix epoch.
    #[must_use]
    pub fn new(topic: &str, at: i64, value: &str) -> Self {
        let frame = |format| Frame::state(topic, at, value, format);
        Self { message: frame(Format::Message), json: frame(Format::Json) }
    }

    /// Whether it is the same, and not just equal: each value is made once.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.message.chunk().as_ptr() == other.message.chunk().as_ptr()
    }

    /// The event.
    #[must_use]
    pub fn frame(&self, format: Format) -> Frame {
        match format {
            Format::Message => self.message.clone(),
            Format::Json => self.json.clone(),
        }
    }
}
