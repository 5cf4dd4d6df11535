//! What makes each rule refuse something, from the client to the metrics.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header::AUTHORIZATION},
};
use server::{
    Config,
    config::Endpoint,
    origins::{Hosts, Origins},
    web::{
        client::trust::{Proxy, Trust},
        limits::Limits,
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::stage::{Case, Stage, case, limiting, quiet};
use crate::{
    transport::Transport,
    world::{ANY_PORT, World, text},
};

/// With 1 of each.
fn limited() -> Stage {
    let one = Some(1);
    limiting(Limits {
        streams_per_client: one,
        streams_per_token: one,
        publish_rate: one,
        renders: one,
        connections: one,
        connection_rate: one,
        ..Limits::default()
    })
}

/// With nothing limited but tokens.
fn limited_by_token() -> Stage {
    limiting(Limits { streams_per_token: Some(1), streams_per_client: None, ..Limits::default() })
}

/// With one topic for each stream.
fn limited_by_topics() -> Stage {
    limiting(Limits { topics: 1, ..Limits::default() })
}

/// One that answers for `belfry.test` alone.
fn listed() -> Stage {
    let hosts = Hosts::Listed(vec!["belfry.test".into()]);
    Stage { world: World::answering(hosts, Origins::default()), disk: None }
}

impl Stage {
    /// The answer to a request that came by HTTP/1.1, and its connection.
    async fn answers(&self, request: Request<Body>) -> Response<Body> {
        Transport::Http1.run(self.world.ask(request)).await
    }

    /// Sends bytes over a connection of its own to a server with these settings, and returns what comes back.
    async fn tells(&self, config: Config, bytes: &[u8]) -> (TcpStream, String) {
        let (socket, answer) = self.hears(config, bytes).await;
        (socket, String::from_utf8(answer).unwrap())
    }

    /// The same, of an answer that may not be text.
    async fn hears(&self, config: Config, bytes: &[u8]) -> (TcpStream, Vec<u8>) {
        let address = Transport::Http1.run(self.world.serve(config)).await.0;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        (socket, answer)
    }

    /// The status of the answer to bytes that are not a request.
    async fn refuses(&self, bytes: &[u8]) -> String {
        let (_, answer) = self.tells(Config::default(), bytes).await;
        assert!(answer.contains("\r\nx-request-id: "), "{answer}");
        answer.get(9..12).unwrap_or_default().to_owned()
    }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn is_told_to_come_back(said: &str) -> bool {
    said.contains("try again later\nretry: ")
}

pub(super) const IN_VIRTUAL_TIME: &[Case] = &[
    case!(
        "belfry_refusals_total{rule=\"streams_per_client\"}",
        Some(1.0),
        limited,
        async |stage| {
            let first = stage.answers(get("/sse?topic=a")).await;
            let second = text(stage.answers(get("/sse?topic=a")).await).await;
            assert!(is_told_to_come_back(&second), "{second}");
            first
        }
    ),
    case!(
        "belfry_refusals_total{rule=\"streams_per_token\"}",
        Some(1.0),
        limited_by_token,
        async |stage| {
            let bearer = format!("Bearer {}", stage.world.token(&[], &["a"]));
            let ask = || Request::get("/sse?topic=a").header(AUTHORIZATION, &bearer);
            let first = stage.answers(ask().body(Body::empty()).unwrap()).await;
            let second = text(stage.answers(ask().body(Body::empty()).unwrap()).await).await;
            assert!(is_told_to_come_back(&second), "{second}");
            first
        }
    ),
    case!("belfry_refusals_total{rule=\"publish_rate\"}", Some(1.0), limited, async |stage| {
        let publish = async || stage.answers(stage.publishing("a", "k", "1".into())).await.status();
        assert_eq!(publish().await, StatusCode::OK);
        assert_eq!(publish().await, StatusCode::TOO_MANY_REQUESTS);
    }),
    case!("belfry_refusals_total{rule=\"renders\"}", Some(1.0), limited, async |stage| {
        let _turn = stage.world.limited().render(None).await.unwrap();
        assert_eq!(stage.answers(get("/")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }),
    case!("belfry_refusals_total{rule=\"topics\"}", Some(1.0), limited_by_topics, async |stage| {
        // Those of the server count for nothing.
        let within = stage.answers(get("/sse?topic=a&topic=time&topic=readers")).await;
        assert_eq!(within.status(), StatusCode::OK);
        assert_eq!(
            stage.answers(get("/sse?topic=a&topic=b")).await.status(),
            StatusCode::BAD_REQUEST
        );
    }),
    case!("belfry_refusals_total{rule=\"sign_in_rate\"}", Some(1.0), quiet, async |stage| {
        let token = stage.world.token(&[], &["a"]);
        let sign_in = async || {
            let request = Request::post("/login").body(token.clone().into()).unwrap();
            stage.answers(request).await.status()
        };
        // As many at once as one holder may.
        while sign_in().await.is_success() {}
    }),
    case!("belfry_refusals_total{rule=\"memory\"}", Some(1.0), quiet, async |stage| {
        // All that one client may have.
        let held = stage.reserved(stage.world.budgets.send.limit() / 16);
        stage.world.publish("a", &"x".repeat(100_000)).await;
        assert_eq!(stage.world.get("/topics/a").await.status(), 503);
        held
    }),
    case!("belfry_refusals_total{rule=\"connections\"}", Some(1.0), quiet, async |stage| {
        let limits = Limits { connections: Some(1), ..Limits::default() };
        let config = Config { limits, ..Config::default() };
        let address = Transport::Http1.run(stage.world.serve(config)).await.0;
        let (one, mut other) = (
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        );
        other.write_all(b"GET /sse HTTP/1.1\r\nHost: belfry\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        other.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        one
    }),
    case!("belfry_refusals_total{rule=\"connection_rate\"}", Some(1.0), quiet, async |stage| {
        let limits = Limits { connection_rate: Some(1), ..Limits::default() };
        let proxies = vec![Proxy::read("198.51.100.1").unwrap()];
        let trust = Trust { proxies, ..Trust::default() };
        let config = Config { limits, trust, ..Config::default() };
        let address = Transport::Http1.run(stage.world.serve(config)).await.0;
        for status in ["200", "429"] {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            socket.write_all(request).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            assert_eq!(&answer[9..12], status, "{answer}");
        }
    }),
    case!("belfry_refusals_total{rule=\"malformed\"}", Some(2.0), quiet, async |stage| {
        assert_eq!(stage.refuses(b"GET /\0 HTTP/1.1\r\n\r\n").await, "400");
        assert_eq!(stage.refuses(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await, "400");
    }),
    case!("belfry_refusals_total{rule=\"head_timeout\"}", Some(1.0), quiet, async |stage| {
        assert_eq!(stage.refuses(b"GET / HTTP/1.1\r\n").await, "408");
    }),
    case!("belfry_refusals_total{rule=\"frames\"}", Some(1.0), quiet, async |stage| {
        let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        let bytes = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &ping.repeat(1001)[..]].concat();
        stage.hears(Config::default(), &bytes).await
    }),
    case!("belfry_refusals_total{rule=\"head_size\"}", Some(1.0), quiet, async |stage| {
        let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(70_000));
        assert_eq!(stage.refuses(head.as_bytes()).await, "431");
    }),
    case!("belfry_refusals_total{rule=\"target_size\"}", Some(3.0), quiet, async |stage| {
        for length in [20_000, 70_000] {
            let path = "x".repeat(length);
            let head = format!("GET /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assert_eq!(stage.refuses(head.as_bytes()).await, "414");
        }
        let request = get(&format!("/{}", "x".repeat(20_000)));
        let answer = Transport::Http2OverTls.run(stage.world.ask(request)).await;
        assert_eq!(answer.status(), StatusCode::URI_TOO_LONG);
    }),
    case!("belfry_refusals_total{rule=\"host\"}", Some(1.0), listed, async |stage| {
        let request = Request::get("/").header("host", "evil.test").body(Body::empty()).unwrap();
        assert_eq!(stage.answers(request).await.status(), StatusCode::MISDIRECTED_REQUEST);
    }),
    case!("belfry_refusals_total{rule=\"proxy_protocol\"}", Some(2.0), quiet, async |stage| {
        for trusted in ["127.0.0.1", "198.51.100.1"] {
            let trust = Trust { proxies: vec![Proxy::read(trusted).unwrap()], ..Trust::default() };
            let proxy_protocol = vec![Endpoint::Tcp(ANY_PORT)];
            let config = Config { proxy_protocol, trust, ..Config::default() };
            let (_, answer) = stage.tells(config, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            assert_eq!(answer, "");
        }
    }),
    case!("belfry_http_responses_total{code=\"408\"}", Some(1.0), quiet, async |stage| {
        stage.refuses(b"GET / HTTP/1.1\r\n").await
    }),
    case!("belfry_http_responses_total{code=\"414\"}", Some(1.0), quiet, async |stage| {
        stage.refuses(format!("GET /{}", "x".repeat(70_000)).as_bytes()).await
    }),
];
