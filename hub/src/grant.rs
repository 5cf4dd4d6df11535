//! What a request may do: who sent it, and which topics are open to them.

use crate::{
    digest::digest,
    event::{Pattern, Topic},
    selector::{Selected, Selector},
};

/// The rights of a request. By default it may read what is public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The subject, if it is known.
    pub subject: Option<String>,
    /// Tells apart those who vouch for subjects, where there are several: two of them may know an Ada each.
    /// Default 0.
    pub signer: u64,
    /// The topics that it may publish to.
    pub publish: Vec<Pattern>,
    /// The topics whose private events it may read.
    pub read: Vec<Pattern>,
    /// The topics that it may remove events from.
    pub purge: Vec<Pattern>,
    /// When the rights end, in microseconds since the Unix epoch; by default never.
    pub until: Option<i64>,
    /// When the rights were given, in microseconds since the Unix epoch; `None` where that is not known.
    pub issued: Option<i64>,
    /// Numbers of what was presented, and of what that was made from, by which the
    /// [authoriser](crate::authorise::Authorise::revoked) finds the streams that it opened when it is taken
    /// back; empty where it never is.
    pub credentials: Vec<u128>,
    /// Whether the request was made on this machine, to which some things are open that are closed to
    /// others. Default false.
    pub local: bool,
}

impl Grant {
    /// Whether nothing was presented that tells the request from anyone else's.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        *self == Self { local: self.local, ..Self::default() }
    }

    /// Whether it may publish to a topic.
    #[must_use]
    pub fn publishes(&self, topic: &Topic) -> bool {
        self.publish.iter().any(|pattern| pattern.matches(topic))
    }

    /// Whether it may read the private events of a topic.
    #[must_use]
    pub fn reads(&self, topic: &Topic) -> bool {
        self.read.iter().any(|pattern| pattern.matches(topic))
    }

    /// Whether it may remove the events of a topic.
    #[must_use]
    pub fn purges(&self, topic: &Topic) -> bool {
        self.purge.iter().any(|pattern| pattern.matches(topic))
    }

    /// A selector with what the grant lets it show.
    #[must_use]
    pub fn select(&self, selector: Selector) -> Selected {
        let private = self.read.iter().any(|pattern| covers(pattern, &selector));
        Selected { selector, private }
    }

    /// A mark that distinguishes these rights from anyone else's, see
    /// [`Identity::mark`](wire::identity::Identity::mark). The same rights for longer do not change it, or
    /// pages would reload for nothing. Empty by default.
    #[must_use]
    pub fn mark(&self) -> String {
        if self.is_anonymous() {
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

    /// The scope of its idempotency keys: its subject, or, without one, everyone with the same signer who may
    /// publish to the same topics. So a retry with a fresh token counts as a retry.
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

/// Whether a pattern stands for all topics of a selector.
fn covers(pattern: &Pattern, selector: &Selector) -> bool {
    match pattern.as_str().strip_suffix('*') {
        Some(prefix) => selector.name().starts_with(prefix),
        None => pattern.as_str() == selector.name(),
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
        let mut fresh = Grant { until: Some(2), issued: Some(1), credentials: vec![3], ..ada() };
        fresh.publish.reverse();
        assert_eq!(fresh.mark(), ada().mark());
        assert!(ada().mark().len() == 16 && ada().mark().bytes().all(|it| it.is_ascii_hexdigit()));
        assert_eq!(Grant::default().mark(), "");
        assert_eq!(Grant { local: true, ..Grant::default() }.mark(), "");
        assert_eq!(Grant { until: None, ..ada() }.mark(), ada().mark());
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

    #[test]
    fn a_prefix_shows_private_events_where_all_of_it_may_be_read() {
        let grant = |pattern: &str| Grant {
            read: vec![Pattern::new(pattern).unwrap()],
            ..Grant::default()
        };
        let shows = |pattern: &str, selector: &str| {
            grant(pattern).select(Selector::new(selector).unwrap()).private
        };
        assert!(shows("*", "chat/*") && shows("chat/*", "chat/*") && shows("ch*", "chat/*"));
        assert!(shows("chat/*", "chat/a/*") && shows("chat/a", "chat/a"));
        assert!(
            !shows("chat/a", "chat/*") && !shows("chat/a*", "chat/*") && !shows("chat", "chat/*")
        );
    }
}
