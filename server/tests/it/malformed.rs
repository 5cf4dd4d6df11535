//! Bytes that are not a request, or hardly one: the status that each gets, and that the server lives on.

use std::{fmt::Write, net::SocketAddr, time::Duration};

use belfry_hub::Clock;
use server::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::world::World;

/// The longest that an answer takes: less than the wait for the rest of a head.
const BOUND: Duration = Duration::from_secs(5);

/// A head with `more` after the host, and what follows it. The connection is to be closed after the answer.
fn get(more: &str) -> Vec<u8> {
    format!("GET /healthz HTTP/1.1\r\nHost: belfry\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

/// The same with a body, to a topic that may not be written to.
fn post(more: &str, body: &str) -> Vec<u8> {
    let head = "POST /topics/a HTTP/1.1\r\nHost: belfry\r\nConnection: close\r\n";
    format!("{head}{more}\r\n{body}").into_bytes()
}

fn line(line: &str) -> Vec<u8> {
    format!("{line}\r\nHost: belfry\r\nConnection: close\r\n\r\n").into_bytes()
}

/// A header as long as this.
fn long(bytes: usize) -> Vec<u8> {
    get(&format!("X: {}\r\n", "x".repeat(bytes)))
}

/// A path as long as this.
fn path(bytes: usize) -> Vec<u8> {
    line(&format!("GET /{} HTTP/1.1", "x".repeat(bytes - 1)))
}

/// With so many headers in all.
fn headers(number: usize) -> Vec<u8> {
    let mut more = String::new();
    for number in 2..number {
        write!(more, "X-{number}: x\r\n").unwrap();
    }
    get(&more)
}

/// Each with its status; 0 where nothing is answered.
fn table() -> Vec<(Vec<u8>, u16)> {
    let lines = [
        // The first line.
        ("GET /healthz HTTP/1.1", 200),
        ("GET /healthz HTTP/1.0", 200),
        ("GET  /healthz HTTP/1.1", 400),
        ("GET /healthz  HTTP/1.1", 400),
        ("GET /healthz HTTP/1.1 ", 400),
        (" GET /healthz HTTP/1.1", 400),
        ("GET\t/healthz HTTP/1.1", 400),
        ("GET /healthz", 400),
        ("GET", 400),
        ("GET HTTP/1.1", 400),
        ("GET healthz HTTP/1.1", 404),
        ("GET /healthz HTTP/1.2", 400),
        ("GET /healthz HTTP/2.0", 400),
        ("GET /healthz HTTP/0.9", 400),
        ("GET /healthz HTTP/11", 400),
        ("GET /healthz http/1.1", 400),
        ("GET /healthz HTTPS/1.1", 400),
        ("GET /healthz FTP/1.1", 400),
        ("G@T /healthz HTTP/1.1", 400),
        ("G\0T /healthz HTTP/1.1", 400),
        ("(GET) /healthz HTTP/1.1", 400),
        ("get /healthz HTTP/1.1", 405),
        ("XYZZY /healthz HTTP/1.1", 405),
        ("GET /health z HTTP/1.1", 400),
        ("GET /\0 HTTP/1.1", 400),
        ("GET /\x7f HTTP/1.1", 400),
        ("GET /\r HTTP/1.1", 400),
        ("GET http:// HTTP/1.1", 400),
        ("GET http://[::1 HTTP/1.1", 400),
        ("GET //[ HTTP/1.1", 404),
        ("GET http://belfry/healthz HTTP/1.1", 200),
        ("GET * HTTP/1.1", 404),
        ("CONNECT /healthz HTTP/1.1", 405),
        ("\u{16}\u{3}\u{1}", 400),
        ("{\"jsonrpc\":\"2.0\"}", 400),
        ("SSH-2.0-OpenSSH_9.2", 400),
        ("EHLO belfry", 400),
    ];
    let heads = [
        ("X\r\n", 400),
        (": x\r\n", 400),
        ("X : x\r\n", 400),
        (" X: x\r\n", 400),
        ("X: a\r\n b\r\n", 400),
        ("X: \0\r\n", 400),
        ("X: a\rb\r\n", 400),
        ("X\u{e9}: x\r\n", 400),
        ("X@: x\r\n", 400),
        ("X: \u{e9}\r\n", 200),
        ("X:\r\n", 200),
        ("X: a\n", 200),
        ("Host: other\r\n", 400),
        ("Content-Length: x\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Content-Length: +1\r\n", 400),
        ("Content-Length: 1, 1\r\n", 400),
        ("Content-Length: 18446744073709551616\r\n", 400),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", 400),
        ("Content-Length:\r\n", 400),
        ("Transfer-Encoding: gzip\r\n", 400),
        ("Transfer-Encoding: chunked, gzip\r\n", 400),
        ("Transfer-Encoding: identity\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding:\r\n", 400),
        ("Upgrade: websocket\r\n", 200),
        ("Expect: x\r\n", 200),
    ];
    let mut table: Vec<_> = lines.map(|(text, status)| (line(text), status)).into();
    table.extend(heads.map(|(more, status)| (get(more), status)));
    table.extend([
        (b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(), 400),
        (b"GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(), 400),
        // Its end is the end of what the client sends.
        (b"GET /healthz HTTP/1.1\r\nHost: bel".to_vec(), 400),
        (b"GET".to_vec(), 400),
        (b"".to_vec(), 0),
        (b"\r\n\r\n".to_vec(), 0),
        (b"\xff\xfe\xfd\xfc\r\n\r\n".to_vec(), 400),
        // Bodies.
        (post("Transfer-Encoding: chunked\r\n", "x\r\n"), 401),
        (post("Transfer-Encoding: chunked\r\n", "-1\r\n"), 401),
        (post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"), 401),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 401),
        (post("Content-Length: 9\r\n", "x"), 401),
        // The limits, and what is just within.
        (headers(100), 200),
        (headers(101), 431),
        (long(32 * 1024), 200),
        (long(64 * 1024 - get("X: \r\n").len()), 200),
        (long(64 * 1024 - get("X: \r\n").len() + 1), 431),
        (long(1 << 20), 431),
        (path(2_000), 404),
        (path(16 * 1024 + 1), 414),
        (path(70 * 1024), 414),
        (path(1 << 20), 414),
    ]);
    table
}

/// Sends bytes and then their end, and returns the status and the answer.
async fn answered(address: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = socket.split();
    // It may be refused before it has all been sent.
    let sending = async {
        let _ = writing.write_all(bytes).await;
        let _ = writing.shutdown().await;
    };
    let mut answer = Vec::new();
    let both = async { tokio::join!(sending, reading.read_to_end(&mut answer)).1 };
    timeout(BOUND, both).await.expect("it does not end").expect("it was reset");
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.get(9..12).map_or(0, |status| status.parse().unwrap());
    (status, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gets_its_status_and_the_server_lives_on() {
    let world = World::with_clock(Clock::system(), Duration::from_secs(1));
    let (address, _) = world.serve(Config::default()).await;
    let (mut wrong, table) = (String::new(), table());
    let counted = || world.tally.answers().map(|(_, sum)| sum).sum::<u64>();
    assert!(table.len() >= 60, "{} are few", table.len());
    for (bytes, expected) in table {
        let before = counted();
        let (status, answer) = answered(address, &bytes).await;
        let counts = counted() - before;
        // What is refused before it is a request is refused with a problem too.
        let silent = [400, 414, 431].contains(&status)
            && !answer.contains("content-type: application/problem+json\r\n");
        // Each answer is counted, whoever gives it.
        if status != expected || silent || counts != u64::from(status > 0) {
            let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]);
            writeln!(
                wrong,
                "{status}, not {expected} ({counts} counted): {beginning:?}: {answer:?}"
            )
            .unwrap();
        }
        assert_eq!(answered(address, &get("")).await.0, 200);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn what_follows_a_request_on_its_connection_is_refused_too() {
    let world = World::with_clock(Clock::system(), Duration::from_secs(1));
    let (address, _) = world.serve(Config::default()).await;
    let bytes = b"GET /healthz HTTP/1.1\r\nHost: belfry\r\n\r\nGET /\0 HTTP/1.1\r\n\r\n";
    let (status, answer) = answered(address, bytes).await;
    assert_eq!(status, 200);
    assert!(answer.contains("HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json"));
}
