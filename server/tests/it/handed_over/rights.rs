//! Rights that are taken back while a writer has the socket: what comes after that is not for their holder any more.
//! Both happen before the writer has its turn, as they may where that is busy.

use std::io::{ErrorKind, Read};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::COOKIE},
};
use belfry_hub::{
    Clock,
    event::{Draft, Topic},
};
use futures::FutureExt;
use server::{
    Config,
    status::Visibility,
    token::{Claims, mint},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

use super::{SECOND, rest, until};
use crate::{
    status::status,
    transport::Transport,
    world::{BEGIN, World, secret, usual},
};

/// A reader of `a` that has signed in and whose socket a writer has, and its cookie.
async fn reading() -> (World, TcpStream, String) {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let config = Config { send_buffer: 16 * 1024, ..Config::default() };
    let (address, _) = Transport::Writer.run(world.serve(config)).await;
    let cookie = cookie(&world, "a").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    let request = format!(
        "GET /sse?topic=a&last=1 HTTP/1.1\r\nHost: belfry.test\r\nCookie: {cookie}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    until(&mut socket, "retry: ").await;
    // The first may be sent by the task before it.
    for data in ["one", "two", "three"] {
        publish(&world, data);
        until(&mut socket, data).await;
    }
    (world, socket, cookie)
}

/// The cookie of somebody who has signed in and may read a topic.
async fn cookie(world: &World, topic: &str) -> String {
    let token = world.token(&[], &[topic]);
    let answer = world.ask(Request::post("/login").body(token.into()).unwrap()).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Publishes for those alone who may read `a`, without a turn for anybody else.
fn publish(world: &World, data: &str) {
    let topics = vec![Topic::new("a").unwrap()];
    let draft = Draft { topics, event_type: None, data: data.to_owned(), private: true };
    let published = world.hub.publish(draft, None).now_or_never();
    published.expect("a log in memory does not wait").unwrap();
}

/// Signs out, without a turn for anybody else.
fn sign_out(world: &World, cookie: &str) {
    let request = Request::delete("/login")
        .header(COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty());
    let answer = world.asking(request.unwrap()).now_or_never();
    let status = answer.expect("without a disk it does not wait").status();
    assert!(status.is_success() || status.is_redirection(), "{status}");
    assert_ne!(status, StatusCode::UNAUTHORIZED);
}

/// The end of a stream whose reader is told that its rights have ended, and nothing else.
fn is_told_and_nothing_else(end: &str) {
    let end = end.replace("xx", "");
    assert!(end.contains("event: expired\n") && end.ends_with("0\r\n\r\n"), "{end}");
    assert!(!end.contains("secret"), "{end}");
}

#[tokio::test]
async fn what_is_published_after_does_not_come_with_what_was_published_before() {
    let (world, mut socket, cookie) = reading().await;
    // The writer is told of this first.
    publish(&world, "before");
    sign_out(&world, &cookie);
    publish(&world, "secret");
    let end = rest(&mut socket).await;
    is_told_and_nothing_else(&end);
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn so_for_a_reader_whose_socket_was_full() {
    let (world, mut socket, cookie) = reading().await;
    while world.hub.lag().readers == 0 {
        publish(&world, &"x".repeat(2000));
        tokio::task::yield_now().await;
    }
    // All that the kernel has is read before the writer knows.
    let mut plain = socket.into_std().unwrap();
    let mut piece = [0; 64 * 1024];
    loop {
        match plain.read(&mut piece) {
            Ok(read) => assert!(read > 0, "it ends"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    sign_out(&world, &cookie);
    publish(&world, "secret");
    socket = TcpStream::from_std(plain).unwrap();
    let end = rest(&mut socket).await;
    is_told_and_nothing_else(&end);
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn so_for_values_of_a_state_topic() {
    let status_for_some = Config { status: Visibility::Token, interval: 3600 * SECOND, ..usual() };
    let world = World::configured(status_for_some);
    let (address, _) = Transport::Writer.run(world.serve(Config::default())).await;
    let cookie = cookie(&world, "status").await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /sse?topic=status HTTP/1.1\r\nHost: belfry.test\r\nCookie: {cookie}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    until(&mut socket, "retry: ").await;
    let tell = |node: &str| {
        let mut status = status(BEGIN);
        status.belfry.node = node.to_owned();
        world.health.tell(status);
    };
    for node in ["one", "two", "three"] {
        tell(node);
        until(&mut socket, node).await;
    }
    // The writer is told of this first.
    tell("before");
    sign_out(&world, &cookie);
    tell("secret");
    is_told_and_nothing_else(&rest(&mut socket).await);
}

#[tokio::test]
async fn who_is_quiet_or_sent_the_time_is_told_when_its_rights_have_ended() {
    let world = World::with_clock(Clock::system(), SECOND / 50);
    let (address, _) = Transport::Writer.run(world.serve(Config::default())).await;
    let exp = world.hub.clock().now() / 1_000_000 + 2;
    let token = mint(&secret(), &Claims { exp, ..Claims::default() });
    let ends = async |topic: &str| {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!("Host: belfry.test\r\nAuthorization: Bearer {token}\r\n\r\n");
        let request = format!("GET /sse?topic={topic} HTTP/1.1\r\n{head}");
        socket.write_all(request.as_bytes()).await.unwrap();
        until(&mut socket, "retry: ").await;
        let end = rest(&mut socket).await;
        assert!(end.contains("event: expired\n") && end.ends_with("0\r\n\r\n"), "{end}");
    };
    tokio::join!(ends("time"), ends("a"));
}
