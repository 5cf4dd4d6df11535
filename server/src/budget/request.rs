//! Whose account it is: a request comes in, the account of its connection, or of its body, goes out.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use super::{Account, Progress, Receiving};
use crate::AppState;

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
