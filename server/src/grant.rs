//! What a request may do: who it is and which topics its token opens to it.

use crate::{
    digest::digest,
    event::{Pattern, Topic},
};

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
    /// The name of the token's cookie; `None` where it is in no cookie.
    pub cookie: Option<u64>,
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

    /// Tells whose rights these are from anybody else's, see [`Identity::mark`](app::Identity::mark).
    /// The same person with a fresh token is the same, or a page would be loaded anew for nothing.
    #[must_use]
    pub fn mark(&self) -> String {
        if self.until.is_none() {
            return String::new();
        }
        let rights = [&self.publish, &self.read, &self.purge].map(|patterns| {
            let mut patterns: Vec<_> = patterns.iter().map(Pattern::as_str).collect();
            patterns.sort_unstable();
            patterns.join("\n")
        });
        let subject = self.subject.as_deref().unwrap_or_default();
        let signer = format!("{:016x}", self.signer);
        let who = [&*signer, subject].into_iter().chain(rights.iter().map(|it| &**it));
        format!("{:016x}", digest("belfry identity", who))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Grant {
        let patterns = |names: &[&str]| names.iter().map(|it| Pattern::new(it).unwrap()).collect();
        Grant {
            subject: Some("Ada".into()),
            signer: 7,
            publish: patterns(&["a", "b/*"]),
            read: patterns(&["a"]),
            until: Some(1),
            ..Grant::default()
        }
    }

    #[test]
    fn a_fresh_token_of_the_same_person_has_the_same_mark() {
        let mut fresh = Grant { until: Some(2), cookie: Some(3), ..ada() };
        fresh.publish.reverse();
        assert_eq!(fresh.mark(), ada().mark());
        assert!(ada().mark().len() == 16 && ada().mark().bytes().all(|it| it.is_ascii_hexdigit()));
        assert_eq!(Grant::default().mark(), "");
    }

    #[test]
    fn whoever_else_has_another() {
        let Grant { publish, read, .. } = ada();
        let others = [
            Grant { subject: Some("Bob".into()), ..ada() },
            Grant { subject: None, ..ada() },
            Grant { signer: 8, ..ada() },
            Grant { publish: Vec::new(), ..ada() },
            Grant { publish: read.clone(), read: publish.clone(), ..ada() },
            Grant { read: Vec::new(), purge: read, ..ada() },
        ];
        let mut marks: Vec<_> = others.iter().map(Grant::mark).chain([ada().mark()]).collect();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), others.len() + 1);
    }
}
