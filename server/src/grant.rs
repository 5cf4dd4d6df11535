//! What a request may do: who it is and which topics its token opens to it.

use crate::event::{Pattern, Topic};

/// The rights of a request. Without a token it may read what is public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Whom the token names.
    pub subject: Option<String>,
    /// The topics that it may publish to.
    pub publish: Vec<Pattern>,
    /// The topics whose private events it may read.
    pub read: Vec<Pattern>,
    /// The topics that it may remove events from.
    pub purge: Vec<Pattern>,
    /// When the rights end, in microseconds since the Unix epoch; `None` without a token.
    pub until: Option<i64>,
}

impl Grant {
    /// Whether it may publish to a topic.
    #[must_use]
    pub fn publishes(&self, topic: &Topic) -> bool {
        self.publish.iter().any(|pattern| pattern.grants(topic))
    }

    /// Whether it may read the private events of a topic.
    #[must_use]
    pub fn reads(&self, topic: &Topic) -> bool {
        self.read.iter().any(|pattern| pattern.grants(topic))
    }

    /// Whether it may remove the events of a topic.
    #[must_use]
    pub fn purges(&self, topic: &Topic) -> bool {
        self.purge.iter().any(|pattern| pattern.grants(topic))
    }

    /// Whether it may read any private event at all.
    #[must_use]
    pub fn reads_some(&self) -> bool {
        !self.read.is_empty()
    }

    /// Whether it may read an event: a private one needs a right to one of its topics.
    #[must_use]
    pub fn sees(&self, private: bool, topics: &[Topic]) -> bool {
        !private || topics.iter().any(|topic| self.reads(topic))
    }
}
