//! What a reader follows: a topic, or all topics under a prefix; and the names that an event is found by.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    event::{Draft, Event, Invalid, Topic},
    written::as_written,
};

/// An event is found under this many levels above its topic: `a/b/c` under `a/` and `a/b/`.
pub const LEVELS: usize = 8;

/// A topic (`chat/lobby`), or all topics under a prefix (`chat/*`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Selector(Arc<str>);

as_written!(Selector, |name| Selector::exactly(name).map_err(|_| "it selects nothing"));

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// Where it is neither a topic nor up to eight whole levels and `/*`.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        Self::read(text, Topic::new)
    }

    /// Reads a selector that may be of an earlier version, by exactly this name.
    ///
    /// # Errors
    /// What makes it none of any version.
    pub fn exactly(text: &str) -> Result<Self, Invalid> {
        Self::read(text, Topic::exactly)
    }

    /// The selectors that somebody may mean, as with [topics](Topic::meant_by).
    ///
    /// # Errors
    /// What makes the text none of any version.
    pub fn meant_by(text: &str) -> Result<Vec<Self>, Invalid> {
        let exactly = Self::exactly(text)?;
        let new = Self::new(text).ok().filter(|new| *new != exactly);
        Ok(new.into_iter().chain([exactly]).collect())
    }

    fn read(text: &str, topic: impl Fn(&str) -> Result<Topic, Invalid>) -> Result<Self, Invalid> {
        let Some(prefix) = text.strip_suffix('*') else { return Ok(topic(text)?.into()) };
        let Some(above) = prefix.strip_suffix('/') else {
            let reason = "must have a / before its final *, as in chat/*";
            return Err(Invalid::new("topic", reason));
        };
        let above = topic(above)?;
        let above = above.as_str();
        if above.split('/').count() > LEVELS {
            let reason = format!("must have at most {LEVELS} levels before its final *");
            return Err(Invalid::new("topic", reason));
        }
        Ok(Self(format!("{above}/").into()))
    }

    /// The name that its events are found by: the topic, or the prefix with its final slash, which no
    /// topic has.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it stands for all topics under a prefix.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        is_prefix(&self.0)
    }

    /// Whether it stands for a topic.
    #[must_use]
    pub fn selects(&self, topic: &Topic) -> bool {
        if self.is_prefix() {
            topic.as_str().starts_with(&*self.0)
        } else {
            topic.as_str() == &*self.0
        }
    }
}

impl From<Topic> for Selector {
    fn from(topic: Topic) -> Self {
        Self(topic.as_str().into())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)?;
        if self.is_prefix() { f.write_str("*") } else { Ok(()) }
    }
}

/// Whether a name is that of a prefix, and not of a topic.
#[must_use]
pub fn is_prefix(name: &str) -> bool {
    name.ends_with('/')
}

/// The names that an event of these topics is found by: the topics, then each level above them once.
pub fn names(topics: &[Topic]) -> impl Iterator<Item = &str> {
    let above = topics.iter().enumerate().flat_map(|(index, topic)| {
        let before = &topics[..index];
        above(topic.as_str())
            .filter(move |prefix| !before.iter().any(|topic| topic.as_str().starts_with(*prefix)))
    });
    topics.iter().map(Topic::as_str).chain(above)
}

fn above(topic: &str) -> impl Iterator<Item = &str> {
    topic.match_indices('/').take(LEVELS).map(|(slash, _)| &topic[..=slash])
}

/// A selector, and whether private events may be read through it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Selected {
    /// What is followed.
    pub selector: Selector,
    /// Its private events count too.
    pub private: bool,
}

impl Selected {
    /// The public and the private events of a topic.
    #[must_use]
    pub fn all(selector: impl Into<Selector>) -> Self {
        Self { selector: selector.into(), private: true }
    }

    /// The public events of a topic.
    #[must_use]
    pub fn public(selector: impl Into<Selector>) -> Self {
        Self { selector: selector.into(), private: false }
    }

    /// Whether an event is among those that are selected.
    #[must_use]
    pub fn shows(&self, event: &Event) -> bool {
        let Draft { private, topics, .. } = &event.draft;
        (self.private || !private) && topics.iter().any(|topic| self.selector.selects(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(names: &[&str]) -> Vec<Topic> {
        names.iter().map(|name| Topic::new(name).unwrap()).collect()
    }

    #[test]
    fn a_selector_is_a_topic_or_whole_levels_and_a_star() {
        for good in ["a", "chat/lobby", "chat/*", "a/b/c/d/e/f/g/h/*", "a/b/c/d/e/f/g/h/i/j"] {
            assert_eq!(Selector::new(good).unwrap().to_string(), good);
        }
        for bad in ["", "*", "/*", "cha*", "chat/*/x", "*/x", "a//*", "../*", "a/b/c/d/e/f/g/h/i/*"]
        {
            assert_eq!(Selector::new(bad).unwrap_err().field, "topic", "{bad}");
        }
    }

    #[test]
    fn an_event_is_found_by_its_topics_and_the_levels_above_them() {
        let found = |list: &[&str]| names(&topics(list)).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found(&["a"]), ["a"]);
        assert_eq!(found(&["a/b/c", "a/d", "x/y"]), ["a/b/c", "a/d", "x/y", "a/", "a/b/", "x/"]);
        assert_eq!(found(&["1/2/3/4/5/6/7/8/9/0"]).len(), 1 + LEVELS);
    }
}
