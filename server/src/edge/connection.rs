//! Serves one connection: what lies between its socket and the application.
//!
//! ```text
//! socket → write deadline → (TLS) → HTTP/1.1 or HTTP/2 → application
//!                 └→ taken back, once a stream has begun over HTTP/1.1
//! ```

use std::{
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router, middleware::AddExtension};
use belfry_hub::{
    budget::Progress,
    http::{Awake, WithSocket, Writers},
};
use futures::{FutureExt, future::BoxFuture};
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
    admission::Room,
    handing_over::HandedOver,
    http1,
    http2::{self, Beginning},
    owed::Owed,
    refusal::Refusals,
    rewound::Rewound,
    shared::Shared,
    socket::Socket,
    stall::WriteDeadline,
    taken_back::{Held, TakenBack},
    tls::{self, Tls},
};
use crate::{
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
    /// Send streams, where there are any. Over TLS, tasks do then.
    pub(super) writers: Option<Writers>,
}

/// Serves one connection until it ends, or until others need memory that it holds and does not read.
pub(super) fn converse(
    socket: Socket,
    Service { tls, application, writers }: Service,
    (from, open, room): (Connection, Open, Room),
    shared: Arc<Shared>,
) -> impl Future<Output = ()> + Send {
    let (config, counters) = (&shared.config, shared.counters.clone());
    let socket =
        WriteDeadline::new(socket, config.write_stall, config.vanished_after, counters.clone());
    let (peer, progress) = (from.address(), socket.progress().clone());
    let speaker =
        Speaker { from, open, room, progress: progress.clone(), application, writers, shared };
    let beginning = speaker.begin(socket, tls);
    let speaking = async {
        let Some(conversation) = beginning.await? else { return Ok(()) };
        conversation.await
    };
    async move {
        select! {
            ended = speaking => if let Err(error) = ended {
                debug!(%peer, %error, "connection failed");
            },
            () = progress.is_cut() => {
                counters.cut();
                info!(%peer, "closed a connection that stopped reading while others waited for memory");
            }
        }
    }
}

/// What is the same whatever a client speaks.
struct Speaker {
    from: Connection,
    open: Open,
    room: Room,
    progress: Progress,
    application: Router,
    writers: Option<Writers>,
    shared: Arc<Shared>,
}

type Application = AddExtension<Router, Connection>;

type Failed = Box<dyn Error + Send + Sync>;

/// What a client and the server say to each other, in the protocol that the client speaks. In a box of its own: an
/// idle connection takes no memory for the protocols that it does not speak.
type Conversation = BoxFuture<'static, Result<(), Failed>>;

