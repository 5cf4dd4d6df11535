//! HTTP/2: serves a connection that speaks it, within limits of memory and time for each of its streams.
//!
//! ```text
//! socket → linger → watched → hyper → streams → application → sending ⇢ the window of its stream
//! ```

mod frames;
mod sending;
mod streams;
mod watched;

use std::{convert::Infallible, future::pending, io, pin::pin, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response},
};
use belfry_hub::{budget::Progress, counters::Counters, http::EventStream};
use bytes::BytesMut;
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    select,
    time::{Instant, sleep, timeout_at},
};
use tower::{Service, ServiceExt};

use super::{linger::Linger, owed::Owed, rewound::Rewound};
use crate::{
    config::Waits,
    endings::Endings,
    tally::{Protocol, Tally, Traffic},
};
use sending::Sending;
use streams::Streams;
use watched::Watched;

/// What every connection of HTTP/2 begins with
/// ([RFC 9113, section 3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much is read at first, in bytes: with most clients, all that has come.
const USUAL_HEAD: usize = 1024;

/// The most streams that a connection has at once.
const STREAMS: u32 = 100;

/// The largest head of a request that h2 reads, in bytes, as HTTP/2 counts them: more than it may have, so that
/// most that are too large are refused with a problem.
const HEAD_BYTES: u32 = 128 * 1024;

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

/// A connection without a stream lives for this long: longer than proxies keep theirs, which is a minute;
const IDLE: Duration = Duration::from_secs(75);
/// and one that is over a limit, until its first.
const IDLE_OVER_LIMIT: Duration = Duration::from_secs(10);

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
    /// Has the client learn why the connection ends.
    pub(super) owed: Owed,
    /// It is over a limit, and ends with the answers to what comes first.
    pub(super) over_limit: bool,
    /// Counts why it was ended.
    pub(super) tally: Tally,
    /// Counts its streams of events.
    pub(super) traffic: Traffic,
    /// How the server is told to end: the connection ends once its streams have.
    pub(super) endings: Endings,
}

/// Why a connection is to end.
enum Why {
    Shutdown,
    Idle,
    OverLimit,
}

/// How a client begins without TLS.
pub(super) struct Beginning<S> {
    /// As HTTP/2 does.
    pub(super) is_http2: bool,
    /// Since when it has been sending what may be the head of a request.
    pub(super) since: Option<Instant>,
    /// The socket as it was before.
    pub(super) socket: Rewound<S>,
}

/// Reads how a client begins.
///
/// # Errors
/// Where nothing comes in time, or at all.
pub(super) async fn beginning<S>(mut socket: S, waits: &Waits) -> io::Result<Beginning<S>>
where
    S: AsyncRead + Unpin,
{
    let mut bytes = BytesMut::with_capacity(USUAL_HEAD);
    let (mut until, mut since) = (Instant::now() + waits.first_byte, None);
    while bytes.len() < PREFACE.len() && PREFACE.starts_with(&bytes) {
        match timeout_at(until, socket.read_buf(&mut bytes)).await {
            Ok(more) => match more? {
                0 if bytes.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                0 => break,
                _ => until = *since.get_or_insert_with(Instant::now) + waits.head,
            },
            Err(_) if bytes.is_empty() => return Err(io::ErrorKind::TimedOut.into()),
            // It has had its time for a head.
            Err(_) => break,
        }
    }
    let since = since.filter(|_| bytes[0] == PREFACE[0]);
    let is_http2 = bytes.starts_with(PREFACE);
    Ok(Beginning { is_http2, since, socket: Rewound::new(bytes, socket) })
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
    let Rules { progress, patience, counters, owed, over_limit, tally, traffic, endings } = rules;
    let streams = Streams::new(progress, patience, counters);
    let (idle, opened) = (if over_limit { IDLE_OVER_LIMIT } else { IDLE }, streams.next_opened());
    let service = service_fn(move |request| answer(application.clone(), traffic.clone(), request));
    let socket = Watched::new(Linger::new(socket, owed.clone()), owed, tally);
    let connection = http2::Builder::new(streams.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PONG_WITHIN)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let why = select! {
        ended = &mut connection => return ended,
        () = endings.are_near() => Why::Shutdown,
        () = streams.are_idle_for(idle) => Why::Idle,
        () = opened, if over_limit => Why::OverLimit,
    };
    // Tells the client that its next request needs another connection.
    connection.as_mut().graceful_shutdown();
    let over = async {
        match why {
            Why::Shutdown => pending().await,
            // A stream that was opened meanwhile goes on.
            Why::Idle => streams.are_idle_for(ENDED_WITHIN).await,
            Why::OverLimit => sleep(ENDED_WITHIN).await,
        }
    };
    select! {
        ended = connection => ended,
        () = over => Ok(()),
    }
}

/// Has the application answer, and watches how the answer goes.
async fn answer<A>(
    application: A,
    traffic: Traffic,
    request: Request<Incoming>,
) -> Result<Response<Sending<Body>>, Infallible>
where
    A: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let moving = streams::answer().unwrap_or_default();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(moving.progress().clone());
    let response = application.oneshot(request).await?;
    let is_stream = response.extensions().get::<EventStream>().is_some();
    let stream = is_stream.then(|| traffic.stream(Protocol::Http2));
    Ok(response.map(|body| Sending::new(body, moving, stream)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;

    /// What a client begins with that sends these bytes one by one, 9 s apart; and after how many seconds that
    /// is known.
    async fn dripped(bytes: &'static [u8]) -> (bool, bool, u64) {
        let (mut client, server) = duplex(64);
        let dripping = tokio::spawn(async move {
            for byte in bytes {
                client.write_all(&[*byte]).await.unwrap();
                sleep(Duration::from_secs(9)).await;
            }
        });
        let begun = Instant::now();
        let beginning = beginning(server, &Waits::default()).await.unwrap();
        dripping.abort();
        (beginning.is_http2, beginning.since.is_some(), begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn how_a_client_begins_is_known_10_s_after_its_first_byte() {
        assert_eq!(dripped(PREFACE).await, (false, true, 10));
        assert_eq!(dripped(b"POST").await, (false, true, 9));
        assert_eq!(dripped(b"GET").await, (false, false, 0));
        let (mut client, server) = duplex(64);
        client.write_all(PREFACE).await.unwrap();
        assert!(beginning(server, &Waits::default()).await.unwrap().is_http2);
        let (_silent, server) = duplex(64);
        assert!(beginning(server, &Waits::default()).await.is_err());
    }
}
