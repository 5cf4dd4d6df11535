//! The retention rules: how much the log keeps of each topic and of all together.

use std::time::Duration;

use crate::event::{Draft, Event, Pattern, Topic};

/// What an event takes besides its names and data, in bytes, for [`Bounds::bytes`].
const ENTRY: u64 = 64;

/// How much is kept; what exceeds any of the three is dropped, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most events.
    pub events: u64,
    /// Events that are not older, as far as the clock can be believed: see [`wall`](super::wall).
    pub age: Duration,
    /// The most bytes of all events together, counted by [`size`].
    pub bytes: u64,
}

impl Bounds {
    /// Nothing is dropped.
    pub const NONE: Self = Self { events: u64::MAX, age: Duration::MAX, bytes: u64::MAX };

    /// Whether this many events, or this many bytes, are too many.
    #[must_use]
    pub fn are_exceeded_by(&self, events: u64, bytes: u64) -> bool {
        events > self.events || bytes > self.bytes
    }

    /// Whether an event is too old at `now`. Both are microseconds since the Unix epoch; where nobody
    /// can say when it was published, it is not.
    #[must_use]
    pub fn are_outlived(&self, published: Option<i64>, now: i64) -> bool {
        let age = i64::try_from(self.age.as_micros()).unwrap_or(i64::MAX);
        published.is_some_and(|published| now.saturating_sub(published) > age)
    }

    /// Whether events are never too old.
    #[must_use]
    pub fn are_ageless(&self) -> bool {
        self.age == Duration::MAX
    }
}

/// What the log keeps, of each topic and of all together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The bounds of the whole. Default 1,000,000 events, 7 days, 1 GiB.
    pub total: Bounds,
    /// The bounds of single topics: the first pattern that matches counts. Default none.
    pub rules: Vec<(Pattern, Bounds)>,
}

impl Default for Retention {
    fn default() -> Self {
        let total =
            Bounds { events: 1_000_000, age: Duration::from_secs(7 * 24 * 3600), bytes: 1 << 30 };
        Self { total, rules: Vec::new() }
    }
}

impl Retention {
    /// Everything is kept.
    #[must_use]
    pub fn all() -> Self {
        Self { total: Bounds::NONE, rules: Vec::new() }
    }

    /// The bounds of one topic.
    #[must_use]
    pub fn of(&self, topic: &Topic) -> Bounds {
        let rule = self.rules.iter().find(|(pattern, _)| pattern.matches(topic));
        rule.map_or(Bounds::NONE, |(_, bounds)| *bounds)
    }
}

/// What an event counts towards [`Bounds::bytes`]: its data, its names, and 64.
#[must_use]
pub fn size(event: &Event) -> u64 {
    size_of(&event.draft)
}

/// What a draft will count as an event.
#[must_use]
pub fn size_of(draft: &Draft) -> u64 {
    let names: usize = draft.topics.iter().map(|topic| topic.as_str().len()).sum();
    let event_type = draft.event_type.as_ref().map_or(0, |name| name.as_str().len());
    ENTRY + (names + event_type + draft.data.len()) as u64
}