impl Speaker {
    /// Finds out what the client speaks: over TLS it says so beforehand, otherwise its first bytes tell. `None` where
    /// nothing is to be said.
    fn begin(
        self,
        socket: WriteDeadline<Socket>,
        tls: Option<Tls>,
    ) -> BoxFuture<'static, Result<Option<Conversation>, Failed>> {
        match tls {
            Some(tls) => self.begin_securely(socket, tls).boxed(),
            None => self.begin_plainly(socket).boxed(),
        }
    }

    async fn begin_securely(
        mut self,
        socket: WriteDeadline<Socket>,
        tls: Tls,
    ) -> Result<Option<Conversation>, Failed> {
        let shaken = unless(&self.shared.endings.shutdown, self.shake_hands(socket, &tls)).await;
        let Some(socket) = shaken else { return Ok(None) };
        let mut socket = socket?;
        if tls::is_acme(&socket) {
            socket.shutdown().await?;
            return Ok(None);
        }
        self.from = self.from.with_tls();
        Ok(Some(if tls::speaks_http2(&socket) {
            self.speak_http2(socket).boxed()
        } else {
            self.speak_secure_http1(socket).boxed()
        }))
    }

    async fn begin_plainly(
        self,
        socket: WriteDeadline<Socket>,
    ) -> Result<Option<Conversation>, Failed> {
        let Shared { config, endings, .. } = &*self.shared;
        let beginning = unless(&endings.shutdown, http2::beginning(socket, &config.waits)).await;
        let Some(beginning) = beginning else { return Ok(None) };
        let Beginning { is_http2, since, socket } = beginning?;
        Ok(Some(if is_http2 {
            self.speak_http2(socket).boxed()
        } else {
            self.speak_plain_http1(socket, since).boxed()
        }))
    }

    /// Leaves a stream and its socket to writers, where there are any.
    async fn speak_plain_http1(
        self,
        socket: Rewound<WriteDeadline<Socket>>,
        since: Option<Instant>,
    ) -> Result<(), Failed> {
        let with_socket = self.writers.clone().map(|writers| WithSocket(Some(writers)));
        let taken_back = self.speak_http1(socket, (since, with_socket)).await?;
        if let Some((socket, stream, me)) = taken_back {
            me.hand_over(stream, socket.into_inner());
        }
        Ok(())
    }

    /// Where there are writers, a task of its own sends a stream: it takes less memory than HTTP.
    async fn speak_secure_http1(
        self,
        socket: TlsStream<WriteDeadline<Socket>>,
    ) -> Result<(), Failed> {
        let with_socket = self.writers.is_some().then_some(WithSocket(None));
        if let Some((socket, stream, me)) = self.speak_http1(socket, (None, with_socket)).await? {
            me.hand_over(stream, socket);
        }
        Ok(())
    }

    fn hand_over<S>(self, stream: HandedOver, socket: S)
    where
        TakenBack<S>: Awake + 'static,
    {
        let HandedOver { handover, head, body, stream } = stream;
        let held = Held {
            client: self.client(),
            _connection: self.open,
            _stream: stream,
            _room: self.room,
            _waited_for: self.shared.connections.token(),
            _body: body,
            _writers: self.writers,
            shared: self.shared,
        };
        let socket = TakenBack::new(socket, self.progress, Box::new(held));
        handover.begin(head, Box::new(socket));
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

    /// Returns the socket if it is to be handed over, with the stream.
    async fn speak_http1<S>(
        mut self,
        socket: S,
        (since, with_socket): (Option<Instant>, Option<WithSocket>),
    ) -> Result<Option<(S, HandedOver, Self)>, Failed>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.open.speaks(Protocol::Http1);
        let progress = Extension(self.progress.clone());
        let application = ServiceBuilder::new().layer(progress).service(self.application());
        let owed = self.owed();
        let Shared { config, tally, endings, .. } = &*self.shared;
        let rules = http1::Rules {
            waits: config.waits,
            since,
            refusals: Refusals::new(self.from.address(), tally.clone(), config.access_log),
            over_limit: self.from.rule().is_some(),
            traffic: self.open.traffic().clone(),
            endings: endings.clone(),
            with_socket,
        };
        let taken_back = http1::serve(socket, application, owed, rules).await?;
        Ok(taken_back.map(|(socket, stream)| (socket, stream, self)))
    }

    async fn speak_http2(
        mut self,
        socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Result<(), Failed> {
        self.open.speaks(Protocol::Http2);
        let Shared { config, counters, tally, endings, .. } = &*self.shared;
        let rules = http2::Rules {
            progress: self.progress.clone(),
            patience: config.write_stall,
            counters: counters.clone(),
            owed: self.owed(),
            over_limit: self.from.rule().is_some(),
            tally: tally.clone(),
            traffic: self.open.traffic().clone(),
            endings: endings.clone(),
        };
        Ok(http2::serve(socket, self.application(), rules).await?)
    }

    /// Nothing is owed yet. Who comes by a unix socket is on this machine.
    fn owed(&self) -> Owed {
        Owed::new(self.shared.lingering.clone(), self.client())
    }

    fn client(&self) -> IpAddr {
        self.from.address().ip().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
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
