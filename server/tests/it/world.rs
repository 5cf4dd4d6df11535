//! The fixtures of tests: a site, an application with a clock of its own, a server that runs.

mod kinds;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{
        HeaderValue, Request, Response, StatusCode,
        header::{AUTHORIZATION, HOST},
        request,
    },
};
use belfry_hub::{Clock, Hub, Log, budget::Budgets, presence::Presence};
use futures::FutureExt;
use http_body_util::BodyExt;
use server::{
    AppState, Config, Keys, Parts, Site,
    chat::{Chat, Rooms},
    config::Endpoint,
    edge::{self, listen::Listener},
    endings::Endings,
    metrics::{Metrics, Sources},
    origins::Hosts,
    router,
    status::{Health, Visibility},
    tally::Tally,
    token::{Authority, Claims, Revocations, Secret, mint},
    web::{client::connection::Connection, limits::Limited},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::OnceCell, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use wire::topics::Receipt;

use crate::transport::Transport;

/// `2026-11-22T05:18:01.400Z`, when tests begin.
pub(crate) const BEGIN: i64 = 1_795_324_681_400_000;

/// Where worlds listen.
pub(crate) const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An Ed25519 public key whose private half is [`ED25519`].
pub(crate) const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=
-----END PUBLIC KEY-----
";

/// An Ed25519 private key.
pub(crate) const ED25519: [u8; 32] = [7; 32];

/// What the tests' tokens are signed with.
pub(crate) const SECRET: &[u8; 32] = b"thirty-two bytes are long enough";

/// The same as a secret.
pub(crate) fn secret() -> Secret {
    Secret::new(*SECRET).unwrap()
}

/// A secret for HS256 and a public key for EdDSA.
fn keys() -> Keys {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("public.pem");
    fs::write(&path, PUBLIC_KEY).unwrap();
    Keys::default().with_secret(&secret()).with_public_key(&path).unwrap()
}

/// A site with the least that a page loads.
pub(crate) fn site_in(folder: &Path) -> Site {
    fs::create_dir(folder.join("pkg")).unwrap();
    for (name, content) in [
        ("pkg/belfry.abc.js", "export default () => {}"),
        ("pkg/belfry.abc.wasm", "\0asm"),
        ("pkg/belfry.abc.css", "p {}"),
        ("pkg/belfry.abc.css.br", "p {} under brotli"),
        ("robots.txt", "User-agent: *\n"),
        ("manifest.webmanifest", "{}"),
        ("icon.svg", "<svg/>"),
        ("noscript.css", "p {}"),
        ("favicon.png", ""),
        ("favicon.ico", ""),
        ("hash.txt", "js: abc\nwasm: abc\ncss: abc\n"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
    Site::find(folder, Some(&folder.join("hash.txt"))).unwrap()
}

/// The settings of a world unless a test asks for others: every host is answered for, and what is open to
/// some by default is open to all.
pub(crate) fn usual() -> Config {
    let (status, rooms) = (Visibility::Public, Rooms::Any);
    Config { hosts: Hosts::Any, status, rooms, ..Config::default() }
}

/// The application in virtual time, ticking, without a port.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) health: Health,
    pub(crate) presence: Presence,
    pub(crate) budgets: Budgets,
    pub(crate) shutdown: CancellationToken,
    /// It has a successor.
    pub(crate) relieved: CancellationToken,
    /// What requests come by: a client far away, over plain HTTP.
    pub(crate) connection: Connection,
    pub(crate) tally: Tally,
    limited: Limited,
    application: Router,
    /// Where requests go, unless they go without a socket.
    address: OnceCell<SocketAddr>,
    _folder: TempDir,
}

impl World {
    fn with_all(clock: Clock, log: Arc<dyn Log>, config: Config) -> Self {
        let folder = TempDir::new().unwrap();
        let Config { interval, base_path, hosts, origins, trust, limits, .. } = config;
        let budgets = Budgets::new(config.send_budget, config.receive_budget);
        let hub = Hub::new(clock, log);
        let (relieved, shutdown) = (CancellationToken::new(), CancellationToken::new());
        let (health, presence) = (Health::new(config.status), Presence::new(clock));
        let (chat, tally) = (Chat::new(config.rooms, &keys()), Tally::default());
        health.register(hub.state_topics());
        chat.register(&presence, hub.state_topics());
        let parts = Parts {
            hub: hub.clone(),
            health: health.clone(),
            presence: presence.clone(),
            chat,
            authority: Arc::new(Authority::new(keys(), Revocations::default()).unwrap()),
            trust,
            limits,
            tally: tally.clone(),
            site: Arc::new(site_in(folder.path())),
            base_path,
            hosts,
            origins: Arc::new(origins),
            token_maker: Some("belfry token".to_owned()),
            interval,
            budgets: budgets.clone(),
            access_log: config.access_log,
            metrics: Metrics::new(
                Sources { hub: hub.clone(), budgets: budgets.clone(), tally: tally.clone() },
                config.metrics,
            ),
            hsts: Some(Duration::from_secs(3600)),
            endings: Endings { relieved: relieved.clone(), shutdown: shutdown.clone() },
            drain: Config::default().drain,
        };
        let state = AppState::from(parts);
        let limited = state.limited().clone();
        let application = router(state);
        let (ticking, minding, until) = (hub.clone(), presence.clone(), shutdown.clone());
        tokio::spawn(async move {
            tokio::join!(ticking.run(interval, until.clone()), minding.run(until));
        });
        let connection = Connection::new(SocketAddr::from(([192, 0, 2, 7], 50_000)));
        Self {
            hub,
            health,
            presence,
            budgets,
            shutdown,
            relieved,
            connection,
            tally,
            limited,
            application,
            address: OnceCell::new(),
            _folder: folder,
        }
    }

    /// The answer to a request.
    pub(crate) async fn ask(&self, request: Request<Body>) -> Response<Body> {
        let transport = Transport::current();
        if transport == Transport::Memory {
            return self.asking(request).await;
        }
        let address = self.address.get_or_init(|| self.serve_here()).await;
        transport.ask(*address, named(request)).await
    }

    /// The same, of a task of its own.
    pub(crate) fn asking(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Response<Body>> + use<> {
        let mut request = named(request);
        request.extensions_mut().insert(self.connection);
        self.application.clone().oneshot(request).map(Result::unwrap)
    }

    pub(crate) fn limited(&self) -> &Limited {
        &self.limited
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A token for an hour that may publish to topics, and read their private events.
    pub(crate) fn token(&self, publish: &[&str], read: &[&str]) -> String {
        let patterns = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let (publish, read) = (patterns(publish), patterns(read));
        let exp = self.hub.clock().now() / 1_000_000 + 3600;
        mint(&secret(), &Claims { publish, read, exp, ..Claims::default() })
    }

    /// Asks with a token.
    pub(crate) async fn ask_with(&self, token: &str, request: request::Builder) -> Response<Body> {
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Publishes with a token for every topic. A query may follow the topic.
    pub(crate) async fn publish(&self, topic: &str, data: &str) -> Receipt {
        let authorization = format!("Bearer {}", self.token(&["*"], &[]));
        let request =
            Request::post(format!("/topics/{topic}")).header(AUTHORIZATION, authorization);
        let answer = self.ask(request.body(data.to_owned().into()).unwrap()).await;
        let status = answer.status();
        let said = text(answer).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    async fn serve_here(&self) -> SocketAddr {
        // Time that is virtual passes while a socket is full; and it is full soon.
        let write_stall = Duration::from_secs(24 * 3600);
        self.serve(Config { write_stall, send_buffer: 16 * 1024, ..Config::default() }).await.0
    }

    /// Serves the application on a free port of the loopback address, by the transport of the test.
    pub(crate) async fn serve(&self, config: Config) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(ANY_PORT).await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = Listener::try_from(listener).unwrap();
        let proxied = config.proxy_protocol.contains(&Endpoint::Tcp(ANY_PORT));
        let listener = listener.with_proxy_protocol(proxied);
        let listener = listener.with_tls(Transport::current().tls());
        let writers = Transport::current().writers(&[self.shutdown.clone(), self.relieved.clone()]);
        let listeners = vec![listener.with_writers(writers)];
        let (application, shutdown) = (self.application.clone(), self.shutdown.clone());
        let (counters, tally) = (self.hub.counters().clone(), self.tally.clone());
        let serving = tokio::spawn(async move {
            edge::accept(application, &config, counters, tally, listeners, shutdown).await;
        });
        (address, serving)
    }

    /// Waits until `readers` are reading; fails where that takes longer than `bound`.
    pub(crate) async fn until_reading(&self, readers: u32, bound: Duration) {
        let waiting = async {
            while self.hub.reading() != readers {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(bound, waiting).await;
        assert!(waited.is_ok(), "{} are reading, not {readers}", self.hub.reading());
    }
}

/// The same request, with a host.
fn named(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("belfry.test"));
    request
}

/// The next bytes of a stream; `None` at its end.
pub(crate) async fn next(body: &mut Body) -> Option<Bytes> {
    loop {
        let bytes = body.frame().await?.unwrap().into_data().unwrap();
        // In HTTP/2 the end is an empty piece.
        if !bytes.is_empty() {
            return Some(bytes);
        }
    }
}

/// The whole of a body as text.
pub(crate) async fn text(response: Response<Body>) -> String {
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    // Piece by piece, as a connection does: the next one is made when the last is let go.
    while let Some(frame) = body.frame().await {
        bytes.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
    }
    String::from_utf8(bytes).unwrap()
}
