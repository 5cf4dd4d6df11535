//! The same tests over each way to the server: without a socket, and over HTTP/1.1, the same with streams that
//! writers send, HTTP/1.1 over TLS with streams that tasks send, and HTTP/2 over TLS.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
};

use axum::{
    body::Body,
    http::{Request, Response, Uri, header::HOST},
};
use belfry_hub::http::Writers;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use server::{config, edge::tls::Tls};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime::{Handle, RuntimeFlavor},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;

/// A way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// The application is called.
    Memory,
    Http1,
    /// HTTP/1.1, where writers send the streams.
    Writer,
    /// Where there are writers, so that tasks send the streams.
    Http1OverTls,
    Http2OverTls,
}

tokio::task_local! {
    static CURRENT: Transport;
}

/// Tests of this module, each over each transport, in virtual time; after `real_time` in that, after `sockets` also
/// without the one that needs none, and after `plain` in real time over HTTP/1.1 alone, by hyper and by writers.
macro_rules! on_each_transport {
    (plain $($test:ident),+ $(,)?) => {
        $crate::transport::on_each_transport!(@ over_http1 Http1 [tokio::test(flavor = "multi_thread", worker_threads = 4)] $($test)+);
        $crate::transport::on_each_transport!(@ by_a_writer Writer [tokio::test(flavor = "multi_thread", worker_threads = 4)] $($test)+);
    };
    (sockets $($test:ident),+ $(,)?) => {
        $crate::transport::on_each_transport!(@sockets [tokio::test(flavor = "multi_thread", worker_threads = 4)] $($test)+);
    };
    (real_time $($test:ident),+ $(,)?) => {
        $crate::transport::on_each_transport!(@ in_memory Memory [tokio::test(flavor = "multi_thread", worker_threads = 4)] $($test)+);
        $crate::transport::on_each_transport!(sockets $($test),+);
    };
    ($($test:ident),+ $(,)?) => {
        $crate::transport::on_each_transport!(@ in_memory Memory [tokio::test(start_paused = true)] $($test)+);
        $crate::transport::on_each_transport!(@sockets [tokio::test(start_paused = true)] $($test)+);
    };
    (@sockets $runtime:tt $($test:ident)+) => {
        $crate::transport::on_each_transport!(@ over_http1 Http1 $runtime $($test)+);
        $crate::transport::on_each_transport!(@ by_a_writer Writer $runtime $($test)+);
        $crate::transport::on_each_transport!(@ over_http1_and_tls Http1OverTls $runtime $($test)+);
        $crate::transport::on_each_transport!(@ over_http2_and_tls Http2OverTls $runtime $($test)+);
    };
    (@ $module:ident $transport:ident $runtime:tt $($test:ident)+) => {
        mod $module {
            $(
                #$runtime
                async fn $test() {
                    $crate::transport::Transport::$transport.run(super::$test()).await;
                }
            )+
        }
    };
}
pub(crate) use on_each_transport;

impl Transport {
    /// Runs a test whose requests go this way.
    pub(crate) async fn run<T>(self, test: impl Future<Output = T>) -> T {
        CURRENT.scope(self, test).await
    }

    /// The way of the test that runs.
    pub(crate) fn current() -> Self {
        CURRENT.try_with(|current| *current).unwrap_or(Self::Memory)
    }

    /// How the server calls it.
    pub(crate) fn version(self) -> &'static str {
        if self == Self::Http2OverTls { "HTTP/2" } else { "HTTP/1.1" }
    }

    /// What the server needs for it.
    pub(crate) fn tls(self) -> Option<Tls> {
        matches!(self, Self::Http1OverTls | Self::Http2OverTls).then(|| secure().tls.clone())
    }

    /// The writers that the server needs for it, which learn that one of `ends` is cancelled; also for a test that
    /// has no way of its own, as the program has them too. In virtual time they are no threads.
    pub(crate) fn writers(self, ends: &[CancellationToken]) -> Option<Writers> {
        let has_threads = Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread;
        let start = || match has_threads {
            true => Writers::start(2, ends),
            false => Writers::start_on_the_runtime(ends),
        };
        matches!(self, Self::Memory | Self::Writer | Self::Http1OverTls).then(|| start().unwrap())
    }

    /// Sends a request over a connection of its own, to a server of this test's process.
    pub(crate) async fn ask(self, address: SocketAddr, request: Request<Body>) -> Response<Body> {
        self.connect(address).await.ask(request).await
    }

    /// A connection to a server of this test's process.
    pub(crate) async fn connect(self, address: SocketAddr) -> Connected {
        let trusted = self.tls().map(|_| secure().trusted.clone());
        self.connect_with(address, &trusted.unwrap_or_else(RootCertStore::empty)).await
    }

    /// A connection to a server whose certificate is trusted, if it has one.
    pub(crate) async fn connect_with(
        self,
        address: SocketAddr,
        trusted: &RootCertStore,
    ) -> Connected {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let shaken = |socket, alpn| shake_hands_with(socket, alpn, trusted.clone());
        match self {
            Self::Memory => panic!("without a socket there is no address"),
            Self::Http1 | Self::Writer => Connected::Http1(speak_http1(socket).await),
            Self::Http1OverTls => {
                Connected::Http1(speak_http1(shaken(socket, b"http/1.1").await).await)
            }
            Self::Http2OverTls => Connected::Http2(speak_http2(shaken(socket, b"h2").await).await),
        }
    }
}

