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
    /// The newest value, and its number: 0 if it was there before all others.
    newest: Option<State>,
    number: u64,
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
        let frames = states.news(values, otherwise);
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
    pub(super) states: Vec<(usize, State)>,
    /// The places of topics whose newest value has come once more, for those who know another.
    pub(super) again: Vec<usize>,
    pub(super) frames: Vec<Frame>,
    /// Those in one piece, as chunks.
    pub(super) bytes: Bytes,
}

impl States {
    /// Follows the topics of these names from now on.
    pub(super) fn follow(names: &[String], topics: &StateTopics, format: Format) -> Self {
        let follow = |name: &String| {
            let followed = topics.find(name).map(|(_, found)| found.owner.follow(name));
            let (newest, changes) = followed.map(|one| (one.newest, one.changes)).unzip();
            Topic { changes, newest: newest.flatten(), number: 0 }
        };
        Self { format, topics: names.iter().map(follow).collect(), last: 0 }
    }

    /// Takes what has come; the caller is woken once there is more. `None` if there was nothing.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Option<Values> {
        let (before, mut again) = (self.last, Vec::new());
        for (place, topic) in self.topics.iter_mut().enumerate() {
            for passed in 1.. {
                match topic.poll(context) {
                    Poll::Ready(Some(state)) => {
                        let newest = topic.newest.as_ref();
                        if newest.is_some_and(|newest| newest.says_the_same(&state)) {
                            again.push(place);
                        } else {
                            self.last += 1;
                            (topic.newest, topic.number) = (Some(state), self.last);
                        }
                    }
                    Poll::Ready(None) | Poll::Pending => break,
                }
                if passed == AT_ONCE {
                    context.waker().wake_by_ref();
                    break;
                }
            }
        }
        let came = self.last > before || !again.is_empty();
        came.then(|| Values { again, ..self.after(before) })
    }

    /// The newest value of each topic of which one has come after that number.
    pub(super) fn after(&self, number: u64) -> Values {
        let places = self.topics.iter().enumerate().filter(|(_, topic)| topic.number > number);
        let newest = |(place, topic): (usize, &Topic)| Some((place, topic.newest.clone()?));
        let states: Vec<_> = places.filter_map(newest).collect();
        let frames: Vec<_> = states.iter().map(|(_, state)| state.frame(self.format)).collect();
        let bytes = chunks(&frames);
        Values { numbers: (number, self.last), states, again: Vec::new(), frames, bytes }
    }

    /// What a reader knows for whom nothing has come of these topics, and who knows this of each.
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

    /// The frames of those of these values that a reader does not know, who learns them by that.
    fn news(&self, values: &Values, otherwise: &mut Otherwise) -> Vec<Frame> {
        let again = values.again.iter().filter(|place| {
            otherwise.iter().any(|(other, _)| other == *place)
                && !values.states.iter().any(|(new, _)| new == *place)
        });
        let again =
            again.filter_map(|place| Some((*place, self.topics.get(*place)?.newest.clone()?)));
        let all: Vec<_> = values.states.iter().cloned().chain(again).collect();
        let mut frames = Vec::new();
        for (place, state) in all {
            let other = otherwise.iter().position(|(other, _)| *other == place);
            let known = other.map(|other| otherwise.swap_remove(other));
            if known.is_none_or(|(_, known)| !known.says_the_same(&state)) {
                frames.push(state.frame(self.format));
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
