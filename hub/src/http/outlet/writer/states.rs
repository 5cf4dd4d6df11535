//! The state topics that a group follows, for all its readers. Their values are numbered as they come, so that one
//! number says what a reader knows of all of them; where it knows something else of one, it has that by itself.

use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};

use super::batch::chunks;
use crate::{
    frame::{Format, Frame},
    state_topics::{State, StateTopics},
};

/// How many values of one topic are passed over at once where newer ones have come.
const AT_ONCE: usize = 8;

/// State topics.
pub(super) struct States {
    format: Format,
    topics: Vec<Topic>,
    /// The number of the last value that came.
    last: u64,
}

struct Topic {
    /// `None` once its owner is gone.
    changes: Option<BoxStream<'static, State>>,
    newest: Option<State>,
    /// The number of the newest value: 0 if it was there before all others,
    number: u64,
    /// and the number under which it came last, which is another where it came once more.
    said: u64,
}

/// What readers know otherwise than their group, by the place of the topic.
type Otherwise = Vec<(usize, State)>;

/// What a reader knows of state topics.
pub(super) struct Knows {
    /// All values up to this number,
    pub(super) number: u64,
    /// except of topics of which it knows something else.
    otherwise: Option<Box<Otherwise>>,
}

impl Knows {
    /// Learns values. The frames that its reader is to get, where they are not those of all.
    pub(super) fn learns(&mut self, values: &Values, states: &States) -> Option<Vec<Frame>> {
        self.number = values.numbers.1;
        let otherwise = self.otherwise.as_mut()?;
        let frames = values.news(otherwise, states.format);
        if otherwise.is_empty() {
            self.otherwise = None;
        }
        Some(frames)
    }
}

/// Values of state topics, by the topics' places.
pub(super) struct Values {
    /// For those who know all up to the first number; then they know all up to the second.
    pub(super) numbers: (u64, u64),
    states: Vec<(usize, State)>,
    /// Those that have come once more, for those who know another.
    again: Vec<(usize, State)>,
    /// The frames of the first,
    pub(super) frames: Vec<Frame>,
    /// and those in one piece, as chunks.
    pub(super) bytes: Bytes,
}

impl States {
    /// Follows the topics of these names from now on.
    pub(super) fn follow(names: &[String], topics: &StateTopics, format: Format) -> Self {
        let follow = |name: &String| {
            let followed = topics.find(name).map(|(_, found)| found.owner.follow(name));
            let (newest, changes) = followed.map(|one| (one.newest, one.changes)).unzip();
            Topic { changes, newest: newest.flatten(), number: 0, said: 0 }
        };
        Self { format, topics: names.iter().map(follow).collect(), last: 0 }
    }

    /// Takes what has come; the caller is woken once there is more. `None` if there was nothing.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Option<Values> {
        let before = self.last;
        for topic in &mut self.topics {
            for passed in 1.. {
                let Poll::Ready(Some(state)) = topic.poll(context) else { break };
                self.last += 1;
                topic.said = self.last;
                if topic.newest.as_ref().is_none_or(|newest| !newest.says_the_same(&state)) {
                    (topic.newest, topic.number) = (Some(state), self.last);
                }
                if passed == AT_ONCE {
                    context.waker().wake_by_ref();
                    break;
                }
            }
        }
        (self.last > before).then(|| self.after(before))
    }

    /// The newest value of each topic of which one has come after that number.
    pub(super) fn after(&self, number: u64) -> Values {
        let (mut states, mut again) = (Vec::new(), Vec::new());
        for (place, topic) in self.topics.iter().enumerate() {
            let Some(newest) = topic.newest.as_ref().filter(|_| topic.said > number) else {
                continue;
            };
            let values = if topic.number > number { &mut states } else { &mut again };
            values.push((place, newest.clone()));
        }
        let frames: Vec<_> = states.iter().map(|(_, state)| state.frame(self.format)).collect();
        let bytes = chunks(&frames);
        Values { numbers: (number, self.last), states, again, frames, bytes }
    }

    /// What a reader knows that comes now, and knows `known` of each topic.
    pub(super) fn knows(&self, known: &[Option<State>]) -> Knows {
        let both = self.topics.iter().zip(known).enumerate();
        let otherwise = both.filter_map(|(place, (topic, known))| {
            let known = known.as_ref()?;
            let newest = topic.newest.as_ref();
            let same = newest.is_some_and(|newest| newest.says_the_same(known));
            (!same).then(|| (place, known.clone()))
        });
        let otherwise: Otherwise = otherwise.collect();
        let otherwise = (!otherwise.is_empty()).then(|| Box::new(otherwise));
        Knows { number: self.last, otherwise }
    }

    /// What a reader knows of each topic.
    pub(super) fn known(&self, Knows { number, otherwise }: Knows) -> Vec<Option<State>> {
        let otherwise = otherwise.unwrap_or_default();
        let of = |(place, topic): (usize, &Topic)| {
            let other = otherwise.iter().find(|(other, _)| *other == place);
            match other {
                Some((_, state)) => Some(state.clone()),
                None => topic.newest.clone().filter(|_| topic.number <= number),
            }
        };
        self.topics.iter().enumerate().map(of).collect()
    }
}

impl Values {
    /// The frames of those that a reader does not know that knows some topics otherwise, which it no longer does.
    fn news(&self, otherwise: &mut Otherwise, format: Format) -> Vec<Frame> {
        let mut frames = Vec::new();
        let states = self.states.iter().map(|value| (value, true));
        for ((place, state), is_new) in states.chain(self.again.iter().map(|value| (value, false)))
        {
            let other = otherwise.iter().position(|(other, _)| other == place);
            let known = other.map(|other| otherwise.swap_remove(other).1);
            if known.map_or(is_new, |known| !known.says_the_same(state)) {
                frames.push(state.frame(format));
            }
        }
        frames
    }
}

impl Topic {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<State>> {
        let Some(changes) = &mut self.changes else { return Poll::Pending };
        let state = changes.poll_next_unpin(context);
        if matches!(state, Poll::Ready(None)) {
            self.changes = None;
        }
        state
    }
}
