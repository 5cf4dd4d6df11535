//! The state that handlers share.

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use belfry_hub::{Hub, budget::Budgets, presence::Presence, routes::Routes};

use crate::{
    Site,
    chat::Chat,
    endings::Endings,
    metrics::Metrics,
    origins::{Hosts, Origins},
    status::Health,
    tally::Tally,
    token::Authority,
    web::{
        base_path::BasePath,
        client::trust::Trust,
        limits::{Limited, Limits},
        presented::Tokens,
    },
};

/// What every answer can use. A cheap handle: each layer that a request passes copies it.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    parts: Parts,
    tokens: Tokens,
    routes: Routes,
    limited: Limited,
    warned_of_proxy: AtomicBool,
}

impl AppState {
    /// What tells by its token what a request may do.
    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// The limits at work.
    #[must_use]
    pub fn limited(&self) -> &Limited {
        &self.0.limited
    }

    /// Whether it was said that there seems to be a proxy that nobody has declared.
    pub(crate) fn warned_of_proxy(&self) -> &AtomicBool {
        &self.0.warned_of_proxy
    }
}

impl From<Parts> for AppState {
    fn from(parts: Parts) -> Self {
        let Parts { hub, authority, origins, .. } = &parts;
        let tokens = Tokens::new(authority.clone(), origins.clone(), hub.clock());
        let routes = Routes {
            budgets: parts.budgets.clone(),
            relieved: parts.endings.relieved.clone(),
            shutdown: parts.endings.shutdown.clone(),
            drain: parts.drain,
            most_topics: parts.limits.topics,
            ..Routes::new(parts.hub.clone(), tokens.clone())
        };
        let limited = Limited::new(&parts.limits, parts.tally.clone());
        let warned_of_proxy = AtomicBool::new(false);
        Self(Arc::new(Shared { parts, tokens, routes, limited, warned_of_proxy }))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl AsRef<Routes> for AppState {
    fn as_ref(&self) -> &Routes {
        &self.0.routes
    }
}

impl AsRef<Origins> for AppState {
    fn as_ref(&self) -> &Origins {
        &self.0.parts.origins
    }
}

/// The parts of it.
#[derive(Debug)]
pub struct Parts {
    /// Gives each event to everyone who follows its topic.
    pub hub: Hub,
    /// Who verifies tokens, and begins and ends sessions.
    pub authority: Arc<Authority>,
    /// The server's health.
    pub health: Health,
    /// Who is in which room.
    pub presence: Presence,
    /// The rooms of the chat, and how fast one may say something there.
    pub chat: Chat,
    /// Which proxies are believed about clients.
    pub trust: Trust,
    /// How much clients may take.
    pub limits: Limits,
    /// Counts what was refused.
    pub tally: Tally,
    /// What the pages load.
    pub site: Arc<Site>,
    /// The path under which everything is served.
    pub base_path: BasePath,
    /// The hosts that requests may ask for.
    pub hosts: Hosts,
    /// For how long browsers that came by https are to use nothing else.
    pub hsts: Option<Duration>,
    /// Whose pages may ask.
    pub origins: Arc<Origins>,
    /// The beginning of the command that makes a token here, as pages print it; `None` where the server
    /// has no key of its own.
    pub token_maker: Option<String>,
    /// Between two ticks.
    pub interval: Duration,
    /// What may wait to be sent, and come in.
    pub budgets: Budgets,
    /// Each request is logged.
    pub access_log: bool,
    /// What a monitoring system reads.
    pub metrics: Metrics,
    /// How the server is told to end.
    pub endings: Endings,
    /// Over how long their readers come back.
    pub drain: Duration,
}
