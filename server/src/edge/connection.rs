//! Serves one connection: what lies between its socket and the application.
//!
//! ```text
//! socket → write deadline → (TLS, the PROXY protocol) → half-closed → hyper → application
//! ```

use std::{sync::Arc, time::Duration};

use axum::Extension;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tower::ServiceBuilder;
use tracing::{debug, info};

use super::{
    half_closed::{HalfClosed, Owed},
    shared::Shared,
    socket::Socket,
    stall::WriteDeadline,
};
use crate::web::client::connection::Connection;

/// The timeout for a request's head, including the next one on a kept-alive connection.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// Serves one connection until it ends, or until others need memory that it holds and does not read.
pub(super) async fn converse(socket: Socket, from: Connection, shared: Arc<Shared>) {
    let (config, counters) = (&shared.config, shared.counters.clone());
    let socket = WriteDeadline::new(socket, config.write_stall, config.vanished_after, counters);
    let (progress, owed) = (socket.progress().clone(), Owed::default());
    let socket = HalfClosed::new(socket, owed.clone());
    let peer = from.address();
    // Around the router, and not its own `layer`, which makes every route again.
    let service = ServiceBuilder::new()
        .layer(Extension(from))
        .layer(Extension(progress.clone()))
        .service(shared.application.clone());
    let service = TowerToHyperService::new(service);
    // An answer has to be owed before hyper reads on.
    let service = service_fn(move |request: Request<Incoming>| {
        let (answering, owed) = (service.call(owed.request(request)), owed.clone());
        async move { answering.await.map(|response| owed.response(response)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    let serving = async {
        tokio::select! {
            ended = &mut connection => ended,
            () = shared.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    tokio::select! {
        ended = serving => if let Err(error) = ended {
            debug!(%peer, %error, "connection failed");
        },
        () = progress.is_cut() => {
            shared.counters.cut();
            info!(%peer, "closed a connection that stopped reading while others waited for memory");
        }
    }
}
