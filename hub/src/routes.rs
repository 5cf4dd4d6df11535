//! What the routes of the hub answer from.

use std::{fmt, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use tokio_util::sync::CancellationToken;
use wire::limits::MOST_TOPICS_OF_A_STREAM;

use crate::{
    authorise::Authorise, budget::Budgets, grant::Grant, http::problem::Problem, hub::Hub,
};

/// What the routes of the hub answer from. A cheap handle.
#[derive(Clone)]
pub struct Routes {
    /// Gives each event to everyone who follows its topic.
    pub hub: Hub,
    /// Says who may do what.
    pub authoriser: Arc<dyn Authorise>,
    /// What may wait to be sent, and come in.
    pub budgets: Budgets,
    /// Another server has the log: its readers are to follow that one, and are sent there within 4 s.
    pub relieved: CancellationToken,
    /// Ends every stream.
    pub shutdown: CancellationToken,
    /// Over how long the readers of these streams come back, each at a time of its own. Default 30 s.
    pub drain: Duration,
    /// The most topics that one stream follows. Default 100, which is as many as pages know of.
    pub most_topics: usize,
}

impl Routes {
    /// Those of a hub, with the usual budgets.
    #[must_use]
    pub fn new(hub: Hub, authoriser: impl Authorise + 'static) -> Self {
        Self {
            hub,
            authoriser: Arc::new(authoriser),
            budgets: Budgets::default(),
            relieved: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            drain: Duration::from_secs(30),
            most_topics: MOST_TOPICS_OF_A_STREAM,
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").field("hub", &self.hub).finish_non_exhaustive()
    }
}

impl AsRef<Self> for Routes {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<S: AsRef<Routes> + Sync> FromRequestParts<S> for Grant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        state.as_ref().authoriser.authorise(parts).await
    }
}
