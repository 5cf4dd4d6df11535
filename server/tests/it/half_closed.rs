//! A client that shuts down its sending side after its request, as `nc -N` does, still gets its answer.

use std::{sync::Arc, time::Duration};

use belfry_hub::{
    Clock,
    log::{Embedded, Retention},
    tail,
};
use server::Config;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);

/// What comes back until the end, read slowly.
async fn answer(mut socket: TcpStream, request: &str) -> String {
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    let (mut answer, mut bytes) = (Vec::new(), [0; 16 * 1024]);
    loop {
        tokio::task::yield_now().await;
        match timeout(10 * SECOND, socket.read(&mut bytes)).await.expect("it does not end") {
            Ok(0) => return String::from_utf8(answer).unwrap(),
            read => answer.extend_from_slice(&bytes[..read.unwrap()]),
        }
    }
}

#[tokio::test]
async fn it_gets_its_answer_and_its_publish_counts() {
    // A log on a disk, which is waited for.
    let (clock, folder) = (Clock::system(), TempDir::new().unwrap());
    let bounds = tail::Bounds::default();
    let log = Embedded::open(folder.path(), clock, Retention::default(), bounds).unwrap();
    let world = World::with_log(clock, SECOND, Arc::new(log));
    let (address, _) = world.serve(Config::default()).await;
    let token = world.token(&["*"], &["*"]);
    let connect = || TcpStream::connect(address);
    for number in 0..50 {
        let got =
            answer(connect().await.unwrap(), "GET /healthz HTTP/1.1\r\nHost: belfry\r\n\r\n").await;
        assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{number}: {got:?}");
        let body = match number % 2 {
            0 => format!("Content-Length: 2\r\n\r\n{number:02}"),
            _ => format!("Transfer-Encoding: chunked\r\n\r\n2\r\n{number:02}\r\n0\r\n\r\n"),
        };
        let request = format!(
            "POST /topics/numbers HTTP/1.1\r\nHost: belfry\r\nAuthorization: Bearer {token}\r\n{body}"
        );
        let got = answer(connect().await.unwrap(), &request).await;
        assert!(got.starts_with("HTTP/1.1 200 OK\r\n"), "{number}: {got:?}");
        assert!(got.contains(&format!("\"sequence\":{}", number + 1)), "{number}: {got:?}");
    }
}

#[tokio::test]
async fn a_long_answer_comes_to_its_end_also_where_it_is_read_slowly() {
    let world = World::with_clock(Clock::system(), SECOND);
    for _ in 0..50 {
        world.publish("numbers", &"x".repeat(20_000)).await;
    }
    let config = Config { send_buffer: 16 * 1024, ..Config::default() };
    let (address, _) = world.serve(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let socket = socket.connect(address).await.unwrap();
    let request = "GET /topics/numbers?limit=50 HTTP/1.1\r\nHost: belfry\r\n\r\n";
    let got = answer(socket, request).await;
    assert_eq!(got.matches(&"x".repeat(20_000)).count(), 50);
    assert!(got.ends_with("\r\n0\r\n\r\n") || got.ends_with("}\n"), "{}", &got[got.len() - 20..]);
}

#[tokio::test]
async fn of_a_stream_it_gets_the_beginning_and_is_gone() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let socket = TcpStream::connect(address).await.unwrap();
    let got = answer(socket, "GET /sse HTTP/1.1\r\nHost: belfry\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.contains("data: "), "{got:?}");
    world.until_reading(0, SECOND).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_waited_for() {
    let world = World::with_clock(Clock::system(), SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let token = world.token(&["*"], &[]);
    for framing in ["Content-Length: 9\r\n\r\n1234", "Transfer-Encoding: chunked\r\n\r\n9\r\n1234"]
    {
        let socket = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST /topics/numbers HTTP/1.1\r\nHost: belfry\r\nAuthorization: Bearer {token}\r\n{framing}"
        );
        let got = timeout(5 * SECOND, answer(socket, &request)).await.expect("it waits");
        assert!(got.is_empty() || got.starts_with("HTTP/1.1 400 "), "{got:?}");
    }
    assert_eq!(world.hub.log().tail().last(), 0, "nothing was published");
}