/// A connection, over which requests go.
pub(crate) enum Connected {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

impl Connected {
    pub(crate) async fn ask(&mut self, request: Request<Body>) -> Response<Body> {
        let answer = match self {
            Self::Http1(sender) => sender.send_request(request).await,
            Self::Http2(sender) => sender.send_request(absolute(request)).await,
        };
        answer.unwrap().map(Body::new)
    }

    /// Whether the server has ended it.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }
}

/// A certificate of the server's own, and clients that trust it.
struct Secure {
    tls: Tls,
    trusted: RootCertStore,
    _folder: TempDir,
}

fn secure() -> &'static Secure {
    static SECURE: OnceLock<Secure> = OnceLock::new();
    SECURE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let tls = Tls::open(&config::Tls::SelfSigned, Some(folder.path())).unwrap().unwrap();
        let trusted = trusting(&folder.path().join("self-signed.pem"));
        Secure { tls, trusted, _folder: folder }
    })
}

/// Trusts the certificates in a file.
pub(crate) fn trusting(certificates: &Path) -> RootCertStore {
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(certificates).unwrap() {
        trusted.add(certificate.unwrap()).unwrap();
    }
    trusted
}

/// The certificates that a server of this test's process shows.
pub(crate) fn trusted() -> RootCertStore {
    secure().trusted.clone()
}

/// Shakes hands with a server of this test's process.
pub(crate) async fn shake_hands(socket: TcpStream, alpn: &[u8]) -> TlsStream<TcpStream> {
    shake_hands_with(socket, alpn, trusted()).await
}

/// Shakes hands with a server whose certificate is trusted.
pub(crate) async fn shake_hands_with(
    socket: TcpStream,
    alpn: &[u8],
    trusted: RootCertStore,
) -> TlsStream<TcpStream> {
    try_to_shake_hands(socket, alpn, trusted).await.unwrap()
}

/// The same, which may fail.
pub(crate) async fn try_to_shake_hands(
    socket: TcpStream,
    alpn: &[u8],
    trusted: RootCertStore,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    shake_hands_as(socket, name, alpn, trusted).await
}

/// Shakes hands with a server of some name.
pub(crate) async fn shake_hands_as(
    socket: TcpStream,
    name: ServerName<'static>,
    alpn: &[u8],
    trusted: RootCertStore,
) -> io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

/// Sends a request over a connection, by the protocol that was chosen in its handshake.
pub(crate) async fn ask_over(
    socket: TlsStream<TcpStream>,
    request: Request<Body>,
) -> Response<Body> {
    let mut connected = if socket.get_ref().1.alpn_protocol() == Some(b"h2") {
        Connected::Http2(speak_http2(socket).await)
    } else {
        Connected::Http1(speak_http1(socket).await)
    };
    connected.ask(request).await
}

/// A connection of HTTP/1.1.
async fn speak_http1<S>(socket: S) -> http1::SendRequest<Body>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A connection of HTTP/2, over which many requests can go.
pub(crate) async fn speak_http2<S>(socket: S) -> http2::SendRequest<Body>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(socket));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

/// As HTTP/2 writes it: the host is in the address.
pub(crate) fn absolute(mut request: Request<Body>) -> Request<Body> {
    let host = request.headers_mut().remove(HOST).unwrap();
    let (host, path) = (host.to_str().unwrap(), request.uri().to_string());
    *request.uri_mut() = format!("https://{host}{path}").parse::<Uri>().unwrap();
    request
}
