//! The edge: a listener goes in, and its connections are served until the shutdown.

mod stall;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper::server::conn::http1;
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
use tracing::{debug, warn};

use crate::{AppState, Clock, Config, Hub, Site, router};
use stall::WriteDeadline;

/// A head that has not come within this is not waited for, nor is the next one on a connection that
/// is kept alive.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// Serves the application on `listener`. After `shutdown` it takes no more connections, ends every
/// stream, and returns when the last answer is out; who calls it bounds that wait.
///
/// # Errors
/// Where the listener's address cannot be read.
pub async fn serve(
    config: Config,
    site: Site,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let hub = Hub::new(Clock::system());
    let state = AppState {
        hub: hub.clone(),
        site: Arc::new(site),
        interval_ms: u32::try_from(config.interval.as_millis()).unwrap_or(u32::MAX),
        shutdown: shutdown.clone(),
    };
    let application = router(state);
    let tasks = TaskTracker::new();
    tasks.spawn({
        let (interval, shutdown) = (config.interval, shutdown.clone());
        async move { hub.run(interval, shutdown).await }
    });
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((socket, peer)) => {
                if let Err(error) = tune(&socket, &config) {
                    debug!(%peer, %error, "the connection was gone before it was served");
                    continue;
                }
                let socket = WriteDeadline::new(socket, config.write_stall);
                tasks.spawn(converse(socket, peer, application.clone(), shutdown.clone()));
            }
            // Most often there is no descriptor left: whoever leaves gives one back.
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// What the kernel is to do for a connection.
fn tune(socket: &TcpStream, config: &Config) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(config.send_buffer)?;
    socket.set_tcp_user_timeout(Some(config.vanished_after))
}

/// Serves one connection to its end.
async fn converse(
    socket: WriteDeadline<TcpStream>,
    peer: SocketAddr,
    application: Router,
    shutdown: CancellationToken,
) {
    let service = TowerToHyperService::new(application.layer(Extension(ConnectInfo(peer))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%peer, %error, "the connection broke");
    }
}
