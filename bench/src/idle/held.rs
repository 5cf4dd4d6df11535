//! Streams that are held open, with no wish but to count what comes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

use super::Transport;
use crate::{Result, contender::Serving, tls};

/// Connections that are opened at once.
const AT_ONCE: usize = 64;
const TOPIC: &str = "bench";

/// They end when this goes.
pub(super) struct Held {
    /// One thread reads them all.
    _runtime: Runtime,
    bytes: Arc<AtomicU64>,
}

impl Held {
    /// Opens so many, and waits until each has its answer.
    pub(super) fn connect(serving: &Serving, transport: Transport, streams: usize) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let bytes = Arc::new(AtomicU64::new(0));
        let opener = Opener { address: serving.address.to_string(), bytes: bytes.clone() };
        runtime.block_on(opener.open(transport, streams))?;
        Ok(Self { _runtime: runtime, bytes })
    }

    /// All that was read of the streams themselves.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Opener {
    address: String,
    bytes: Arc<AtomicU64>,
}

impl Opener {
    async fn open(&self, transport: Transport, streams: usize) -> Result<()> {
        let each = if let Transport::Http2(each) = transport { each } else { 1 };
        let left = Arc::new(AtomicUsize::new(streams.div_ceil(each)));
        let mut opening = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (opener, left) = (self.clone(), left.clone());
            opening.spawn(async move {
                let one_less = |left: usize| left.checked_sub(1);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                    opener.connect(transport).await?;
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            });
        }
        while let Some(opened) = opening.join_next().await {
            opened??;
        }
        Ok(())
    }

    async fn connect(&self, transport: Transport) -> Result<()> {
        let socket = TcpStream::connect(&self.address).await?;
        match transport {
            Transport::Plain => self.ask(socket).await,
            Transport::Tls => self.ask(secure(socket, b"http/1.1").await?).await,
            Transport::Http2(streams) => {
                self.ask_often(secure(socket, b"h2").await?, streams).await
            }
        }
    }

    async fn ask<S>(&self, mut socket: S) -> Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let request = format!("GET /sse?topic={TOPIC} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        socket.write_all(request.as_bytes()).await?;
        let (mut piece, bytes) = ([0; 1024], self.bytes.clone());
        let length = socket.read(&mut piece).await?;
        if !piece[..length].starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&piece[..length]).into());
        }
        tokio::spawn(async move {
            while let Ok(length @ 1..) = socket.read(&mut piece).await {
                bytes.fetch_add(length as u64, Ordering::Relaxed);
            }
        });
        Ok(())
    }

    async fn ask_often(&self, socket: TlsStream<TcpStream>, streams: usize) -> Result<()> {
        let (mut sender, connection) = h2::client::handshake(socket).await?;
        tokio::spawn(connection);
        for _ in 0..streams {
            let uri = format!("https://{}/sse?topic={TOPIC}", self.address);
            sender = sender.ready().await?;
            let (answer, _) = sender.send_request(http::Request::get(uri).body(())?, true)?;
            let answer = answer.await?;
            if answer.status() != http::StatusCode::OK {
                return Err(format!("a stream is answered with {}", answer.status()).into());
            }
            tokio::spawn(count(answer.into_body(), self.bytes.clone()));
        }
        // The connection lives as long as one who could ask it.
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(sender);
        });
        Ok(())
    }
}

async fn count(mut body: h2::RecvStream, bytes: Arc<AtomicU64>) {
    while let Some(Ok(piece)) = body.data().await {
        let piece: Bytes = piece;
        bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
        let _ = body.flow_control().release_capacity(piece.len());
    }
}

async fn secure(socket: TcpStream, protocol: &[u8]) -> Result<TlsStream<TcpStream>> {
    let connector = TlsConnector::from(tls::trusting_any(protocol)?);
    Ok(connector.connect(ServerName::try_from("localhost")?, socket).await?)
}
