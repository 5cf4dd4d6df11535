//! Measures what delivering an event costs, beside a raw broadcaster in the same rounds.

mod alternate;
mod beside_stalled;
mod many_topics;
mod one_topic;
mod round;

use self::{
    alternate::{Case, alternate},
    round::Round,
};
pub(crate) use self::{
    beside_stalled::measure as measure_beside_stalled,
    many_topics::measure as measure_topics,
    one_topic::{measure, measure_each},
};

/// How events are published.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many a second.
    Paced(f64),
    /// As many as are delivered, with so many under way.
    Saturated(u64),
}

/// From this many readers on, events come slower.
const MANY_READERS: usize = 5_000;
const OFTEN: f64 = 20.0;
const SELDOM: f64 = 2.0;

impl Pace {
    /// What so many readers can be sent with time to spare.
    pub(crate) fn for_readers(readers: usize) -> Self {
        Self::Paced(if readers < MANY_READERS { OFTEN } else { SELDOM })
    }

    pub(crate) fn describe(self) -> String {
        match self {
            Self::Paced(rate) => format!("{rate} events/s"),
            Self::Saturated(window) => {
                format!("as many events as are delivered ({window} under way)")
            }
        }
    }
}
