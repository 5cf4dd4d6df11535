//! How long the server waits for a client, through sockets and in virtual time.

mod pings;

use std::{future::pending, time::Duration};

use axum::{
    body::Body,
    http::{
        Request, StatusCode,
        header::{CONNECTION, HOST, RETRY_AFTER},
    },
};
use belfry_hub::Clock;
use server::{Config, origins::Origins, web::limits::Limits};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::TcpStream,
    select,
    time::{Instant, sleep},
};

use crate::{
    http2::frames::{
        DATA, END_HEADERS, ENHANCE_YOUR_CALM, Frame, HEADERS, PING, PREFACE, WHOLE, frame, head,
        settings,
    },
    transport::{
        Connected,
        Transport::{self, Http1, Http1OverTls, Http2OverTls},
        shake_hands,
    },
    world::{self, World},
};

const SECOND: Duration = Duration::from_secs(1);

trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// A server, and a connection to it on which nothing has been said.
async fn connected() -> (World, TcpStream) {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    (world, TcpStream::connect(address).await.unwrap())
}

/// The same, where the handshake is over.
async fn begun() -> (World, Box<dyn Socket>) {
    let (world, socket) = connected().await;
    let socket: Box<dyn Socket> = match Transport::current() {
        Transport::Memory | Transport::Writer | Http1 => Box::new(socket),
        Http1OverTls => Box::new(shake_hands(socket, b"http/1.1").await),
        Http2OverTls => Box::new(shake_hands(socket, b"h2").await),
    };
    (world, socket)
}

/// Says things with pauses after them, and returns after how many seconds the connection ended, and what was
/// answered.
async fn end(socket: impl Socket, says: &[(&[u8], Duration)]) -> (u64, Vec<u8>) {
    let (begun, mut answer) = (Instant::now(), Vec::new());
    let (mut reading, mut writing) = split(socket);
    let saying = async {
        for (bytes, pause) in says {
            let _ = writing.write_all(bytes).await;
            sleep(*pause).await;
        }
        pending::<()>().await;
    };
    select! {
        // A TLS connection may end without a goodbye.
        _ = reading.read_to_end(&mut answer) => {}
        () = saying => {}
        () = passing_of_time() => panic!("it goes on, with {:?}", String::from_utf8_lossy(&answer)),
    }
    (begun.elapsed().as_secs(), answer)
}

