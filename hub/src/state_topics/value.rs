//! The value of a state topic, encoded once for all who follow it.

use crate::frame::{Format, Frame};

/// The newest value of a state topic as readers get it.
#[derive(Clone, Debug)]
pub struct State {
    message: Frame,
    json: Frame,
    /// Another with the same mark says the same, whenever the topic got that.
    mark: Option<u32>,
}

impl State {
    /// A value that a topic got at an instant in microseconds since the Unix epoch.
    #[must_use]
    pub fn new(topic: &str, at: i64, value: &str) -> Self {
        let frame = |format| Frame::state(topic, at, value, format);
        Self { message: frame(Format::Message), json: frame(Format::Json), mark: None }
    }

    /// The same, which says what all with this mark say.
    pub(crate) fn marked(self, mark: u32) -> Self {
        Self { mark: Some(mark), ..self }
    }

    /// Whether who knows the other need not be told this one: it is the same, and not just equal, or has the same
    /// mark.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let is_same = self.message.chunk().as_ptr() == other.message.chunk().as_ptr();
        is_same || (self.mark.is_some() && self.mark == other.mark)
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
