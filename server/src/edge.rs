//! The edge: a listener goes in, and its connections are served until the shutdown.

mod half_closed;
mod stall;
mod vanished;

use std::{io, net::SocketAddr, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
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

use crate::{Config, status::Counters};
use half_closed::{HalfClosed, Owed};
use stall::WriteDeadline;

/// A head that has not come within this is not waited for, nor is the next one on a connection that
/// is kept alive.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Between two attempts to accept a connection where the first has failed.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// Serves `application` on `listener`. After `shutdown` it takes no more connections, and returns
/// when the last one has ended; who calls it bounds that wait. The application ends its streams
/// itself. `counters` learns who was cut off.
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
                    debug!(%peer, %error, "the connection was gone before it was served");
                    continue;
                }
                let (patience, silence) = (config.write_stall, config.vanished_after);
                let socket = WriteDeadline::new(socket, patience, silence, counters.clone());
                let (counters, shutdown) = (counters.clone(), shutdown.clone());
                connections.spawn(converse(socket, peer, application.clone(), counters, shutdown));
            }
            // It was given up by its client while it waited to be accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Most often there is no descriptor left: whoever leaves gives one back.
            Err(error) => {
                if !std::mem::replace(&mut refused, true) {
                    warn!(%error, "cannot accept connections for now");
                }
                sleep(AFTER_REFUSAL).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// What the kernel is to do for a connection.
fn tune(socket: &TcpStream, config: &Config) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(config.send_buffer)
}

/// Serves one connection to its end, or until others need what it holds and does not read.
async fn converse(
    socket: WriteDeadline<TcpStream>,
    peer: SocketAddr,
    application: Router,
    counters: Counters,
    shutdown: CancellationToken,
) {
    let (progress, owed) = (socket.progress().clone(), Owed::default());
    let socket = HalfClosed::new(socket, owed.clone());
    // Around the router, and not its own `layer`, which makes every route anew.
    let service = ServiceBuilder::new()
        .layer(Extension(ConnectInfo(peer)))
        .layer(Extension(progress.clone()))
        .service(application);
    let service = TowerToHyperService::new(service);
    // What is owed is to be known before hyper reads on.
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
            debug!(%peer, %error, "the connection broke");
        },
        () = progress.is_cut() => {
            counters.cut();
            info!(%peer, "cut off: it does not read, and others need the memory");
        }
    }
}
