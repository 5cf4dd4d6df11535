//! HTTP/2: serves a connection that speaks it, within limits of memory and time for each of its streams.
//!
//! ```text
//! socket → frames → hyper → streams → application → sending ⇢ the window of its stream
//! ```

mod frames;
mod sending;
mod streams;

use std::{convert::Infallible, io, pin::pin, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response},
};
use belfry_hub::{budget::Progress, counters::Counters};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    select,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::rewound::Rewound;
use frames::Watched;
use sending::Sending;
use streams::Streams;

/// What every connection of HTTP/2 begins with
/// ([RFC 9113, section 3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The most streams that a connection has at once.
const STREAMS: u32 = 100;

/// The largest head of a request, in bytes, as HTTP/2 counts them.
const HEAD_BYTES: u32 = 64 * 1024;

/// After this silence a client is pinged,
const PING_AFTER: Duration = Duration::from_secs(20);
/// and it is gone if it does not answer in this time.
const PONG_WITHIN: Duration = Duration::from_secs(20);

/// How much of a request's body a client may send before it is read, in bytes,
const STREAM_WINDOW: u32 = 64 * 1024;
/// and of all bodies on a connection: they are not in the budget yet.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// How much of an answer may wait within h2, in bytes.
const SEND_BUFFER: usize = 64 * 1024;

/// A connection without a stream lives for this long: longer than proxies keep theirs, which is a minute.
const IDLE: Duration = Duration::from_secs(75);

/// How long a connection that is to end has to send what it has left.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// The rules of the edge for a connection.
pub(super) struct Rules {
    /// How far its socket has come; it is cut where that says so.
    pub(super) progress: Progress,
    /// How long an answer may stand still.
    pub(super) patience: Duration,
    /// Learn of those that did for longer.
    pub(super) counters: Counters,
    /// Ends the connection once its streams have ended.
    pub(super) shutdown: CancellationToken,
}

/// Whether a client begins as HTTP/2 does without TLS, and the socket as it was before.
///
/// # Errors
/// Where nothing comes in this time.
pub(super) async fn is_begun<S: AsyncRead + Unpin>(
    mut socket: S,
    wait: Duration,
) -> io::Result<(bool, Rewound<S>)> {
    let (mut bytes, mut read) = ([0; PREFACE.len()], 0);
    while read < PREFACE.len() && bytes[..read] == PREFACE[..read] {
        match timeout(wait, socket.read(&mut bytes[read..])).await {
            Ok(more) => match more? {
                0 => break,
                more => read += more,
            },
            Err(_) if read == 0 => return Err(io::ErrorKind::TimedOut.into()),
            // What comes next has its own time for a head.
            Err(_) => break,
        }
    }
    let is_http2 = bytes[..read] == *PREFACE;
    Ok((is_http2, Rewound::new(bytes[..read].to_vec(), socket)))
}

/// Serves a connection until it ends: because its client wants so, because it has had no stream for a while,
/// or after the shutdown.
pub(super) async fn serve<S, A>(socket: S, application: A, rules: Rules) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    A: Clone + Send + 'static,
    A::Future: Send,
{
    let Rules { progress, patience, counters, shutdown } = rules;
    let streams = Streams::new(progress, patience, counters);
    let service = service_fn(move |request| answer(application.clone(), request));
    let connection = http2::Builder::new(streams.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PONG_WITHIN)
        .serve_connection(TokioIo::new(Watched::new(socket)), service);
    let mut connection = pin!(connection);
    let is_shut_down = select! {
        ended = &mut connection => return ended,
        () = shutdown.cancelled() => true,
        () = streams.are_idle_for(IDLE) => false,
    };
    // Tells the client that its next request needs another connection.
    connection.as_mut().graceful_shutdown();
    if is_shut_down {
        return connection.await;
    }
    select! {
        ended = connection => ended,
        () = sleep(ENDED_WITHIN) => Ok(()),
    }
}

/// Has the application answer, and watches how the answer goes.
async fn answer<A>(
    application: A,
    request: Request<Incoming>,
) -> Result<Response<Sending<Body>>, Infallible>
where
    A: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let moving = streams::answer().unwrap_or_default();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(moving.progress().clone());
    let response = application.oneshot(request).await?;
    Ok(response.map(|body| Sending::new(body, moving)))
}
