//! The program behind proxies that say whose requests they pass on: by the PROXY protocol, and by headers.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use axum::{body::Body, http::Request};
use tokio::io::AsyncWriteExt;

use crate::{
    program::Program,
    proxies::free_port,
    serving::Serving,
    transport::{ask_over, shake_hands_with, trusting, try_to_shake_hands},
};

/// What comes back for a header of the PROXY protocol and a request; empty where the server closes.
fn ask(server: SocketAddr, header: &[u8], request: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&[header, request.as_bytes()].concat()).unwrap();
    let mut answer = Vec::new();
    // Who is not welcome may see a reset instead of the end.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n")
}

/// Opens a stream, and returns the address that the server logs for it.
fn logged_address(serving: &Serving, header: &[u8], more: &str) -> String {
    let mut stream = TcpStream::connect(serving.address).unwrap();
    stream.write_all(&[header, get("/sse", more).as_bytes()].concat()).unwrap();
    let line = serving.logged("client connected");
    let (_, address) = line.split_once("address=").unwrap();
    address.split(' ').next().unwrap().to_owned()
}

const VERSION_2: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\0\x50\x01\xbb";

#[test]
fn the_proxy_protocol_says_who_the_client_is_and_is_required() {
    let program = Program::new();
    let flags = ["--proxy-protocol", "all", "--trusted-proxy", "127.0.0.1"];
    let serving = program.serves(&flags);
    let version_1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 80 443\r\n";
    for header in [&version_1[..], VERSION_2] {
        assert!(ask(serving.address, header, &get("/healthz", "")).starts_with("HTTP/1.1 200 OK"));
        assert_eq!(logged_address(&serving, header, ""), "192.0.2.7:80");
        // A header of the client's own means nothing.
        let forged = "X-Forwarded-For: 203.0.113.9\r\n";
        assert_eq!(logged_address(&serving, header, forged), "192.0.2.7:80");
    }
    // Whom a proxy does not name says nothing that is believed, and is not this machine's visitor.
    let unknown = b"PROXY UNKNOWN\r\n";
    let forged = "X-Forwarded-For: 203.0.113.9\r\n";
    assert_eq!(logged_address(&serving, unknown, forged), "unknown");
    assert!(ask(serving.address, unknown, &get("/healthz", "")).starts_with("HTTP/1.1 200 OK"));
    let status = ask(serving.address, unknown, &get("/api/status", ""));
    assert!(status.starts_with("HTTP/1.1 401"), "{status}");
    for none in [&b""[..], b"PROXY TCP4 x\r\n", b"PROXY\r\n\r\n\r\n\r\n\r\n"] {
        assert_eq!(ask(serving.address, none, &get("/healthz", "")), "", "{none:?}");
    }
}

#[test]
fn what_clients_of_the_proxy_protocol_claim_is_not_mentioned() {
    let program = Program::new();
    let serving = program.serves(&["--proxy-protocol", "all", "--trusted-proxy", "127.0.0.1"]);
    let forged = get("/healthz", "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n");
    for header in [VERSION_2, b"PROXY UNKNOWN\r\n"] {
        assert!(ask(serving.address, header, &forged).starts_with("HTTP/1.1 200 OK"));
    }
    serving.signal(rustix::process::Signal::TERM);
    // The proxy is declared: nobody has to do anything.
    let log = serving.ended().1;
    assert!(!log.contains("forwarding header"), "{log}");
}

#[test]
fn one_listener_requires_the_proxy_protocol_and_the_other_does_not() {
    let program = Program::new();
    let other = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let flags = ["--listen", &other.to_string(), "--trusted-proxy", "127.0.0.1"];
    let flags = [&flags[..], &["--proxy-protocol", "127.0.0.1:0"]].concat();
    let serving = program.serves(&flags);
    let request = get("/healthz", "");
    for (address, with, without) in
        [(serving.address, "HTTP/1.1 200", ""), (other, "HTTP/1.1 400", "HTTP/1.1 200")]
    {
        let asked =
            |header: &[u8]| ask(address, header, &request).get(..12).unwrap_or("").to_owned();
        assert_eq!((&*asked(VERSION_2), &*asked(b"")), (with, without), "{address}");
    }
    assert_eq!(logged_address(&serving, VERSION_2, ""), "192.0.2.7:80");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_comes_before_the_handshake_of_tls() {
    let program = Program::new();
    let flags = ["--tls-self-signed", "--data-dir", "data", "--trusted-proxy", "127.0.0.1"];
    let flags = [&flags[..], &["--proxy-protocol", "all"]].concat();
    let serving = program.serves(&flags);
    for alpn in [&b"http/1.1"[..], b"h2"] {
        let mut socket = tokio::net::TcpStream::connect(serving.address).await.unwrap();
        socket.write_all(VERSION_2).await.unwrap();
        let trusted = trusting(&program.folder().join("data/self-signed.pem"));
        let socket = shake_hands_with(socket, alpn, trusted).await;
        let request = Request::get("/sse").header("host", "localhost").body(Body::empty()).unwrap();
        let answer = ask_over(socket, request).await;
        assert_eq!(answer.status(), 200);
        assert!(serving.logged("client connected").contains("address=192.0.2.7:80 "));
    }
    // Without it, or after the handshake has begun, there is none.
    let socket = tokio::net::TcpStream::connect(serving.address).await.unwrap();
    let trusted = trusting(&program.folder().join("data/self-signed.pem"));
    assert!(try_to_shake_hands(socket, b"h2", trusted).await.is_err());
}

#[test]
fn a_connection_that_waits_for_its_header_does_not_hold_up_the_end() {
    let program = Program::new();
    let flags = ["--proxy-protocol", "all", "--trusted-proxy", "127.0.0.1"];
    let serving = program.serves(&flags);
    let mut waits = TcpStream::connect(serving.address).unwrap();
    waits.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // Accepted after the one that waits.
    assert!(ask(serving.address, VERSION_2, &get("/healthz", "")).starts_with("HTTP/1.1 200 OK"));
    serving.signal(rustix::process::Signal::TERM);
    assert_eq!(waits.read(&mut [0]).unwrap(), 0);
    let (code, log) = serving.ended();
    assert!(code == 0 && !log.contains("draining timed out"), "{code} {log}");
}

#[test]
fn the_proxy_protocol_is_taken_from_trusted_proxies_alone() {
    let program = Program::new();
    let serving = program.serves(&["--proxy-protocol", "all", "--trusted-proxy", "192.0.2.1"]);
    assert_eq!(ask(serving.address, VERSION_2, &get("/healthz", "")), "");
}

#[test]
fn headers_of_a_declared_proxy_are_believed_and_others_are_mentioned_once() {
    let program = Program::new();
    let named = "X-Forwarded-For: forged, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";
    let declared = program.serves(&["--trusted-proxy", "127.0.0.0/8"]);
    assert_eq!(logged_address(&declared, b"", named), "192.0.2.7");
    drop(declared);
    let undeclared = program.serves(&[]);
    assert!(logged_address(&undeclared, b"", "").starts_with("127.0.0.1:"));
    for _ in 0..2 {
        ask(undeclared.address, b"", &get("/healthz", named));
    }
    assert!(undeclared.logged("ignored a forwarding header").contains("--trusted-proxy"));
    assert!(logged_address(&undeclared, b"", named).starts_with("127.0.0.1:"));
    undeclared.signal(rustix::process::Signal::TERM);
    assert!(!undeclared.ended().1.contains("ignored a forwarding header"), "it was said twice");
}
