//! What makes each metric of the edge move: connections, streams on them, handshakes, readers that are dropped.

use std::{any::Any, net::SocketAddr, time::Duration};

use axum::{body::Body, http::Request};
use rustls::RootCertStore;
use server::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::sleep,
};

use super::stage::{Case, SECOND, Stage, case, quiet};
use crate::{
    transport::{Transport, speak_http2, trusted, try_to_shake_hands},
    world::World,
};

impl Stage {
    /// A stream that has begun, on a connection of its own.
    async fn streams(&self, transport: Transport) -> Body {
        transport.run(self.follow("")).await
    }

    /// The same over HTTP/2 without TLS, as proxies speak it.
    async fn streams_in_the_clear(&self) -> impl Any {
        let socket = TcpStream::connect(self.serves(Transport::Http1).await).await.unwrap();
        let mut sender = speak_http2(socket).await;
        let request = Request::get("http://belfry.test/sse?topic=a").body(Body::empty()).unwrap();
        (sender.send_request(request).await.unwrap(), sender)
    }

    /// Where it listens.
    pub(super) async fn serves(&self, transport: Transport) -> SocketAddr {
        transport.run(self.world.serve(Config::default())).await.0
    }

    /// A connection over which nothing was said yet.
    async fn connects(&self, transport: Transport) -> TcpStream {
        TcpStream::connect(self.serves(transport).await).await.unwrap()
    }

    /// A handshake of a client that fails.
    async fn fails_to_shake_hands(&self, alpn: &[u8], trusted: RootCertStore) {
        let socket = self.connects(Transport::Http1OverTls).await;
        assert!(try_to_shake_hands(socket, alpn, trusted).await.is_err());
    }
}

macro_rules! of {
    ($family:literal, $protocol:literal, $tls:literal) => {
        concat!($family, "{protocol=\"", $protocol, "\",tls=\"", $tls, "\"}")
    };
}

/// What is open, and what was opened, by one kind of connection with a stream.
macro_rules! open_and_opened {
    ($protocol:literal, $tls:literal, async |$stage:ident| $opens:block) => {
        [
            case!(of!("belfry_connections", $protocol, $tls), Some(1.0), quiet, async |$stage| {
                $opens
            }),
            case!(
                of!("belfry_connections_opened_total", $protocol, $tls),
                Some(1.0),
                quiet,
                async |$stage| {
                    drop($opens);
                }
            ),
            case!(of!("belfry_streams", $protocol, $tls), Some(1.0), quiet, async |$stage| {
                $opens
            }),
            case!(
                of!("belfry_streams_opened_total", $protocol, $tls),
                Some(1.0),
                quiet,
                async |$stage| {
                    drop($opens);
                }
            ),
        ]
    };
}

pub(super) const OF_TRAFFIC: [&[Case]; 5] = [
    &open_and_opened!("http1", "no", async |stage| { stage.streams(Transport::Http1).await }),
    &open_and_opened!("http1", "no", async |stage| { stage.streams(Transport::Writer).await }),
    &open_and_opened!("http1", "yes", async |stage| {
        stage.streams(Transport::Http1OverTls).await
    }),
    &open_and_opened!("http2", "no", async |stage| { stage.streams_in_the_clear().await }),
    &open_and_opened!("http2", "yes", async |stage| {
        stage.streams(Transport::Http2OverTls).await
    }),
];

pub(super) const IN_VIRTUAL_TIME: &[Case] = &[
    case!(of!("belfry_connections", "unknown", "no"), Some(1.0), quiet, async |stage| {
        stage.connects(Transport::Http1).await
    }),
    case!(
        of!("belfry_connections_opened_total", "unknown", "no"),
        Some(1.0),
        quiet,
        async |stage| {
            drop(stage.connects(Transport::Http1).await);
        }
    ),
    case!(of!("belfry_connections", "unknown", "yes"), Some(1.0), quiet, async |stage| {
        stage.connects(Transport::Http1OverTls).await
    }),
    case!(
        of!("belfry_connections_opened_total", "unknown", "yes"),
        Some(1.0),
        quiet,
        async |stage| {
            drop(stage.connects(Transport::Http1OverTls).await);
        }
    ),
    case!("belfry_tls_handshake_duration_seconds_count", Some(2.0), quiet, async |stage| {
        (stage.streams(Transport::Http1OverTls).await, stage.streams(Transport::Http1OverTls).await)
    }),
    case!(
        "belfry_tls_handshake_failures_total{reason=\"timeout\"}",
        Some(1.0),
        quiet,
        async |stage| {
            let silent = stage.connects(Transport::Http1OverTls).await;
            // It is accepted before time goes on.
            for _ in 0..20 {
                sleep(SECOND).await;
            }
            silent
        }
    ),
    case!(
        "belfry_tls_handshake_failures_total{reason=\"closed\"}",
        Some(1.0),
        quiet,
        async |stage| {
            drop(stage.connects(Transport::Http1OverTls).await);
        }
    ),
    case!(
        "belfry_tls_handshake_failures_total{reason=\"rejected\"}",
        Some(1.0),
        quiet,
        async |stage| {
            stage.fails_to_shake_hands(b"http/1.1", RootCertStore::empty()).await;
        }
    ),
    case!(
        "belfry_tls_handshake_failures_total{reason=\"incompatible\"}",
        Some(1.0),
        quiet,
        async |stage| {
            stage.fails_to_shake_hands(b"spdy/3", trusted()).await;
        }
    ),
    case!(
        "belfry_tls_handshake_failures_total{reason=\"protocol\"}",
        Some(1.0),
        quiet,
        async |stage| {
            let mut socket = stage.connects(Transport::Http1OverTls).await;
            socket.write_all(b"GET / HTTP/1.1\r\nHost: belfry\r\n\r\n").await.unwrap();
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    ),
];

/// A reader that stops reading, while more comes than sockets hold.
async fn stops_reading(world: &World, by: Transport, config: Config) -> TcpStream {
    let (address, _) = by.run(world.serve(config)).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(b"GET /sse?topic=a HTTP/1.1\r\nHost: belfry\r\n\r\n").await.unwrap();
    stream.read_u8().await.unwrap();
    for _ in 0..8 {
        world.publish("a", &"x".repeat(900_000)).await;
    }
    // A peer is looked for when something is written.
    sleep(Duration::from_millis(1100)).await;
    world.publish("a", "x").await;
    stream
}

macro_rules! dropped {
    ($transport:ident) => {
        [
            case!(
                "belfry_connections_dropped_total{reason=\"stalled\"}",
                Some(1.0),
                quiet,
                async |stage| {
                    let write_stall = Duration::from_millis(200);
                    let config = Config { write_stall, ..Config::default() };
                    stops_reading(&stage.world, Transport::$transport, config).await
                }
            ),
            // Without a network that can be cut: whoever has not acknowledged something at once is taken for gone.
            case!(
                "belfry_connections_dropped_total{reason=\"vanished\"}",
                Some(1.0),
                quiet,
                async |stage| {
                    let (vanished_after, write_stall) =
                        (Duration::ZERO, Duration::from_millis(1500));
                    let config = Config { vanished_after, write_stall, ..Config::default() };
                    stops_reading(&stage.world, Transport::$transport, config).await
                }
            ),
        ]
    };
}

pub(super) const IN_REAL_TIME: [&[Case]; 2] = [&dropped!(Http1), &dropped!(Writer)];
