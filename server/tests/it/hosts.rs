//! Which hosts are answered for: a page of another site does not get in by making its name mean this machine.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use server::origins::{Hosts, Origin, Origins};

use crate::{
    program::Program,
    world::{World, text},
};

/// The answer to a request over a connection of its own.
fn ask(server: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(server).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_page_whose_name_is_made_to_mean_this_machine_reads_and_says_nothing() {
    let program = Program::new();
    let server = program.serves(&[]);
    // As a browser asks for a page of a site that it does not trust, by a name that meant another machine
    // when that page was loaded.
    let asked = |method: &str, path: &str, host: &str, body: &str| {
        let length = body.len();
        let head = format!("Host: {host}\r\nOrigin: http://{host}\r\nConnection: close");
        let form = "Content-Type: application/x-www-form-urlencoded";
        let head = format!("{head}\r\n{form}\r\nContent-Length: {length}");
        ask(server.address, &format!("{method} {path} HTTP/1.1\r\n{head}\r\n\r\n{body}"))
    };
    let port = server.address.port();
    for path in ["/", "/status", "/api/status", "/topics/chat/lobby", "/sse", "/api/time"] {
        let answer = asked("GET", path, &format!("evil.test:{port}"), "");
        assert!(answer.starts_with("HTTP/1.1 421 "), "{path}: {answer}");
        assert!(answer.contains("content-type: application/problem+json"), "{answer}");
        assert!(answer.contains("does not answer for the host evil.test"), "{answer}");
    }
    let said = "name=Eve&text=forged";
    for path in ["/chat/lobby", "/chat/lobby/here", "/login", "/topics/a"] {
        let answer = asked("POST", path, &format!("evil.test:{port}"), said);
        assert!(answer.starts_with("HTTP/1.1 421 "), "{path}: {answer}");
    }
    for here in ["localhost", "127.0.0.1", "[::1]"] {
        let host = format!("{here}:{port}");
        let history = asked("GET", "/topics/chat/lobby", &host, "");
        assert!(history.starts_with("HTTP/1.1 200 "), "{history}");
        assert!(!history.contains("forged"), "{history}");
    }
    let answer = asked("POST", "/chat/lobby", &format!("localhost:{port}"), said);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn who_names_no_host_is_no_browser_and_is_answered() {
    let program = Program::new();
    let server = program.serves(&["--host", "belfry.test"]);
    for request in [
        "GET /api/time HTTP/1.0\r\n\r\n",
        "OPTIONS / HTTP/1.0\r\n\r\n",
        "GET /api/time HTTP/1.1\r\nHost: belfry.test\r\nConnection: close\r\n\r\n",
        "GET /api/time HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: 192.0.2.7:8080\r\nConnection: close\r\n\r\n",
        "GET http://belfry.test/api/time HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n",
    ] {
        let answer = ask(server.address, request);
        assert!(answer.starts_with("HTTP/1.1 20") || answer.starts_with("HTTP/1.0 20"), "{answer}");
    }
    for request in [
        "GET /api/time HTTP/1.0\r\nHost: evil.test\r\n\r\n",
        "GET /api/time HTTP/1.1\r\nHost: 192.0.2.7:8080\r\nConnection: close\r\n\r\n",
        "GET http://evil.test/api/time HTTP/1.1\r\nHost: belfry.test\r\nConnection: close\r\n\r\n",
    ] {
        let answer = ask(server.address, request);
        assert!(answer.contains(" 421 "), "{answer}");
    }
    let answer = ask(server.address, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn the_host_of_the_public_address_is_answered_for_and_in_http_2_its_authority() {
    let public = Origin::read("https://belfry.test").unwrap();
    let hosts = Hosts::new(&[], Some(&public));
    let mut world = World::answering(hosts, Origins::default());
    world.connection = world.connection.to_loopback(true);
    for (address, status) in [
        ("/api/time", StatusCode::OK),
        ("http://belfry.test:8443/api/time", StatusCode::OK),
        ("http://localhost/api/time", StatusCode::OK),
        ("http://evil.test/api/time", StatusCode::MISDIRECTED_REQUEST),
        ("http://evil.test/healthz", StatusCode::OK),
        ("http://evil.test/readyz", StatusCode::OK),
        ("http://evil.test/nothing", StatusCode::MISDIRECTED_REQUEST),
    ] {
        assert_eq!(world.get(address).await.status(), status, "{address}");
    }
    // Where the public address is known, pages say it.
    let world =
        World::answering(Hosts::Any, Origins { public: Some(public), ..Origins::default() });
    let html = text(world.get("http://proxied.test/").await).await;
    assert!(html.contains("https://belfry.test/") && !html.contains("proxied.test"), "{html}");
}

#[test]
fn rooms_that_are_open_under_every_name_are_warned_of() {
    for (flags, warns) in [
        (&["--listen", "0.0.0.0:0", "--rooms", "any"][..], true),
        (&["--listen", "0.0.0.0:0", "--rooms", "any", "--host", "localhost"], false),
        (&["--listen", "0.0.0.0:0"], false),
        (&["--rooms", "any"], false),
    ] {
        let program = Program::new();
        let server = program.serves(flags);
        server.signal(rustix::process::Signal::TERM);
        let log = server.ended().1;
        assert_eq!(log.contains("open here for every host name"), warns, "{flags:?}: {log}");
    }
}

#[test]
fn behind_a_trusted_proxy_the_host_is_the_one_that_it_says() {
    let program = Program::new();
    let server = program.serves(&["--host", "belfry.test", "--trusted-proxy", "127.0.0.1"]);
    for (host, said, status) in [
        ("inside:3000", "X-Forwarded-Host: belfry.test\r\n", "200"),
        ("belfry.test", "X-Forwarded-Host: evil.test\r\n", "421"),
        ("belfry.test", "", "200"),
        ("inside:3000", "", "421"),
    ] {
        let head = format!("Host: {host}\r\n{said}Connection: close\r\n");
        let answer = ask(server.address, &format!("GET /api/time HTTP/1.1\r\n{head}\r\n"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host} {said}: {answer}");
    }
}

#[test]
fn what_is_for_visitors_of_this_machine_is_not_for_other_pages() {
    let program = Program::new();
    let server = program.serves(&["--allow-origin", "*", "--allow-origin", "http://localhost:1"]);
    let status = |begin: &str, more: &str| {
        let host = format!("Host: localhost:{}\r\nConnection: close\r\n", server.address.port());
        let request = format!("{begin} HTTP/1.1\r\n{host}{more}\r\n");
        ask(server.address, &request).split(' ').nth(1).unwrap().to_owned()
    };
    let begins = ["GET /api/status", "HEAD /sse?topic=status"];
    let ours = format!("Origin: http://localhost:{}\r\n", server.address.port());
    for here in ["", "Sec-Fetch-Site: none\r\n", "Sec-Fetch-Site: same-origin\r\n", &ours] {
        for begin in begins {
            assert_eq!(status(begin, here), "200", "{begin} {here}");
        }
    }
    for other in [
        "Origin: https://evil.test\r\n",
        "Origin: http://localhost:1\r\n",
        "Origin: http://localhost:2\r\nSec-Fetch-Site: same-site\r\n",
        "Origin: null\r\nSec-Fetch-Site: cross-site\r\n",
    ] {
        for begin in begins {
            assert_eq!(status(begin, other), "401", "{begin} {other}");
        }
    }
}

#[test]
fn each_listener_answers_for_what_can_reach_it() {
    let program = Program::new();
    let socket = program.folder().join("socket");
    let unix = format!("unix:{}", socket.display());
    let server = program.serves(&["--listen", &unix, "--listen", "0.0.0.0:0"]);
    let request = "GET /api/time HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n";
    assert!(ask(server.address, request).starts_with("HTTP/1.1 421 "));
    // A proxy has passed on the host, and no page can reach the socket itself.
    let mut answer = String::new();
    let mut socket = UnixStream::connect(socket).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn options_says_what_every_path_supports() {
    let world = World::answering(Hosts::Any, Origins::default());
    for (path, methods) in [
        ("/", "GET,HEAD"),
        ("/status", "GET,HEAD"),
        ("/sse", "GET,HEAD"),
        ("/topics", "GET,HEAD"),
        ("/topics/a", "GET,HEAD,POST,DELETE"),
        ("/api/time", "GET,HEAD"),
        ("/login", "POST,DELETE"),
        ("/chat/lobby", "GET,HEAD,POST"),
        ("/healthz", "GET,HEAD"),
        ("/pkg/belfry.abc.js", "GET,HEAD"),
        ("/robots.txt", "GET,HEAD"),
        ("/nothing/here", "GET,HEAD"),
        ("*", "GET,HEAD"),
    ] {
        let request = Request::builder().method(Method::OPTIONS).uri(path);
        let answer = world.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.headers()["allow"], format!("{methods},OPTIONS"), "{path}");
        assert!(!answer.headers().contains_key("content-type"), "{path}");
        assert_eq!(text(answer).await, "", "{path}");
    }
}
