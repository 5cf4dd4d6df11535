//! The server's health: measurements go in, the newest and the last minutes come out for who may see
//! them.
//!
//! ```text
//! counters, the log, this machine → sampler → vitals → the topic `status`, /api/status, the page
//! ```

mod counters;
mod machine;
mod networks;
mod sampler;
mod verdict;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use app::{
    event::STATUS,
    follow::Refusal,
    status::{Status, Trend},
};
use axum::{
    extract,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use tokio::sync::watch;

use crate::{
    AppState, event::Topic, grant::Grant, gzip::Coding, hub::State, json::Json, problem::Problem,
};

pub use counters::{Counted, Counters};
pub use machine::{Look, Machine, ThisMachine};
pub use sampler::measure;

/// Who may see the server's health. It shows the host, so by default not the whole world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everybody.
    Public,
    /// Who has a token that reads the topic `status`.
    Token,
    /// Nobody, and nothing is measured.
    Off,
}

impl Shown {
    /// Reads one of its three names.
    ///
    /// # Errors
    /// Any other.
    pub fn read(name: &str) -> Result<Self, &'static str> {
        match name {
            "public" => Ok(Self::Public),
            "token" => Ok(Self::Token),
            "off" => Ok(Self::Off),
            _ => Err("none of public, token and off"),
        }
    }

    /// What is usual for who listens on an address: only this machine comes by loopback.
    #[must_use]
    pub fn to_whom_it_listens(address: IpAddr) -> Self {
        if address.to_canonical().is_loopback() { Self::Public } else { Self::Token }
    }
}

/// The server's health as it was last measured, and the last minutes of it. A cheap handle.
#[derive(Clone, Debug)]
pub struct Vitals(Arc<Held>);

#[derive(Debug)]
struct Held {
    shown: Shown,
    topic: Topic,
    /// `None` until it was measured for the first time.
    newest: watch::Sender<Option<State>>,
    trend: Mutex<Trend>,
}

impl Vitals {
    /// Those of a server that nobody has measured yet.
    #[must_use]
    pub fn new(shown: Shown) -> Self {
        let topic = Topic::new(STATUS).expect("it is a word");
        let (newest, trend) = (watch::Sender::new(None), Mutex::default());
        Self(Arc::new(Held { shown, topic, newest, trend }))
    }

    /// Who may see them.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.0.shown
    }

    /// Whether somebody may see them.
    ///
    /// # Errors
    /// Why not.
    pub fn show_to(&self, grant: &Grant) -> Result<(), Refusal> {
        match self.0.shown {
            Shown::Public => Ok(()),
            Shown::Token if grant.reads(&self.0.topic) => Ok(()),
            Shown::Token => Err(Refusal::Refused),
            Shown::Off => Err(Refusal::Off),
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

    /// Follows the newest measurement, and gives the one that there is.
    #[must_use]
    pub fn follow(&self) -> (Option<State>, watch::Receiver<Option<State>>) {
        let mut changes = self.0.newest.subscribe();
        let newest = changes.borrow_and_update().clone();
        (newest, changes)
    }
}

/// `GET /api/status`: the last minutes.
pub(crate) async fn trend(
    extract::State(state): extract::State<AppState>,
    grant: Grant,
    coding: Coding,
) -> Result<Response, Problem> {
    let vitals = state.hub.vitals();
    vitals.show_to(&grant).map_err(|why| refused(why, &grant))?;
    let answer = ([(CACHE_CONTROL, "no-store")], Json(vitals.trend())).into_response();
    Ok(coding.apply(answer).await)
}

/// Why somebody does not see the server's health, as an answer.
pub(crate) fn refused(why: Refusal, grant: &Grant) -> Problem {
    match why {
        Refusal::Off => Problem::new(StatusCode::NOT_FOUND, "this server does not show its status"),
        _ if grant.until.is_none() => {
            let detail = "a token is needed to read status; `belfry token --read status` makes one";
            Problem::new(StatusCode::UNAUTHORIZED, detail)
        }
        _ => Problem::new(StatusCode::FORBIDDEN, "the token gives no right to read status")
            .of("topic"),
    }
}
