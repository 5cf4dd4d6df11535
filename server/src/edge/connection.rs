//! Serves one connection: what lies between its socket and the application.
//!
//! ```text
//! socket → write deadline → (TLS) → HTTP/1.1 or HTTP/2 → application
//! ```

use std::{
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router, middleware::AddExtension};
use belfry_hub::budget::Progress;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    select,
    time::{Instant, sleep},
};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tracing::{debug, info};

use super::{
    http1,
    http2::{self, Beginning},
    owed::Owed,
    refusal::Refusals,
    shared::Shared,
    socket::Socket,
    stall::WriteDeadline,
    tls::{self, Tls},
};
use crate::{
    endings::Endings,
    tally::{Open, Protocol},
    web::client::connection::Connection,
};

/// How long a client that has said nothing is still heard after the shutdown.
const LAST_HEARD_WITHIN: Duration = Duration::from_millis(500);

/// What a listener's connections are served with.
#[derive(Clone)]
pub(super) struct Service {
    /// What its clients have to speak first.
    pub(super) tls: Option<Tls>,
    pub(super) application: Router,
}

/// Serves one connection until it ends, or until others need memory that it holds and does not read.
pub(super) async fn converse(
    socket: Socket,
    service: Service,
    (from, open): (Connection, Open),
    shared: Arc<Shared>,
) {
    let (config, counters) = (&shared.config, shared.counters.clone());
    let socket = WriteDeadline::new(socket, config.write_stall, config.vanished_after, counters);
    let (peer, progress) = (from.address(), socket.progress().clone());
    let Service { tls, application } = service;
    let speaker = Speaker { from, open, progress: progress.clone(), application, shared: &shared };
    select! {
        ended = speaker.speak(socket, tls) => if let Err(error) = ended {
            debug!(%peer, %error, "connection failed");
        },
        () = progress.is_cut() => {
            shared.counters.cut();
            info!(%peer, "closed a connection that stopped reading while others waited for memory");
        }
    }
}

/// What is the same whatever a client speaks.
struct Speaker<'s> {
    from: Connection,
    open: Open,
    progress: Progress,
    application: Router,
    shared: &'s Shared,
}

type Application = AddExtension<Router, Connection>;

type Ended = Result<(), Box<dyn Error + Send + Sync>>;

impl Speaker<'_> {
    /// Speaks what the client does: over TLS it says so beforehand, otherwise its first bytes tell.
    async fn speak(
        mut self,
        socket: impl AsyncRead + AsyncWrite + Unpin,
        tls: Option<Tls>,
    ) -> Ended {
        let Shared { config, endings: Endings { shutdown, .. }, .. } = self.shared;
        if let Some(tls) = tls {
            let shaken = unless(shutdown, self.shake_hands(socket, &tls)).await;
            let Some(socket) = shaken else { return Ok(()) };
            let mut socket = socket?;
            if tls::is_acme(&socket) {
                return Ok(socket.shutdown().await?);
            }
            self.from = self.from.with_tls();
            if tls::speaks_http2(&socket) {
                return self.speak_http2(socket).await;
            }
            return self.speak_http1(socket, None).await;
        }
        let beginning = unless(shutdown, http2::beginning(socket, &config.waits)).await;
        let Some(beginning) = beginning else { return Ok(()) };
        let Beginning { is_http2, since, socket } = beginning?;
        if is_http2 {
            self.speak_http2(socket).await
        } else {
            self.speak_http1(socket, since).await
        }
    }

    async fn shake_hands<S>(&self, socket: S, tls: &Tls) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (begun, handshakes) = (Instant::now(), self.shared.tally.handshakes());
        let shaken = tls.accept(socket).await;
        match &shaken {
            Ok(_) => handshakes.took(begun.elapsed()),
            Err(error) => handshakes.failed(tls::reason(error)),
        }
        shaken
    }

    async fn speak_http1(
        mut self,
        socket: impl AsyncRead + AsyncWrite + Unpin,
        since: Option<Instant>,
    ) -> Ended {
        self.open.speaks(Protocol::Http1);
        let progress = Extension(self.progress.clone());
        let application = ServiceBuilder::new().layer(progress).service(self.application());
        let owed = self.owed();
        let Shared { config, tally, endings, .. } = self.shared;
        let rules = http1::Rules {
            waits: config.waits,
            since,
            refusals: Refusals::new(self.from.address(), tally.clone(), config.access_log),
            traffic: self.open.traffic().clone(),
            endings: endings.clone(),
        };
        Ok(http1::serve(socket, application, owed, rules).await?)
    }

    async fn speak_http2(mut self, socket: impl AsyncRead + AsyncWrite + Unpin) -> Ended {
        self.open.speaks(Protocol::Http2);
        let Shared { config, counters, endings, .. } = self.shared;
        let rules = http2::Rules {
            progress: self.progress.clone(),
            patience: config.write_stall,
            counters: counters.clone(),
            owed: self.owed(),
            over_limit: self.from.rule().is_some(),
            traffic: self.open.traffic().clone(),
            endings: endings.clone(),
        };
        Ok(http2::serve(socket, self.application(), rules).await?)
    }

    /// Nothing is owed yet. Who comes by a unix socket is on this machine.
    fn owed(&self) -> Owed {
        let client = self.from.address().ip().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Owed::new(self.shared.lingering.clone(), client)
    }

    /// Around the router, and not its own `layer`, which makes every route again.
    fn application(&self) -> Application {
        ServiceBuilder::new().layer(Extension(self.from)).service(self.application.clone())
    }
}

/// What comes of waiting for a client, or `None` if the shutdown comes first. Who has just connected then is
/// still heard: the next server knows nothing of that connection.
async fn unless<T>(shutdown: &CancellationToken, waiting: impl Future<Output = T>) -> Option<T> {
    select! {
        biased;
        done = waiting => Some(done),
        () = cancelled_for(shutdown, LAST_HEARD_WITHIN) => None,
    }
}

async fn cancelled_for(token: &CancellationToken, time: Duration) {
    token.cancelled().await;
    sleep(time).await;
}
