//! Finds the account of a request's connection, or of its body.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use crate::{
    budget::{Account, Progress, Receiving},
    routes::Routes,
};

/// For what is sent on the request's connection.
impl<S: AsRef<Routes> + Sync> FromRequestParts<S> for Account {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // Without a connection, as in a test, nothing is ever stalled.
        let progress = parts.extensions.get::<Progress>().cloned().unwrap_or_else(Progress::new);
        Ok(Self::new(&state.as_ref().budgets.send, client_of(parts), progress))
    }
}

/// For the request's own body.
impl<S: AsRef<Routes> + Sync> FromRequestParts<S> for Receiving {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let Routes { budgets, counters, .. } = state.as_ref();
        Ok(Self::new(&budgets.receive, client_of(parts), counters))
    }
}

/// The client of a request; nobody if it came without a connection.
fn client_of(parts: &Parts) -> IpAddr {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    address.map_or(IpAddr::from([0, 0, 0, 0]), |address| address.0.ip())
}
