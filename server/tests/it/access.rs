//! The access log and the ids of requests: one line each, whatever a client sends, and never a token.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use axum::{body::Body, http::Request};
use serde_json::Value;
use server::web::client::trust::{Proxy, Trust};

use crate::{program::Program, serving::Serving, world::World};

/// Something that only looks like a token, and may stand in no line.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl";

/// Requests, each with what its line holds.
fn hostile() -> Vec<(String, &'static str)> {
    let get = |target: &str, headers: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: belfry\r\n{headers}Connection: close\r\n\r\n")
    };
    vec![
        (get("/healthz", ""), "/healthz"),
        (get(&format!("/sse?token={TOKEN}&topic=time&topic=@"), ""), "/sse"),
        (get("/one", &format!("Authorization: Bearer {TOKEN}\r\n")), "/one"),
        (get("/two", &format!("Cookie: belfry-token={TOKEN}\r\n")), "/two"),
        (get("/three%0d%0aINFO%20access:%20forged", ""), "/three%0d%0aINFO"),
        (get("/four\"}{\"forged\":\"", ""), "/four%22}{%22forged"),
        (get("/five/é/\u{2028}/\u{202e}", ""), "/five/%C3%A9/%E2%80%A8/%E2%80%AE"),
        (get("/six", "X-Request-Id: a\"b\r\n"), "/six"),
        (get(&format!("/seven/{}", "x".repeat(8000)), ""), "/seven/xxx"),
        (
            "BREW\u{7c}POT /eight HTTP/1.1\r\nHost: belfry\r\nConnection: close\r\n\r\n".into(),
            "/eight",
        ),
    ]
}

fn ask(serving: &Serving, request: &str) -> String {
    let mut stream = TcpStream::connect(serving.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The lines about requests, and all lines, that are logged in a format.
fn logged(format: &str) -> (Vec<String>, String) {
    let program = Program::new();
    let serving = program.serves(&["--access-log", "on", "--log-format", format]);
    for (request, _) in hostile() {
        let answer = ask(&serving, &request);
        assert!(answer.contains("x-request-id: "), "{request} {answer}");
    }
    serving.signal(rustix::process::Signal::TERM);
    let (_, log) = serving.ended();
    (log.lines().filter(|line| line.contains("access")).map(str::to_owned).collect(), log)
}

#[test]
fn whatever_a_client_sends_makes_one_line_of_text() {
    let (lines, log) = logged("text");
    assert_eq!(lines.len(), hostile().len(), "{log}");
    for (line, (_, part)) in lines.iter().zip(hostile()) {
        assert!(line.contains(&format!("path=\"{part}")), "{part}: {line}");
        assert!(line.len() < 2000 && !line.chars().any(char::is_control), "{line}");
        for field in
            ["request_id=\"", "client=127.0.0.1", "method=", "status=", "bytes=", "duration_ms="]
        {
            assert!(line.contains(field), "{line}");
        }
    }
    assert!(!log.contains("c2VjcmV0"), "a token is logged: {log}");
}

#[test]
fn whatever_a_client_sends_makes_one_object_of_json() {
    let (lines, log) = logged("json");
    assert_eq!(lines.len(), hostile().len(), "{log}");
    for (line, (_, part)) in lines.iter().zip(hostile()) {
        let said: Value = serde_json::from_str(line).unwrap();
        assert!(said["path"].as_str().unwrap().starts_with(part), "{line}");
        assert!(said["status"].is_u64() && said["duration_ms"].is_u64(), "{line}");
        assert!(said["request_id"].as_str().unwrap().len() == 32 && line.len() < 2500, "{line}");
    }
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    assert!(!log.contains("c2VjcmV0"), "a token is logged: {log}");
}

#[test]
fn a_stream_is_logged_once_when_it_ends() {
    let program = Program::new();
    let serving = program.serves(&["--access-log", "on", "--interval", "100ms"]);
    drop(serving.reader());
    let line = serving.logged("path=\"/sse\"");
    assert!(line.contains("status=200") && !line.contains("bytes=0 "), "{line}");
    serving.signal(rustix::process::Signal::TERM);
    assert!(!serving.ended().1.contains("path=\"/sse\""));
}

#[test]
fn unless_asked_for_no_request_is_logged() {
    let program = Program::new();
    let serving = program.serves(&[]);
    ask(&serving, &hostile()[0].0);
    serving.signal(rustix::process::Signal::TERM);
    assert!(!serving.ended().1.contains("healthz"));
}

#[tokio::test(start_paused = true)]
async fn an_id_is_taken_from_a_trusted_proxy_and_otherwise_made() {
    let id = async |world: &World| {
        let request = Request::get("/healthz").header("x-request-id", "of-the-proxy");
        let answer = world.ask(request.body(Body::empty()).unwrap()).await;
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    let stranger = World::ticking_every(std::time::Duration::from_secs(3600));
    let (one, other) = (id(&stranger).await, id(&stranger).await);
    assert!(one.len() == 32 && one != other, "{one} {other}");
    let proxies = vec![Proxy::Network("192.0.2.0/24".parse().unwrap())];
    let world = World::with_trust(Trust { proxies, ..Trust::default() });
    assert_eq!(id(&world).await, "of-the-proxy");
}
