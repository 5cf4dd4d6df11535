//! State topics: of each only the newest value matters. Their owners register them by name, and say who may
//! follow them.

mod value;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::watch;

use crate::{grant::Grant, http::problem::Problem, selector::Selector};

pub use value::State;

/// The owner of a state topic, or of all state topics under a prefix.
pub trait StateTopic: fmt::Debug + Send + Sync {
    /// Whether somebody may follow the topic of this name.
    fn access(&self, topic: &str, grant: &Grant) -> Access;

    /// Follows the topic of this name. Asked only for those who may.
    fn follow(&self, topic: &str) -> Followed;
}

/// Whether somebody may follow a state topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody may.
    Everybody,
    /// This reader may: `session` lists the topic as granted.
    Granted,
    /// This reader may not. Along with other topics it is left out, because a refusal would end the one stream
    /// that all pages of a browser share; a stream of nothing else is refused with this.
    Refused(Box<Problem>),
    /// There is no such topic. It is left out, whatever else is followed.
    Missing,
}

/// A state topic from now on.
pub struct Followed {
    /// Its newest value, if there is one.
    pub newest: Option<State>,
    /// The values that come after it. Whoever knows one is not told it again.
    pub changes: BoxStream<'static, State>,
}

impl Followed {
    /// What a channel holds, and what it gets from now on.
    #[must_use]
    pub fn of(channel: &watch::Sender<Option<State>>) -> Self {
        let mut changes = channel.subscribe();
        let newest = changes.borrow_and_update().clone();
        Self { newest, changes: values(changes) }
    }
}

/// The values that a channel gets from now on.
pub(crate) fn values(changes: watch::Receiver<Option<State>>) -> BoxStream<'static, State> {
    let next = async |mut changes: watch::Receiver<Option<State>>| {
        loop {
            changes.changed().await.ok()?;
            let newest = changes.borrow_and_update().clone();
            if let Some(newest) = newest {
                return Some((newest, changes));
            }
        }
    };
    stream::unfold(changes, next).boxed()
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followed").field("newest", &self.newest).finish_non_exhaustive()
    }
}

/// The state topics that there are. A cheap handle.
#[derive(Clone, Debug, Default)]
pub struct StateTopics(Arc<RwLock<Vec<Registered>>>);

/// A state topic, or all under a prefix, with its owner.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    selector: Selector,
    pub(crate) owner: Arc<dyn StateTopic>,
}

impl Registered {
    /// Whether it stands for any number of topics.
    pub(crate) fn is_prefix(&self) -> bool {
        self.selector.is_prefix()
    }

    fn has(&self, topic: &str) -> bool {
        let name = self.selector.name();
        if self.is_prefix() { topic.starts_with(name) } else { topic == name }
    }
}

impl StateTopics {
    /// Registers a topic (`time`), or all under a prefix (`here/*`). From now on nobody may publish to them,
    /// and whoever follows them follows their owner. The first that was registered for a name counts.
    pub fn register(&self, selector: Selector, owner: Arc<dyn StateTopic>) {
        let mut registered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        registered.push(Registered { selector, owner });
    }

    /// Whether a name is that of a state topic.
    #[must_use]
    pub fn has(&self, topic: &str) -> bool {
        self.find(topic).is_some()
    }

    /// The prefix under which a topic is a state topic, if it is by a prefix.
    pub(crate) fn prefix_of(&self, topic: &str) -> Option<String> {
        let (_, found) = self.find(topic)?;
        found.is_prefix().then(|| found.selector.name().to_owned())
    }

    /// The state topic of a name, and its place in the order of registration.
    pub(crate) fn find(&self, topic: &str) -> Option<(usize, Registered)> {
        let registered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (place, found) = registered.iter().enumerate().find(|(_, one)| one.has(topic))?;
        Some((place, found.clone()))
    }
}
