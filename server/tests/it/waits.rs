//! How long a connection may wait for a request, over real sockets: hyper has to be asked at the right time.

use std::time::Duration;

use server::{Config, config::Waits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

use crate::world::World;

/// The longest that the end takes.
const BOUND: Duration = Duration::from_secs(20);

/// What has come until the end, and when that was.
async fn end(mut socket: TcpStream) -> (String, Duration) {
    let (begun, mut all) = (Instant::now(), String::new());
    timeout(BOUND, socket.read_to_string(&mut all)).await.expect("it does not end").unwrap();
    (all, begun.elapsed())
}

#[tokio::test]
async fn each_of_them_ends_after_its_own_wait() {
    const SHORT: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_secs(3600);
    let all = Waits { first_byte: LONG, head: LONG, idle: LONG };
    let world = World::ticking_every(LONG);
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let token = world.token(&["*"], &[]);
    let publish = format!(
        "POST /topics/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 1\r\n\r\n1"
    );
    let idle = Waits { idle: SHORT, ..all };
    for (waits, said, answers) in [
        (Waits { first_byte: SHORT, ..all }, String::new(), 0),
        (Waits { head: SHORT, ..all }, "GET / HTTP/1.1\r\n".to_owned(), 1),
        // One that is ready at once, a page, a file, one that waits for the log; and two together.
        (idle, get("/healthz"), 1),
        (idle, get("/"), 1),
        (idle, get("/pkg/belfry.abc.js"), 1),
        (idle, publish, 1),
        (idle, get("/healthz") + &get("/robots.txt"), 2),
    ] {
        let (address, _) = world.serve(Config { waits, ..Config::default() }).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(said.as_bytes()).await.unwrap();
        let (got, after) = end(socket).await;
        assert_eq!(got.matches("HTTP/1.1 ").count(), answers, "{said:?}: {got}");
        assert!(after >= SHORT, "{said:?}: after {after:?}");
    }
}

#[tokio::test]
async fn the_kernel_keeps_no_answer_for_who_has_not_read_it_by_then() {
    const SHORT: Duration = Duration::from_millis(300);
    let world = World::ticking_every(Duration::from_secs(3600));
    let waits = Waits { idle: SHORT, ..Waits::default() };
    let config = Config { waits, write_stall: SHORT, ..Config::default() };
    let (address, _) = world.serve(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1024).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    // It is an error too, and not an end.
    while socket.take_error().unwrap().is_none() {
        assert!(begun.elapsed() < BOUND, "the connection is still there");
        sleep(SHORT / 10).await;
    }
    assert!(begun.elapsed() >= SHORT, "after {:?}", begun.elapsed());
}
