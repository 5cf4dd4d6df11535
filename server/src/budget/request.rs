//! Whose account it is: a request comes in, the account of its connection, or of its body, goes out.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use super::{Account, Budget, Progress, Reservation};
use crate::{AppState, status::Counters};

/// The account of a request's own body.
#[derive(Clone, Debug)]
pub(crate) struct Receiving {
    account: Account,
    counters: Counters,
}

impl Receiving {
    /// That of a body that a client sends.
    pub(crate) fn new(budget: &Budget, client: IpAddr, counters: &Counters) -> Self {
        let account = Account::new(budget, client, Progress::new());
        Self { account, counters: counters.clone() }
    }

    /// Reserves so many bytes, once there is room.
    pub(crate) async fn reserve(&self, bytes: usize) -> Reservation {
        self.account.clone().reserve(bytes).await
    }

    /// Whose body it is.
    pub(crate) fn client(&self) -> IpAddr {
        self.account.client
    }

    /// Whether the body comes.
    pub(crate) fn progress(&self) -> &Progress {
        &self.account.progress
    }

    /// Where it is counted that it does not.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// For what is sent on the request's connection.
impl FromRequestParts<AppState> for Account {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        // Without a connection, as in a test, nothing is ever stalled.
        let progress = parts.extensions.get::<Progress>().cloned().unwrap_or_else(Progress::new);
        Ok(Self::new(&state.budgets.send, client_of(parts), progress))
    }
}

/// For the request's own body.
impl FromRequestParts<AppState> for Receiving {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self::new(&state.budgets.receive, client_of(parts), state.hub.counters()))
    }
}

/// Whose request it is; nobody's where no connection brought it.
fn client_of(parts: &Parts) -> IpAddr {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    address.map_or(IpAddr::from([0, 0, 0, 0]), |address| address.0.ip())
}
