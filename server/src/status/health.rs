//! The server's health as it was last measured, and who may see it.

use std::sync::{Arc, Mutex, PoisonError};

use belfry_hub::{
    event::Topic,
    grant::Grant,
    state_topics::{Access, Followed, State, StateTopic, StateTopics},
};
use tokio::sync::watch;
use wire::{page_data::Refusal, status::Status, topics::STATUS, trend::Trend};

use super::refused::refused;

/// Who may see the server's health. It describes the host, so it is not public by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Requests made on this machine, and holders of a token that may read the topic `status`.
    Local,
    /// Holders of a token that may read the topic `status`.
    Token,
    /// Nobody, and nothing is measured.
    Off,
}

impl Visibility {
    /// Reads one of its three names.
    ///
    /// # Errors
    /// Any other.
    pub fn read(name: &str) -> Result<Self, &'static str> {
        match name {
            "public" => Ok(Self::Public),
            "token" => Ok(Self::Token),
            "off" => Ok(Self::Off),
            _ => Err("must be public, token or off"),
        }
    }

    /// The default for a server that listens only where this machine can reach it, or elsewhere too: a proxy on
    /// this machine can be reached by others.
    #[must_use]
    pub fn to_whom_it_listens(is_local: bool) -> Self {
        if is_local { Self::Local } else { Self::Token }
    }
}

/// The server's health as it was last measured, and the last minutes of it. A cheap handle.
#[derive(Clone, Debug)]
pub struct Health(Arc<Held>);

#[derive(Debug)]
struct Held {
    shown: Visibility,
    topic: Topic,
    /// `None` until it was measured for the first time.
    newest: watch::Sender<Option<State>>,
    trend: Mutex<Trend>,
}

impl Health {
    /// Those of a server that nobody has measured yet.
    #[must_use]
    pub fn new(shown: Visibility) -> Self {
        let topic = Topic::new(STATUS).expect("it is a word");
        let (newest, trend) = (watch::Sender::new(None), Mutex::default());
        Self(Arc::new(Held { shown, topic, newest, trend }))
    }

    /// Who may see them.
    #[must_use]
    pub fn shown(&self) -> Visibility {
        self.0.shown
    }

    /// Whether somebody may see them.
    ///
    /// # Errors
    /// Why not.
    pub fn show_to(&self, grant: &Grant) -> Result<(), Refusal> {
        match self.0.shown {
            Visibility::Public => Ok(()),
            Visibility::Local if grant.local => Ok(()),
            Visibility::Local | Visibility::Token if grant.reads(&self.0.topic) => Ok(()),
            Visibility::Local | Visibility::Token => Err(Refusal::Refused),
            Visibility::Off => Err(Refusal::Off),
        }
    }

    /// Adds a measurement, and sends it to who follows.
    pub fn tell(&self, status: Status) {
        let json = serde_json::to_string(&status).expect("numbers are JSON");
        let state = State::new(STATUS, status.at.micros(), &json);
        // First of all: who hears of it by the stream finds it in the trend as well.
        self.0.trend.lock().unwrap_or_else(PoisonError::into_inner).push(status);
        self.0.newest.send_replace(Some(state));
    }

    /// The last minutes.
    #[must_use]
    pub fn trend(&self) -> Trend {
        self.0.trend.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Registers the state topic `status`.
    pub fn register(&self, states: &StateTopics) {
        states.register(self.0.topic.clone().into(), Arc::new(self.clone()));
    }
}

impl StateTopic for Health {
    fn access(&self, _: &str, grant: &Grant) -> Access {
        match self.show_to(grant) {
            Ok(()) => Access::Granted,
            Err(why) => Access::Refused(Box::new(refused(why, grant))),
        }
    }

    fn follow(&self, _: &str) -> Followed {
        Followed::of(&self.0.newest)
    }
}
