//! The state topics that a group follows, for all its readers. Their values are numbered as they come, so that one
//! number says what a reader knows of all of them.

use std::task::{Context, Poll};

use futures::{StreamExt, stream::BoxStream};

use crate::{
    frame::{Format, Frame},
    state_topics::{State, StateTopics},
};

/// How many values of one topic are passed over at once where newer ones have come.
const AT_ONCE: usize = 8;

/// State topics.
pub(super) struct States {
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

impl States {
    /// Follows the topics of these names from now on.
    pub(super) fn follow(names: &[String], topics: &StateTopics) -> Self {
        let follow = |name: &String| {
            let followed = topics.find(name).map(|(_, found)| found.owner.follow(name));
            let (newest, changes) = followed.map(|one| (one.newest, one.changes)).unzip();
            Topic { changes, newest: newest.flatten(), number: 0 }
        };
        Self { topics: names.iter().map(follow).collect(), last: 0 }
    }

    /// Takes what has come; the caller is woken once there is more. Returns whether there was anything.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let before = self.last;
        for topic in &mut self.topics {
            for passed in 1.. {
                let Some(changes) = &mut topic.changes else { break };
                match changes.poll_next_unpin(context) {
                    Poll::Ready(Some(state)) => {
                        self.last += 1;
                        (topic.newest, topic.number) = (Some(state), self.last);
                    }
                    Poll::Ready(None) => topic.changes = None,
                    Poll::Pending => break,
                }
                if passed == AT_ONCE {
                    context.waker().wake_by_ref();
                    break;
                }
            }
        }
        self.last > before
    }

    /// The number of the last value that came.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The newest value of each topic of which one has come after that number.
    pub(super) fn after(&self, number: u64, format: Format) -> Vec<Frame> {
        let newer = self.topics.iter().filter(|topic| topic.number > number);
        newer.filter_map(|topic| Some(topic.newest.as_ref()?.frame(format))).collect()
    }

    /// Whether a reader that knows all values up to a number knows this one as the newest of the topic in that place.
    pub(super) fn knows(&self, number: u64, place: usize, state: &State) -> bool {
        let topic = self.topics.get(place).filter(|topic| topic.number <= number);
        topic.and_then(|topic| topic.newest.as_ref()).is_some_and(|newest| newest.is(state))
    }
}
