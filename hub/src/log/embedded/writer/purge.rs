//! A purge that is removed slice by slice.

use crate::{event::Topic, log::embedded::request::Answer};

/// A purge under way.
pub(super) struct Purge {
    pub(super) topic: Topic,
    /// Events that come later stay.
    pub(super) through: u64,
    pub(super) removed: u64,
    pub(super) answer: Answer<u64>,
}

impl Purge {
    pub(super) fn new(topic: Topic, through: u64, answer: Answer<u64>) -> Self {
        Self { topic, through, removed: 0, answer }
    }
}
