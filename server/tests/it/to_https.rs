//! Plain HTTP beside https: every request is sent on to https.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use axum::Router;
use belfry_hub::counters::Counters;
use server::{Config, edge, edge::listen::Listener, tally::Tally};
use tokio::{io::AsyncReadExt, net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{program::Program, serving::Serving};

const FLAGS: [&str; 4] = ["--tls-self-signed", "--ephemeral", "--redirect-http", "127.0.0.1:0"];

/// A server with more flags, and where it redirects.
fn redirecting(program: &Program, more: &[&str]) -> (Serving, SocketAddr) {
    let serving = program.serves(&[&FLAGS[..], more].concat());
    let address = redirects_at(&serving);
    (serving, address)
}

fn redirects_at(serving: &Serving) -> SocketAddr {
    let line = serving.logged("plain HTTP is redirected at");
    let (_, address) = line.split_once("http://").unwrap();
    address.trim_end_matches('/').parse().unwrap()
}

/// The answer to a request over a connection of its own.
fn ask(server: SocketAddr, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(server).unwrap();
    // What is refused early is not read to its end.
    let _ = socket.write_all(request);
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn line(first: &str, host: &str) -> Vec<u8> {
    format!("{first}\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// Where an answer sends its client; fails where it does not.
fn place(answer: &str) -> &str {
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(answer.contains("\r\ncache-control: no-store\r\n"), "{answer}");
    let (_, rest) = answer.split_once("\r\nlocation: ").unwrap();
    rest.split("\r\n").next().unwrap()
}

#[test]
fn every_request_is_sent_to_the_same_place_over_https() {
    let program = Program::new();
    let (serving, plain) = redirecting(&program, &[]);
    let port = serving.address.port();
    for (first, host, there) in [
        ("GET / HTTP/1.1", "localhost", "localhost:PORT/"),
        (
            "GET /sse?topic=a&topic=%2f HTTP/1.1",
            "127.0.0.1:80",
            "127.0.0.1:PORT/sse?topic=a&topic=%2f",
        ),
        ("HEAD /healthz HTTP/1.1", "[::1]:8080", "[::1]:PORT/healthz"),
        ("POST /topics/a%2Fb?x HTTP/1.1", "LOCALHOST", "LOCALHOST:PORT/topics/a%2Fb?x"),
        (
            "PURGE //evil.test/..;/%0d%0a?? HTTP/1.1",
            "localhost",
            "localhost:PORT//evil.test/..;/%0d%0a??",
        ),
        ("GET /\u{949f}?\u{949f} HTTP/1.1", "localhost", "localhost:PORT/\u{949f}?\u{949f}"),
        ("GET http://localhost:81/a? HTTP/1.1", "evil.test", "localhost:PORT/a?"),
        ("OPTIONS * HTTP/1.1", "localhost", "localhost:PORT/"),
        (
            "GET /.well-known/acme-challenge/a HTTP/1.1",
            "localhost",
            "localhost:PORT/.well-known/acme-challenge/a",
        ),
    ] {
        let there = format!("https://{}", there.replace("PORT", &port.to_string()));
        assert_eq!(place(&ask(plain, &line(first, host))), there, "{first}");
    }
    let upload = [
        &b"POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2097152\r\n\r\n"[..],
        &[b'x'; 2 << 20],
    ];
    assert_eq!(place(&ask(plain, &upload.concat())), format!("https://localhost:{port}/a"));
}

#[test]
fn a_host_that_is_not_answered_for_is_not_redirected_to() {
    let program = Program::new();
    let (_serving, plain) = redirecting(&program, &[]);
    for (request, status) in [
        (line("GET / HTTP/1.1", "evil.test"), 421),
        (line("GET /healthz HTTP/1.1", "evil.test"), 421),
        (line("GET http://evil.test/ HTTP/1.1", "localhost"), 421),
        (line("GET / HTTP/1.1", ""), 400),
        (line("GET / HTTP/1.1", "a@localhost"), 400),
        (line("GET / HTTP/1.1", "localhost\r\nHost: localhost"), 400),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n".into(), 400),
        (b"GET / HTTP/1.0\r\n\r\n".into(), 400),
        (b"not HTTP\r\n\r\n".into(), 400),
        (line(&format!("GET /{} HTTP/1.1", "x".repeat(20_000)), "localhost"), 414),
        (line("GET / HTTP/1.1", &format!("localhost\r\nX: {}", "x".repeat(70_000))), 431),
    ] {
        let answer = ask(plain, &request);
        let said = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        assert_eq!(said, Some(status), "{}: {answer}", String::from_utf8_lossy(&request));
        assert!(!answer.contains("location"), "{answer}");
    }
}

#[test]
fn the_public_url_says_which_port_https_has_and_who_is_meant_by_nobody() {
    for (public, port) in [("https://belfry.test", ""), ("https://belfry.test:8443", ":8443")] {
        let program = Program::new();
        let (_serving, plain) = redirecting(&program, &["--public-url", public]);
        for host in ["belfry.test", "localhost"] {
            let answer = ask(plain, &line("GET /a?b HTTP/1.1", &format!("{host}:80")));
            assert_eq!(place(&answer), format!("https://{host}{port}/a?b"));
        }
        let answer = ask(plain, b"GET /a HTTP/1.0\r\n\r\n");
        assert_eq!(place(&answer.replace("HTTP/1.0", "HTTP/1.1")), format!("{public}/a"));
    }
}

#[test]
fn connections_count_together_with_all_others() {
    // With a declared proxy, clients nearby are held to the limits too.
    let limited = ["--trusted-proxy", "192.0.2.1", "--max-connection-rate", "1"];
    loop {
        let program = Program::new();
        let (serving, plain) = redirecting(&program, &limited);
        let begun = std::time::Instant::now();
        ask(serving.address, b"not TLS\r\n\r\n");
        let answer = ask(plain, &line("GET / HTTP/1.1", "localhost"));
        // After a second there may be another one.
        if begun.elapsed() < Duration::from_secs(1) {
            assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_closed_like_all_others() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = Listener::try_from(listener).unwrap().answered_by(Router::new());
    let serving = tokio::spawn(async move {
        let (config, counters) = (Config::default(), Counters::default());
        let (tally, shutdown) = (Tally::default(), CancellationToken::new());
        edge::accept(Router::new(), &config, counters, tally, vec![listener], shutdown).await;
    });
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let begun = Instant::now();
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(begun.elapsed().as_secs(), Duration::from_secs(10).as_secs());
    serving.abort();
}

#[test]
fn a_successor_redirects_at_the_same_address() {
    let program = Program::new();
    let flags = ["--tls-self-signed", "--data-dir", "data", "--redirect-http", "127.0.0.1:0"];
    let first = program.serves(&flags);
    let plain = redirects_at(&first);
    let second = program.serves(&[&["--takeover"], &flags[..]].concat());
    assert_eq!(redirects_at(&second), plain);
    drop(first);
    let answer = ask(plain, &line("GET /a HTTP/1.1", "localhost"));
    assert_eq!(place(&answer), format!("https://localhost:{}/a", second.address.port()));
}

#[test]
fn without_tls_there_is_nowhere_to_redirect_to() {
    let (code, line) = Program::new().ends(&["--redirect-http", "127.0.0.1:0"]);
    assert_eq!(code, 2);
    assert_eq!(
        line,
        "belfry: --tls-cert is missing: --redirect-http needs https: set this flag, --acme-domain or --tls-self-signed\n"
    );
}
