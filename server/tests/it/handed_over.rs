//! Streams whose sockets are taken back from hyper and sent by writers, as others see them on the wire.

mod gone;
mod rights;

use std::time::Duration;

use belfry_hub::Clock;
use server::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{transport::Transport, world::World};

const SECOND: Duration = Duration::from_secs(1);
const SSE: &str = "GET /sse HTTP/1.1\r\nHost: belfry\r\n\r\n";
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: belfry\r\n\r\n";

/// A world, and a connection to it on which nothing was said.
async fn connected() -> (World, TcpStream) {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = Transport::Writer.run(world.serve(Config::default())).await;
    let socket = TcpStream::connect(address).await.unwrap();
    (world, socket)
}

/// Reads until what was said holds some text.
async fn until(socket: &mut TcpStream, text: &str) -> String {
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let held = String::from_utf8_lossy(&said).into_owned();
        if held.contains(text) {
            return held;
        }
        let read = timeout(5 * SECOND, socket.read(&mut piece)).await;
        let read = read.unwrap_or_else(|_| panic!("no {text:?} comes after {held:?}")).unwrap();
        assert!(read > 0, "no {text:?} in {held:?}");
        said.extend_from_slice(&piece[..read]);
    }
}

/// Reads to the end.
async fn rest(socket: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    timeout(5 * SECOND, socket.read_to_end(&mut rest)).await.expect("it does not end").unwrap();
    String::from_utf8(rest).unwrap()
}

