//! Finds the client of a request, and the account of its connection or of its body.

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use crate::{
    budget::{Account, Progress, Receiving},
    client::Client,
    routes::Routes,
};

/// For what is sent on the request's connection.
impl<S: AsRef<Routes> + Sync> FromRequestParts<S> for Account {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // Without a connection, as in a test, nothing is ever stalled.
        let progress = parts.extensions.get::<Progress>().cloned().unwrap_or_else(Progress::new);
        Ok(Self::new(&state.as_ref().budgets.send, Client::of(parts).network, progress))
    }
}

/// For the request's own body.
impl<S: AsRef<Routes> + Sync> FromRequestParts<S> for Receiving {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let Routes { hub, budgets, .. } = state.as_ref();
        Ok(Self::new(&budgets.receive, Client::of(parts), hub.counters()))
    }
}

impl Client {
    /// The client that the program has found, or else the other end of the connection; an unknown one without
    /// a connection, as in a test.
    fn of(parts: &Parts) -> Self {
        let connection = || parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let found = parts.extensions.get::<Self>().copied();
        found.or_else(|| Some(connection()?.0.into())).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
