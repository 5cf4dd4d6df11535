//! Topics and patterns of topics: normalises names from outside to a topic's one form, or to the topics
//! that a name may mean.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use wire::chat::visible::is_invisible;

use super::name::{Invalid, check_name};
use crate::written::as_written;

/// A name that events are published to and read by: 1 to 255 bytes of UTF-8 in normalisation form C, all of
/// it visible, without `*`, and without a segment between slashes that is empty, `.` or `..`. Earlier
/// versions accepted any name without control and format characters, and a log may contain such topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Topic(Arc<str>);

as_written!(Topic, |name| Topic::held(name).ok_or("not a topic"));

impl Topic {
    /// Reads a topic to publish to. The name is normalised (NFC): different encodings of the same
    /// characters are the same topic.
    ///
    /// # Errors
    /// Why the name is not a topic.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        let name = normal(name);
        let topic = Self::exactly(&name)?;
        if let Some(unseen) = name.chars().find(|one| is_invisible(*one) || is_odd_space(*one)) {
            let code = u32::from(unseen);
            let reason = format!(
                "must not contain U+{code:04X}, which is invisible or looks like another character"
            );
            return Err(Invalid::new("topic", reason));
        }
        let blank = |segment: &str| segment.starts_with(' ') || segment.ends_with(' ');
        if name.split('/').any(blank) || name.contains("  ") {
            return Err(Invalid::new(
                "topic",
                "must not have a space at either end of a segment or two spaces in a row",
            ));
        }
        Ok(topic)
    }

    /// Reads a topic that may come from an earlier version, by exactly this name.
    ///
    /// # Errors
    /// Why the name is not a topic in any version.
    pub fn exactly(name: &str) -> Result<Self, Invalid> {
        check_name("topic", name)?;
        if name.contains('*') {
            return Err(Invalid::new("topic", "must not contain *, which stands for many topics"));
        }
        if name.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(Invalid::new("topic", "must not have a segment that is empty, . or .."));
        }
        Ok(Self(name.into()))
    }

    /// The topics that a reader, a follower or a purge may mean: the one that events are published to by
    /// this name, and that of an earlier version by exactly this name. Usually these are the same.
    ///
    /// # Errors
    /// Why the name is not a topic in any version.
    pub fn meant_by(name: &str) -> Result<Vec<Self>, Invalid> {
        let exactly = Self::exactly(name)?;
        let new = Self::new(name).ok().filter(|new| *new != exactly);
        Ok(new.into_iter().chain([exactly]).collect())
    }

    /// Reads a topic that the log holds.
    pub(crate) fn held(name: &str) -> Option<Self> {
        Self::exactly(name).ok()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only the server publishes to it.
    #[must_use]
    pub fn is_servers_own(&self) -> bool {
        wire::topics::is_servers_own(&self.0)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name, or a part of one, in normalisation form C.
pub(crate) fn normal(name: &str) -> Cow<'_, str> {
    if name.is_ascii() || is_nfc(name) {
        name.into()
    } else {
        name.nfc().collect::<String>().into()
    }
}

/// Whether a character looks like a space and is not one.
fn is_odd_space(one: char) -> bool {
    one.is_whitespace() && one != ' '
}

/// A topic, or all topics that begin with what stands before a final `*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    said: Arc<str>,
    /// The same in normalisation form C.
    normal: Arc<str>,
}

as_written!(Pattern, |pattern| Pattern::new(pattern).map_err(|_| "not a pattern"));

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// If it is neither a topic nor a prefix followed by one `*`.
    pub fn new(pattern: &str) -> Result<Self, Invalid> {
        match pattern.strip_suffix('*') {
            Some("") => {}
            Some(prefix) => {
                check_name("pattern", prefix)?;
                if prefix.contains('*') {
                    return Err(Invalid::new("pattern", "must not contain * except at its end"));
                }
            }
            None => {
                let exactly = Topic::exactly(pattern);
                exactly.map_err(|invalid| Invalid { field: "pattern", ..invalid })?;
            }
        }
        Ok(Self { said: pattern.into(), normal: normal(pattern).into() })
    }

    /// The pattern of every topic.
    #[must_use]
    pub fn all() -> Self {
        Self { said: "*".into(), normal: "*".into() }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.said
    }

    /// Whether a topic is among those that it stands for, as it was written or normalised.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => topic.0.starts_with(prefix),
            None => *topic.0 == *pattern,
        };
        fits(&self.said) || fits(&self.normal)
    }
}
