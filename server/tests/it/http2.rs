//! HTTP/2 over sockets: many streams on one connection, one that is not read, the end, floods.
//!
//! - `golden`: what comes of each frame; `limits`: of heads; `frames`: bytes; `peer`: who sends them

pub(crate) mod frames;
mod golden;
mod limits;
mod peer;

use std::{
    fs,
    io::{BufReader, ErrorKind, Write},
    net::{SocketAddr, TcpStream as StdTcpStream},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::HOST},
};
use belfry_hub::Clock;
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use server::Config;
use tokio::{net::TcpStream, time::sleep};

use self::frames::*;
use crate::{
    program::Program,
    transport::{Transport, absolute, shake_hands, speak_http2},
    world::{World, next, text},
};

const SECOND: Duration = Duration::from_secs(1);

fn get(path: &str) -> Request<Body> {
    absolute(Request::get(path).header(HOST, "belfry.test").body(Body::empty()).unwrap())
}

#[tokio::test]
async fn a_proxy_may_speak_it_without_tls() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let mut sender = speak_http2(TcpStream::connect(address).await.unwrap()).await;
    let answer = sender.send_request(get("/sse?topic=a&session=1")).await.unwrap();
    let mut body = Body::new(answer.into_body());
    let greeting = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
    assert!(greeting.contains(r#""http":"HTTP/2""#), "{greeting}");
    assert!(sender.is_ready(), "the connection takes no second request");
    let answer = sender.send_request(get("/healthz")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn twenty_streams_share_a_connection_and_the_101st_waits() {
    Transport::Http2OverTls
        .run(async {
            let world = World::with_clock(Clock::system(), 3600 * SECOND);
            let (address, _) = world.serve(Config::default()).await;
            let socket = TcpStream::connect(address).await.unwrap();
            let mut sender = speak_http2(shake_hands(socket, b"h2").await).await;
            let mut streams = Vec::new();
            for _ in 0..100 {
                let answer = sender.send_request(get("/sse?topic=a")).await.unwrap();
                streams.push(Body::new(answer.into_body()));
            }
            world.until_reading(100, SECOND).await;
            let waiting = tokio::time::timeout(SECOND / 5, sender.send_request(get("/healthz")));
            assert!(waiting.await.is_err(), "there were more than 100 streams");
            streams.truncate(20);
            world.until_reading(20, SECOND).await;
            world.publish("a", "hello").await;
            for stream in &mut streams {
                next(stream).await.unwrap();
                let event = next(stream).await.unwrap();
                assert!(event.starts_with(b"data: hello\n"), "{event:?}");
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_not_read_is_reset_and_the_others_go_on() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let socket = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(4096)
        .handshake(socket)
        .await
        .unwrap();
    tokio::spawn(connection);
    let unread = sender.send_request(get("/sse?topic=a")).await.unwrap();
    let mut read = Body::new(sender.send_request(get("/sse?topic=b")).await.unwrap().into_body());
    next(&mut read).await.unwrap();
    world.until_reading(2, SECOND).await;
    for number in 0..4 {
        world.publish("a", &"x".repeat(5000)).await;
        world.publish("b", &number.to_string()).await;
        sleep(8 * SECOND).await;
        let event = next(&mut read).await.unwrap();
        assert!(event.starts_with(format!("data: {number}\n").as_bytes()), "{event:?}");
    }
    sleep(30 * SECOND).await;
    assert_eq!((world.hub.reading(), world.hub.counters().read().stalled), (1, 1));
    assert_eq!(world.budgets.send.used(), 0);
    world.publish("b", "still here").await;
    loop {
        let event = next(&mut read).await.unwrap();
        if event.starts_with(b"data: still here\n") {
            break;
        }
    }
    drop(unread);
}

#[tokio::test(start_paused = true)]
async fn the_last_piece_of_an_answer_that_is_not_read_ends_its_stream_alone() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    world.publish("a", &"x".repeat(20_000)).await;
    let socket = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
        // All but the last piece goes.
        .initial_stream_window_size(17_000)
        .handshake(socket)
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut read = Body::new(sender.send_request(get("/sse?topic=b")).await.unwrap().into_body());
    next(&mut read).await.unwrap();
    let unread = sender.send_request(get("/topics/a")).await.unwrap();
    sleep(70 * SECOND).await;
    assert_eq!(world.hub.counters().read().stalled, 1);
    let reset = Body::new(unread.into_body()).collect().await.unwrap_err();
    assert!(format!("{reset:?}").contains("CANCEL"), "{reset:?}");
    world.publish("b", "still here").await;
    while !next(&mut read).await.expect("it was cut").starts_with(b"data: still here\n") {}
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_streams_ends_after_75_s() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let mut sender = speak_http2(TcpStream::connect(address).await.unwrap()).await;
    let answer = sender.send_request(get("/healthz")).await.unwrap();
    text(answer.map(Body::new)).await;
    sleep(74 * SECOND).await;
    assert!(!sender.is_closed());
    sleep(2 * SECOND).await;
    assert!(sender.is_closed());
}

#[tokio::test]
async fn the_shutdown_says_goodbye_and_ends_every_stream() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, serving) = world.serve(Config::default()).await;
    let raw = tokio::task::spawn_blocking(move || {
        let mut socket = open(address);
        // GET /sse to belfry: indexed fields, and two literal ones.
        let head = [&[0x82, 0x86, 0x04, 4], &b"/sse"[..], &[0x01, 6], b"belfry"].concat();
        socket.write_all(&frame(HEADERS, WHOLE, 1, &head)).unwrap();
        let mut seen = Vec::new();
        while let Some(next) = Frame::read(&mut socket) {
            seen.push((next.kind, next.has(END_STREAM), next.stream));
            if next.kind == PING && !next.has(ACK) {
                socket.write_all(&frame(PING, ACK, 0, &next.contents)).unwrap();
            }
        }
        seen
    });
    world.until_reading(1, SECOND).await;
    world.shutdown.cancel();
    tokio::time::timeout(5 * SECOND, serving).await.expect("still serving").unwrap();
    let seen = raw.await.unwrap();
    assert!(seen.contains(&(DATA, true, 1)), "the stream was cut: {seen:?}");
    assert!(seen.contains(&(GOAWAY, false, 0)), "there was no GOAWAY: {seen:?}");
}

/// A connection on which both sides have begun.
fn open(address: SocketAddr) -> StdTcpStream {
    let mut socket = StdTcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(10 * SECOND)).unwrap();
    socket.write_all(&[PREFACE, &settings(&[])].concat()).unwrap();
    socket
}

/// The most memory that a process has had, in bytes.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Sends a flood until the server has had enough, and returns what it says then; `None` if it never has.
fn flood(
    address: SocketAddr,
    beginning: &[u8],
    mut piece: impl FnMut(u32) -> Vec<u8>,
) -> Option<u32> {
    let mut socket = open(address);
    let mut reading = BufReader::new(socket.try_clone().unwrap());
    // What the server answers is read, or it would stop reading itself.
    let reader = std::thread::spawn(move || {
        let frames = std::iter::from_fn(|| Frame::read(&mut reading));
        frames.filter(|frame| frame.kind == GOAWAY).last().and_then(|last| last.error())
    });
    let begun = Instant::now();
    let mut sent = socket.write_all(beginning);
    let mut number = 0;
    while sent.is_ok() && begun.elapsed() < 20 * SECOND {
        let pieces: Vec<u8> = (0..100).flat_map(|more| piece(number + more)).collect();
        sent = socket.write_all(&pieces);
        number += 100;
    }
    let _ = socket.shutdown(std::net::Shutdown::Both);
    let said = reader.join().unwrap();
    let ended = sent.is_err_and(|error| {
        matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
    });
    said.filter(|_| ended)
}

#[test]
fn floods_end_the_connection_with_the_reason_and_cost_less_than_16_mib() {
    let program = Program::new();
    let server = program.serves(&["--ephemeral"]);
    // POST / to belfry.
    let head = [&[0x83, 0x86, 0x84, 0x01, 6], &b"belfry"[..]].concat();
    let opened = frame(HEADERS, END_HEADERS, 1, &head);
    let begun = frame(HEADERS, 0, 1, &head);
    let field = [&[0x00, 1, b'a', 120], &[b'b'; 120][..]].concat();
    let calm = peak(server.id());
    type Piece<'p> = Box<dyn FnMut(u32) -> Vec<u8> + 'p>;
    let floods: [(&str, &[u8], Piece<'_>); 9] = [
        (
            "rapid resets",
            &[],
            Box::new(|number| {
                let stream = 2 * number + 1;
                [frame(HEADERS, WHOLE, stream, &head), reset(stream, CANCEL)].concat()
            }),
        ),
        ("CONTINUATION", &begun, Box::new(|_| frame(CONTINUATION, 0, 1, &field))),
        ("empty CONTINUATION", &begun, Box::new(|_| frame(CONTINUATION, 0, 1, &[]))),
        ("SETTINGS", &[], Box::new(|_| frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]))),
        ("empty SETTINGS", &[], Box::new(|_| frame(SETTINGS, 0, 0, &[]))),
        ("PING", &[], Box::new(|_| frame(PING, 0, 0, &[0; 8]))),
        ("empty DATA", &opened, Box::new(|_| frame(DATA, 0, 1, &[]))),
        ("padded DATA", &opened, Box::new(|_| frame(DATA, PADDED, 1, &[3, 0, 0, 0]))),
        ("PRIORITY", &[], Box::new(|_| frame(PRIORITY, 0, 3, &[0, 0, 0, 0, 1]))),
    ];
    for (name, beginning, piece) in floods {
        let said = flood(server.address, beginning, piece);
        assert_eq!(said, Some(ENHANCE_YOUR_CALM), "{name}");
        let cost = peak(server.id()).saturating_sub(calm);
        assert!(cost < 16 << 20, "{name} cost {cost} bytes");
    }
    let mut socket = open(server.address);
    assert!(Frame::read(&mut socket).is_some(), "the server is gone");
}
