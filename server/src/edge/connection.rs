//! Serves one connection: what lies between its socket and the application.
//!
//! ```text
//! socket → write deadline → (TLS, the PROXY protocol) → linger → heads → half-closed → hyper → application
//! ```

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Extension,
    http::{StatusCode, Uri},
    response::IntoResponse,
};
use belfry_hub::http::problem::Problem;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service, service::service_fn};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::ServiceBuilder;
use tracing::{debug, info};

use super::{
    bodies::{answer, asked},
    half_closed::HalfClosed,
    heads::Heads,
    linger::Linger,
    owed::Owed,
    refusal::{LARGEST_HEAD, LONGEST_TARGET, detail},
    shared::Shared,
    socket::Socket,
    stall::WriteDeadline,
};
use crate::web::client::connection::Connection;

/// Serves one connection until it ends, or until others need memory that it holds and does not read.
pub(super) async fn converse(socket: Socket, from: Connection, shared: Arc<Shared>) {
    let (config, counters) = (&shared.config, shared.counters.clone());
    let socket = WriteDeadline::new(socket, config.write_stall, config.vanished_after, counters);
    let (progress, peer) = (socket.progress().clone(), from.address());
    // Who comes by a unix socket is on this machine.
    let client = peer.ip().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let owed = Owed::new(shared.lingering.clone(), client);
    let socket = Linger::new(socket, owed.clone());
    let socket = Heads::new(socket, owed.clone(), config.waits);
    let socket = HalfClosed::new(socket, owed.clone());
    // Around the router, and not its own `layer`, which makes every route again.
    let service = ServiceBuilder::new()
        .layer(Extension(from))
        .layer(Extension(progress.clone()))
        .service(shared.application.clone());
    let service = TowerToHyperService::new(service);
    // An answer has to be owed before hyper reads on.
    let service = service_fn(move |request: Request<Incoming>| {
        let too_long = length(request.uri()) > LONGEST_TARGET;
        let request = asked(&owed, request);
        let answering = (!too_long).then(|| service.call(request));
        let owed = owed.clone();
        async move {
            let response = match answering {
                Some(answering) => answering.await?,
                None => {
                    let status = StatusCode::URI_TOO_LONG;
                    Problem::new(status, detail(status)).into_response()
                }
            };
            Ok::<_, Infallible>(answer(&owed, response))
        }
    });
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(LARGEST_HEAD)
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

/// How many bytes the target of a request has.
fn length(target: &Uri) -> usize {
    let authority = target.authority().map_or(0, |authority| authority.as_str().len());
    authority + target.path_and_query().map_or(0, |path| path.as_str().len())
}
