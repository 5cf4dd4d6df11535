//! What a request may do: who it is and which topics its token opens to it.

use crate::event::{Pattern, Topic};

/// The rights of a request. Without a token it may read what is public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Whom the token names.
    pub subject: Option<String>,
    /// Which of the server's keys the token is signed with; 0 without a token.
    pub signer: u64,
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

    /// Whose idempotency keys its are: its subject's; or, where it names nobody, those of all whose
    /// tokens are signed alike and may publish to the same topics. So a retry with a fresh token is one.
    #[must_use]
    pub fn scope(&self) -> String {
        match &self.subject {
            Some(subject) => subject.clone(),
            // No subject holds a control character.
            None => {
                let mut patterns: Vec<_> = self.publish.iter().map(Pattern::as_str).collect();
                patterns.sort_unstable();
                format!("\u{1}{:016x} {}", self.signer, patterns.join("\n"))
            }
        }
    }
}