#[tokio::test]
async fn a_stream_has_the_head_that_the_layers_made_and_ends_with_its_connection() {
    let (world, mut socket) = connected().await;
    socket.write_all(SSE.as_bytes()).await.unwrap();
    let said = until(&mut socket, "data: 1\n\n").await;
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    let lines: Vec<_> = lines.collect();
    for line in [
        "connection: close",
        "transfer-encoding: chunked",
        "content-type: text/event-stream; charset=utf-8",
        "cache-control: no-store, no-transform",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
    ] {
        assert!(lines.contains(&line), "no {line} in {head}");
    }
    for name in ["date: ", "x-request-id: "] {
        assert!(lines.iter().any(|line| line.starts_with(name)), "no {name} in {head}");
    }
    assert!(!head.contains("content-length"), "{head}");
    assert!(body.contains("\r\nretry: "), "{body}");
    world.shutdown.cancel();
    let end = rest(&mut socket).await;
    assert!(end.contains("retry: ") && end.ends_with("\n\n\r\n0\r\n\r\n"), "{end:?}");
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn a_connection_that_was_used_before_is_handed_over() {
    let (world, mut socket) = connected().await;
    for _ in 0..3 {
        socket.write_all(HEALTH.as_bytes()).await.unwrap();
        let said = until(&mut socket, "ok\n").await;
        assert!(!said.contains("connection: close"), "{said}");
    }
    socket.write_all(SSE.as_bytes()).await.unwrap();
    let said = until(&mut socket, "data: 1\n\n").await;
    assert!(said.contains("connection: close"), "{said}");
    world.publish("a", "unheard").await;
    drop(socket);
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn what_was_asked_for_before_in_one_piece_is_answered_first_and_nothing_after() {
    let (world, mut socket) = connected().await;
    let all = [HEALTH, HEALTH, SSE, HEALTH].concat();
    socket.write_all(all.as_bytes()).await.unwrap();
    let said = until(&mut socket, "data: 1\n\n").await;
    assert_eq!(said.matches("HTTP/1.1 200 OK\r\n").count(), 3, "{said}");
    assert_eq!(said.matches("\r\n\r\nok\n").count(), 2, "{said}");
    let (answers, stream) = said.rsplit_once("HTTP/1.1 200 OK\r\n").unwrap();
    assert!(stream.contains("text/event-stream") && !answers.contains("retry: "), "{said}");
    world.shutdown.cancel();
    let end = rest(&mut socket).await;
    assert!(end.ends_with("0\r\n\r\n") && !end.contains("HTTP/1.1"), "{end:?}");
}

#[tokio::test]
async fn a_long_answer_that_is_not_read_yet_comes_whole_before_the_stream() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    for _ in 0..50 {
        world.publish("a", &"x".repeat(20_000)).await;
    }
    let config = Config { send_buffer: 16 * 1024, ..Config::default() };
    let (address, _) = Transport::Writer.run(world.serve(config)).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    let history = "GET /topics/a?limit=50 HTTP/1.1\r\nHost: belfry\r\n\r\n";
    socket.write_all([history, SSE].concat().as_bytes()).await.unwrap();
    // The answer fills all buffers before it is read.
    tokio::time::sleep(SECOND / 5).await;
    let said = until(&mut socket, "data: 1\n\n").await;
    let (answer, stream) = said.split_once("text/event-stream").unwrap();
    assert_eq!(answer.matches(&"x".repeat(20_000)).count(), 50);
    assert!(!stream.contains("xx"), "{stream}");
}

#[tokio::test]
async fn who_speaks_http_1_0_gets_its_stream_without_chunks() {
    let (world, mut socket) = connected().await;
    socket.write_all(b"GET /sse HTTP/1.0\r\nHost: belfry\r\n\r\n").await.unwrap();
    let said = until(&mut socket, "data: 1\n\n").await;
    assert!(!said.contains("chunked") && said.contains("\r\n\r\nretry: "), "{said}");
    world.shutdown.cancel();
    let end = rest(&mut socket).await;
    assert!(end.starts_with("retry: ") && end.ends_with("\n\n"), "{end:?}");
}

#[tokio::test]
async fn the_headers_alone_leave_the_connection_as_it_was() {
    let (world, mut socket) = connected().await;
    let head = SSE.replace("GET", "HEAD");
    socket.write_all([&head, HEALTH].concat().as_bytes()).await.unwrap();
    let said = until(&mut socket, "ok\n").await;
    assert!(said.contains("text/event-stream") && !said.contains("retry: "), "{said}");
    assert_eq!(world.hub.reading(), 0);
}

#[tokio::test]
async fn who_asks_for_the_end_of_the_connection_gets_its_stream() {
    let (world, mut socket) = connected().await;
    let request = SSE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let said = until(&mut socket, "data: 1\n\n").await;
    assert_eq!(said.matches("connection: close").count(), 1, "{said}");
    assert_eq!(world.hub.reading(), 1);
}

#[tokio::test]
async fn a_request_with_a_body_gets_its_stream_from_hyper() {
    let (world, mut socket) = connected().await;
    let request = SSE.replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.write_all(b"body").await.unwrap();
    let said = until(&mut socket, "data: 1\n\n").await;
    assert!(said.contains("chunked"), "{said}");
    assert_eq!(world.hub.reading(), 1);
}

#[tokio::test]
async fn what_is_refused_is_answered_as_ever_and_the_connection_stays() {
    let (_world, mut socket) = connected().await;
    let bad = SSE.replace("/sse", "/sse?format=x");
    socket.write_all([&bad, HEALTH].concat().as_bytes()).await.unwrap();
    let said = until(&mut socket, "\r\n\r\nok\n").await;
    assert!(said.starts_with("HTTP/1.1 400 "), "{said}");
}

#[tokio::test]
async fn what_a_client_says_after_its_request_is_not_heard_and_too_much_of_it_ends_the_stream() {
    let (world, mut socket) = connected().await;
    socket.write_all(SSE.as_bytes()).await.unwrap();
    until(&mut socket, "data: 1\n\n").await;
    let piece = [b'x'; 16 * 1024];
    socket.write_all(&piece).await.unwrap();
    tokio::time::sleep(SECOND / 10).await;
    assert_eq!(world.hub.reading(), 1);
    for _ in 0..8 {
        if socket.write_all(&piece).await.is_err() {
            break;
        }
    }
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn who_has_ended_its_side_gets_the_beginning_and_is_gone() {
    let (world, mut socket) = connected().await;
    socket.write_all(SSE.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    let said = rest(&mut socket).await;
    assert!(said.contains("data: 1\n\n"), "{said}");
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn a_thousand_that_come_and_go_leave_nothing_behind() {
    let (world, first) = connected().await;
    let address = first.peer_addr().unwrap();
    drop(first);
    for _ in 0..20 {
        let mut sockets = Vec::new();
        for _ in 0..50 {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let request = SSE.replace("/sse", "/sse?topic=a");
            socket.write_all(request.as_bytes()).await.unwrap();
            sockets.push(socket);
        }
        world.until_reading(50, 5 * SECOND).await;
        let receipt = world.publish("a", "to all").await;
        assert_eq!(receipt.readers, 50);
        for socket in &mut sockets {
            until(socket, "to all").await;
        }
        drop(sockets);
        world.until_reading(0, 5 * SECOND).await;
        assert_eq!(world.publish("a", "to nobody").await.readers, 0);
    }
}
