//! Serves a router by the edge alone.

use std::net::SocketAddr;

use axum::Router;
use belfry_hub::counters::Counters;
use server::{Config, edge, tally::Tally};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves it on a free port of the loopback address until the test ends.
pub(crate) async fn serve(application: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listeners = vec![listener.try_into().unwrap()];
    let (config, shutdown) = (Config::default(), CancellationToken::new());
    tokio::spawn(async move {
        let (counters, tally) = (Counters::default(), Tally::default());
        edge::accept(application, &config, counters, tally, listeners, shutdown).await;
    });
    address
}
