//! The state topics that one reader follows, and their newest values.

use std::{
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{
    StreamExt,
    stream::{BoxStream, SelectAll},
};

use super::Request;
use crate::{
    frame::{Format, Frame},
    grant::Grant,
    http::problem::Problem,
    state_topics::{Access, State, StateTopic, StateTopics},
};

/// What a reader is granted and refused of the state topics that it asks for.
#[derive(Default)]
pub(crate) struct Granted {
    /// Those that it may follow.
    followed: Vec<Topic>,
    /// The names of those that are not for everybody, and that it may follow.
    pub(crate) granted: Vec<String>,
    /// The names of those that are left out.
    pub(crate) refused: Vec<String>,
    /// Why the first is left out for which that is said.
    why: Option<Problem>,
}

/// A state topic that may be followed.
struct Topic {
    name: String,
    owner: Arc<dyn StateTopic>,
    /// It is one of any number.
    of_many: bool,
}

impl Granted {
    /// What a reader is granted of what it asks for.
    pub(crate) fn of(request: &Request, states: &StateTopics, grant: &Grant) -> Self {
        let mut all = Self::default();
        for name in &request.states {
            let Some((_, found)) = states.find(name) else { continue };
            match found.owner.access(name, grant) {
                access @ (Access::Everybody | Access::Granted) => {
                    if access == Access::Granted {
                        all.granted.push(name.clone());
                    }
                    let (name, of_many) = (name.clone(), found.is_prefix());
                    all.followed.push(Topic { name, owner: found.owner, of_many });
                }
                Access::Refused(why) => {
                    all.refused.push(name.clone());
                    all.why.get_or_insert(*why);
                }
                Access::Missing => all.refused.push(name.clone()),
            }
        }
        all
    }

    /// Refuses a stream that would carry nothing, because all of it is refused.
    pub(crate) fn refuse_silence(&self, request: &Request) -> Result<(), Problem> {
        match &self.why {
            Some(why) if self.followed.is_empty() && request.topics.is_empty() => Err(why.clone()),
            _ => Ok(()),
        }
    }
}

/// The state topics that one reader follows.
pub(crate) struct States {
    format: Format,
    /// What they are called.
    names: Arc<[String]>,
    /// Those that have a name of their own, in the order of their registration.
    single: Vec<BoxStream<'static, State>>,
    /// Those of which there are any number.
    many: SelectAll<BoxStream<'static, State>>,
    /// Values that come before all others.
    first: Vec<State>,
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let followed = self.single.len() + self.many.len();
        f.debug_struct("States").field("followed", &followed).finish_non_exhaustive()
    }
}

impl States {
    /// Follows what a reader is granted, and gives the newest value of each.
    pub(crate) fn begin(granted: Granted, format: Format) -> (Self, Vec<Frame>) {
        let (mut single, mut many, mut newest) = (Vec::new(), SelectAll::new(), Vec::new());
        let names = granted.followed.iter().map(|topic| topic.name.clone()).collect();
        for Topic { name, owner, of_many } in granted.followed {
            let followed = owner.follow(&name);
            newest.extend(followed.newest.map(|state| state.frame(format)));
            if of_many {
                many.push(followed.changes);
            } else {
                single.push(followed.changes);
            }
        }
        (Self { format, names, single, many, first: Vec::new() }, newest)
    }

    /// Follows again what others have followed in the reader's stead. `knows` says whether it knows a value of the
    /// topic with this number: one that it does not know comes next.
    pub(crate) fn again(
        (names, format): (&Arc<[String]>, Format),
        topics: &StateTopics,
        knows: impl Fn(usize, &State) -> bool,
    ) -> Self {
        let (single, many) = (Vec::new(), SelectAll::new());
        let mut states = Self { format, names: names.clone(), single, many, first: Vec::new() };
        for (number, name) in names.iter().enumerate() {
            let Some((_, found)) = topics.find(name) else { continue };
            let followed = found.owner.follow(name);
            states.first.extend(followed.newest.filter(|newest| !knows(number, newest)));
            if found.is_prefix() {
                states.many.push(followed.changes);
            } else {
                states.single.push(followed.changes);
            }
        }
        // The last of them is taken first.
        states.first.reverse();
        states
    }

    /// Waits for the next value of one of them; for ever where none is followed.
    pub(crate) async fn next(&mut self) -> Frame {
        poll_fn(|context| self.poll(context)).await
    }

    /// What they are called, to be shared.
    pub(crate) fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// How their events are written.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The next value of one of them; the caller is woken once there may be one.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Frame> {
        self.poll_state(context).map(|state| state.frame(self.format))
    }

    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<State> {
        if let Some(first) = self.first.pop() {
            return Poll::Ready(first);
        }
        let mut next = 0;
        while let Some(changes) = self.single.get_mut(next) {
            match changes.poll_next_unpin(context) {
                Poll::Ready(Some(state)) => return Poll::Ready(state),
                // Its owner is gone.
                Poll::Ready(None) => drop(self.single.remove(next)),
                Poll::Pending => next += 1,
            }
        }
        match self.many.poll_next_unpin(context) {
            Poll::Ready(Some(state)) => Poll::Ready(state),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
