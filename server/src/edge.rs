//! The edge: accepts a listener's connections and serves them until the shutdown.

mod half_closed;
mod stall;
mod vanished;

use std::{io, net::SocketAddr, time::Duration};

use axum::{Extension, Router};
use belfry_hub::counters::Counters;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceBuilder;
use tracing::{debug, info, warn};

use crate::{Config, web::client::connection::Connection};
use half_closed::{HalfClosed, Owed};
use stall::WriteDeadline;

/// The timeout for a request's head, including the next one on a kept-alive connection.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// The pause after a failed attempt to accept a connection.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// Serves `application` on `listener`. After `shutdown` it accepts no more connections, and returns when
/// the last one has ended; the caller limits that wait. The application ends its streams itself. `counters`
/// learns who was cut off.
pub async fn accept(
    application: Router,
    config: &Config,
    counters: Counters,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let mut refused = false;
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((socket, peer)) => {
                refused = false;
                if let Err(error) = tune(&socket, config) {
                    debug!(%peer, %error, "connection closed before it could be served");
                    continue;
                }
                let (patience, silence) = (config.write_stall, config.vanished_after);
                let socket = WriteDeadline::new(socket, patience, silence, counters.clone());
                let (counters, shutdown) = (counters.clone(), shutdown.clone());
                connections.spawn(converse(socket, peer, application.clone(), counters, shutdown));
            }
            // Its client gave up while it was waiting to be accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Usually there is no descriptor left; a connection that ends frees one.
            Err(error) => {
                if !std::mem::replace(&mut refused, true) {
                    warn!(%error, "cannot accept connections");
                }
                sleep(AFTER_REFUSAL).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Sets a connection's socket options.
fn tune(socket: &TcpStream, config: &Config) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(config.send_buffer)
}

/// Serves one connection until it ends, or until others need memory that it holds and does not read.
async fn converse(
    socket: WriteDeadline<TcpStream>,
    peer: SocketAddr,
    application: Router,
    counters: Counters,
    shutdown: CancellationToken,
) {
    let (progress, owed) = (socket.progress().clone(), Owed::default());
    let socket = HalfClosed::new(socket, owed.clone());
    // Around the router, and not its own `layer`, which makes every route again.
    let service = ServiceBuilder::new()
        .layer(Extension(Connection::new(peer)))
        .layer(Extension(progress.clone()))
        .service(application);
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
            () = shutdown.cancelled() => {
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
            counters.cut();
            info!(%peer, "closed a connection that stopped reading while others waited for memory");
        }
    }
}
