//! The state topics that one reader follows, and their newest values.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{
    Stream, StreamExt,
    stream::{BoxStream, SelectAll},
};

use super::Request;
use crate::{
    frame::{Format, Frame},
    grant::Grant,
    http::problem::Problem,
    state_topics::{Access, Followed, State, StateTopic, StateTopics},
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
    single: Vec<Changes>,
    /// Those of which there are any number.
    many: SelectAll<Changes>,
    /// What the reader knows of each, in the order of the names.
    known: Vec<Option<State>>,
    /// Values that come before all others.
    first: Vec<State>,
}

/// The values of the topic in this place.
struct Changes {
    place: usize,
    values: BoxStream<'static, State>,
}

impl Stream for Changes {
    type Item = (usize, State);

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<(usize, State)>> {
        let place = self.place;
        self.values.poll_next_unpin(context).map(|value| value.map(|value| (place, value)))
    }
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
        let names = granted.followed.iter().map(|topic| topic.name.clone()).collect();
        let mut states = Self::nothing(names, format);
        for (place, Topic { name, owner, of_many }) in granted.followed.into_iter().enumerate() {
            let newest = states.follow(place, owner.follow(&name), of_many);
            states.known.push(newest);
        }
        let newest = states.known.iter().flatten().map(|state| state.frame(format)).collect();
        (states, newest)
    }

    /// Follows again what others have followed in the reader's stead. `known` is what it knows of each: another value
    /// comes next.
    pub(crate) fn again(
        (names, format): (&Arc<[String]>, Format),
        topics: &StateTopics,
        known: Vec<Option<State>>,
    ) -> Self {
        let mut states = Self { known, ..Self::nothing(names.clone(), format) };
        for (place, name) in names.iter().enumerate() {
            let Some((_, found)) = topics.find(name) else { continue };
            let newest = states.follow(place, found.owner.follow(name), found.is_prefix());
            let news = newest.filter(|newest| states.learns(place, newest));
            states.first.extend(news);
        }
        // The last of them is taken first.
        states.first.reverse();
        states
    }

    fn nothing(names: Arc<[String]>, format: Format) -> Self {
        let (single, many) = (Vec::new(), SelectAll::new());
        Self { format, names, single, many, known: Vec::new(), first: Vec::new() }
    }

    /// Follows a topic, and returns its newest value.
    fn follow(&mut self, place: usize, followed: Followed, of_many: bool) -> Option<State> {
        let changes = Changes { place, values: followed.changes };
        if of_many {
            self.many.push(changes);
        } else {
            self.single.push(changes);
        }
        followed.newest
    }

    /// Whether a value of the topic in this place says something else than what is known. It is known from now on.
    fn learns(&mut self, place: usize, state: &State) -> bool {
        let Some(known) = self.known.get_mut(place) else { return true };
        let is_news = known.as_ref().is_none_or(|known| !known.says_the_same(state));
        *known = Some(state.clone());
        is_news
    }

    /// What the reader knows of each, in the order of the names.
    pub(crate) fn known(&self) -> &[Option<State>] {
        &self.known
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
        while let Poll::Ready((place, state)) = self.poll_any(context) {
            if self.learns(place, &state) {
                return Poll::Ready(state);
            }
        }
        Poll::Pending
    }

    fn poll_any(&mut self, context: &mut Context<'_>) -> Poll<(usize, State)> {
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