/// Five minutes in steps: virtual time would jump over what the kernel still has on its way.
async fn passing_of_time() {
    for _ in 0..3000 {
        sleep(SECOND / 10).await;
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A byte every 4 s.
fn drop_by_drop(bytes: &[u8]) -> Vec<(&[u8], Duration)> {
    bytes.chunks(1).map(|byte| (byte, 4 * SECOND)).collect()
}

fn text(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).into_owned()
}

/// The frames that were answered.
fn frames(mut answer: &[u8]) -> Vec<Frame> {
    std::iter::from_fn(|| Frame::read(&mut answer)).collect()
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_gone_after_10_s() {
    for transport in [Http1, Http1OverTls, Http2OverTls] {
        let silent = async {
            let (_world, socket) = begun().await;
            end(socket, &[]).await
        };
        let (after, answer) = transport.run(silent).await;
        assert_eq!(after, 10, "{transport:?}");
        assert_eq!(answer.is_empty(), transport != Http2OverTls, "{transport:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_finish_the_handshake_is_gone_after_10_s() {
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for says in [vec![], vec![(&hello[..], SECOND)], drop_by_drop(&hello)] {
        let shaking = async {
            let (_world, socket) = connected().await;
            end(socket, &says).await
        };
        assert_eq!(Http1OverTls.run(shaking).await, (10, vec![]), "{says:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_finish_a_head_gets_408_after_10_s() {
    let kept = b"GET /healthz HTTP/1.1\r\nHost: belfry\r\n\r\n";
    for transport in [Http1, Http1OverTls] {
        for says in [
            vec![(&b"GET /healthz HTTP/1.1\r\n"[..], SECOND)],
            drop_by_drop(b"GET /healthz"),
            // As HTTP/2 begins too.
            drop_by_drop(b"POST /topics/a"),
            drop_by_drop(PREFACE),
        ] {
            let dripping = async {
                let (_world, socket) = begun().await;
                end(socket, &says).await
            };
            let (after, answer) = transport.run(dripping).await;
            let (answer, what) = (text(&answer), format!("{transport:?}: {says:?}"));
            assert_eq!(after, 10, "{what}: {answer}");
            assert!(answer.starts_with("HTTP/1.1 408 "), "{what}: {answer}");
            assert!(answer.contains("application/problem+json"), "{what}: {answer}");
        }
        let second = async {
            let (_world, socket) = begun().await;
            end(socket, &[(&kept[..], 20 * SECOND), (&b"GET"[..], SECOND)]).await
        };
        let (after, answer) = transport.run(second).await;
        assert_eq!(after, 30, "{transport:?}: {}", text(&answer));
        assert!(text(&answer).contains("HTTP/1.1 408 "), "{transport:?}: {}", text(&answer));
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_finish_a_head_over_http2_is_told_so_after_10_s() {
    let begun_with = |frames: &[u8]| [PREFACE, &settings(&[]), frames].concat();
    let head = head("GET", "/healthz", &[]);
    let whole = frame(HEADERS, WHOLE, 1, &head);
    for (what, says) in [
        ("a head without its end", begun_with(&frame(HEADERS, 0, 1, &head))),
        ("half a frame", begun_with(&whole[..whole.len() / 2])),
    ] {
        let dripping = async {
            let (_world, socket) = begun().await;
            end(socket, &[(&says[..], SECOND)]).await
        };
        let (after, answer) = Http2OverTls.run(dripping).await;
        let last = frames(&answer).pop();
        assert_eq!(after, 10, "{what}: {last:?}");
        assert_eq!(last.and_then(|last| last.error()), Some(ENHANCE_YOUR_CALM), "{what}");
    }
    let dripping = async {
        let (_world, socket) = begun().await;
        end(socket, &drop_by_drop(PREFACE)).await
    };
    assert_eq!(Http2OverTls.run(dripping).await.0, 10);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_pauses_for_30_s_is_answered_with_408() {
    for transport in [Http1, Http1OverTls, Http2OverTls] {
        let pausing = async {
            let (world, socket) = begun().await;
            let token = format!("Bearer {}", world.token(&["*"], &[]));
            let says = if transport == Http2OverTls {
                let more = [("authorization", &*token), ("content-length", "9")];
                let head = head("POST", "/topics/a", &more);
                let asks = frame(HEADERS, END_HEADERS, 1, &head);
                [PREFACE, &settings(&[]), &asks, &frame(DATA, 0, 1, b"some")].concat()
            } else {
                let head = format!(
                    "POST /topics/a HTTP/1.1\r\nHost: belfry\r\nContent-Length: 9\r\n\
                     Authorization: {token}\r\n\r\nsome"
                );
                head.into_bytes()
            };
            answered(socket, &says, 408).await
        };
        assert_eq!(transport.run(pausing).await, 30, "{transport:?}");
    }
}

/// Says something, and returns after how many seconds it is answered with a status.
async fn answered(mut socket: impl Socket, says: &[u8], status: u16) -> u64 {
    let begun = Instant::now();
    socket.write_all(says).await.unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
    let http1 = format!("HTTP/1.1 {status} ");
    loop {
        let read = socket.read(&mut piece).await.unwrap();
        assert!(read > 0, "not {status}: {}", text(&answer));
        answer.extend_from_slice(&piece[..read]);
        let frames = frames(&answer);
        if let Some(ping) = frames.last().filter(|last| last.kind == PING && last.flags == 0) {
            socket.write_all(&frame(PING, 1, 0, &ping.contents)).await.unwrap();
        }
        let over_http2 =
            frames.iter().any(|frame| frame.kind == HEADERS && frame.status() == Some(status));
        if over_http2 || answer.starts_with(http1.as_bytes()) {
            return begun.elapsed().as_secs();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_nothing_more_is_gone_after_75_s() {
    for transport in [Http1, Http1OverTls] {
        let idle = async {
            let (_world, socket) = begun().await;
            end(socket, &[(&b"GET /healthz HTTP/1.1\r\nHost: belfry\r\n\r\n"[..], SECOND)]).await
        };
        let (after, answer) = transport.run(idle).await;
        assert_eq!(after, 75, "{transport:?}: {}", text(&answer));
        assert!(text(&answer).starts_with("HTTP/1.1 200 "), "{transport:?}: {}", text(&answer));
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_beyond_the_limit_of_connections_is_answered_and_then_gone() {
    let limits = Limits { connections: Some(2), ..Limits::default() };
    for transport in [Http1, Http1OverTls, Http2OverTls] {
        let limits = limits.clone();
        let beyond = async {
            let world = World::with_clock(Clock::system(), 3600 * SECOND);
            let (address, _) = world.serve(Config { limits, ..Config::default() }).await;
            let mut within = Vec::new();
            for _ in 0..2 {
                let mut connected = transport.connect(address).await;
                assert_eq!(world::text(connected.ask(get("/healthz")).await).await, "ok\n");
                within.push(connected);
            }
            let mut beyond = transport.connect(address).await;
            let answer = beyond.ask(get("/sse")).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(RETRY_AFTER));
            drop(answer);
            sleep(35 * SECOND).await;
            assert!(beyond.is_closed(), "{transport:?}: it goes on");
            assert!(!within.iter().any(Connected::is_closed), "{transport:?}");
        };
        transport.run(beyond).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_over_a_limit_ends_whatever_answers() {
    let limits = Limits { connections: Some(1), ..Limits::default() };
    let world = World::under("/belfry", Limits::default(), Origins::default());
    let answering = async {
        let (address, _) = world.serve(Config { limits, ..Config::default() }).await;
        let mut within = Http1.connect(address).await;
        let mut beyond = Http1.connect(address).await;
        for path in ["/belfry/healthz", "/elsewhere"] {
            let answer = within.ask(get(path)).await;
            assert!(!answer.headers().contains_key(CONNECTION), "{path}");
            drop(world::text(answer).await);
        }
        let answer = beyond.ask(get("/elsewhere")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.headers()[CONNECTION], "close");
    };
    Http1.run(answering).await;
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).header(HOST, "belfry.test").body(Body::empty()).unwrap()
}
