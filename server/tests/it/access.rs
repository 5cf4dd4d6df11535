//! The access log and the ids of requests: one line each, whatever a client sends, and never a token.

use std::{
    io::{BufRead, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
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
        (get(&format!("/nine/{}", "x".repeat(20_000)), ""), "/nine/xxx"),
        // No requests: nothing of them is repeated.
        (get("/\0", &format!("Cookie: belfry-token={TOKEN}\r\n")), ""),
        (get(&format!("/?{TOKEN}"), &format!("X: {}\r\n", "x".repeat(70_000))), ""),
        (
            "BREW\u{7c}POT /eight HTTP/1.1\r\nHost: belfry\r\nConnection: close\r\n\r\n".into(),
            "/eight",
        ),
    ]
}

fn ask(serving: &Serving, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(serving.address).unwrap();
    // What is too large is refused before all of it was sent.
    let _ = stream.write_all(request.as_ref());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// What nobody should send, but somebody does.
const PIECES: [&[u8]; 14] = [
    b"\n",
    b"\r\n",
    b"\r",
    b"\nINFO access: request_id=\"forged\" status=200",
    b"\x1b[31m\x1b]0;title\x07",
    b"\0",
    b"\x7f\x08\x0b",
    "\u{85}\u{2028}\u{2029}".as_bytes(),
    "\u{202e}\u{2066}\u{feff}".as_bytes(),
    b"\xff\xfe\xc0\x80",
    b"%0a%0d%1b%e2%80%a8",
    b"\"}\n{\"level\":\"forged\"",
    b"{} {:?} %s %n",
    b"",
];

/// Each piece at each place, once as it is and once in 100 KB of itself, with a token wherever one may be. A
/// connection ends with the answer.
fn disorderly() -> Vec<Vec<u8>> {
    let head = |line: &[u8], more: &[u8]| {
        let auth = format!(
            "Host: belfry\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
             Cookie: belfry-token={TOKEN}\r\n"
        );
        [line, b" HTTP/1.1\r\n", auth.as_bytes(), more, b"\r\n"].concat()
    };
    let query = format!("token={TOKEN}&access_token={TOKEN}");
    let mut all = Vec::new();
    for piece in PIECES {
        let long = piece.repeat(100_000_usize.checked_div(piece.len()).unwrap_or(0));
        for piece in [piece, &long] {
            let target = |before: &str| [before.as_bytes(), piece, b"?", query.as_bytes()].concat();
            let header = |name: &str| [name.as_bytes(), b": a", piece, b"b\r\n"].concat();
            let form = [format!("name=Ada&text={TOKEN}").as_bytes(), piece].concat();
            let length = format!("Content-Length: {}\r\n", form.len());
            all.extend([
                head(&target("GET /a"), b""),
                head(&target("GET /sse?topic=a"), b""),
                head(&[piece, b" /?", query.as_bytes()].concat(), b""),
                head(b"GET /healthz", &header("X-Request-Id")),
                head(b"GET /healthz", &header("X-Forwarded-For")),
                head(b"GET /", &header("Accept-Language")),
                head(b"GET /healthz", &header("Host")),
                [head(b"POST /login", length.as_bytes()), form.clone()].concat(),
                [head(b"POST /chat/lobby", length.as_bytes()), form.clone()].concat(),
            ]);
        }
    }
    all
}

#[test]
fn each_request_is_one_line_whatever_it_holds() {
    for format in ["text", "json"] {
        let program = Program::new();
        let flags = ["--access-log", "on", "--log", "debug", "--log-format", format];
        let serving = program.serves(&flags);
        let mut answers = 0;
        for request in disorderly() {
            let answer = ask(&serving, &request);
            let answered = answer.matches("HTTP/1.1 ").count();
            assert!(answered <= 1, "{answer}");
            answers += answered;
        }
        assert!(answers > 200, "{answers}");
        serving.signal(rustix::process::Signal::TERM);
        let (_, log) = serving.ended();
        let of_access = |line: &&str| {
            let object: Option<Value> = serde_json::from_str(line).ok();
            let target = object.map(|object| object["target"] == "access");
            target.unwrap_or_else(|| line.contains(" access: request_id="))
        };
        assert_eq!(log.lines().filter(of_access).count(), answers, "{format}: {log}");
        for line in log.lines() {
            let begins = if format == "json" { "{\"timestamp\":\"20" } else { "20" };
            assert!(line.starts_with(begins) && line.len() < 4096, "{format}: {line}");
            let breaks = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
            assert!(!line.contains(breaks), "{format}: {line:?}");
        }
        assert!(!log.contains("c2VjcmV0"), "{format}: a token is logged");
    }
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
        let end = if part.is_empty() { "\"" } else { "" };
        assert!(line.contains(&format!("path=\"{part}{end}")), "{part}: {line}");
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
        let path = said["path"].as_str().unwrap();
        assert!(path.starts_with(part) && path.is_empty() == part.is_empty(), "{line}");
        assert!(said["status"].is_u64() && said["duration_ms"].is_u64(), "{line}");
        assert!(said["request_id"].as_str().unwrap().len() == 32 && line.len() < 2500, "{line}");
    }
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    assert!(!log.contains("c2VjcmV0"), "a token is logged: {log}");
}

#[test]
fn a_stream_is_logged_once_when_it_ends_with_what_was_sent_and_for_how_long() {
    // By writers, and by hyper.
    for writers in [&[][..], &["--writers", "0"]] {
        let program = Program::new();
        let flags = [&["--access-log", "on", "--interval", "100ms"], writers].concat();
        let serving = program.serves(&flags);
        let (mut reader, began) = (serving.reader(), Instant::now());
        let mut line = String::new();
        while began.elapsed() < Duration::from_millis(250) {
            reader.read_line(&mut line).unwrap();
        }
        drop(reader);
        let at_least = began.elapsed().as_millis();
        let line = serving.logged("path=\"/sse\"");
        let number = |name: &str| -> u128 {
            let value = line.split(name).nth(1).unwrap_or_else(|| panic!("no {name} in {line}"));
            value.split(' ').next().unwrap().parse().unwrap()
        };
        assert!(line.contains("method=\"GET\"") && line.contains("status=200"), "{line}");
        assert!(number("duration_ms=") >= at_least, "{line}, not {at_least}");
        serving.signal(rustix::process::Signal::TERM);
        assert!(!serving.ended().1.contains("path=\"/sse\""));
    }
}

/// What a stream in chunks carries, as far as it has come.
fn carried(chunks: &str) -> usize {
    let (mut carried, mut rest) = (0, chunks);
    while let Some((length, more)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        carried += length;
        rest = more.get(length + 2..).unwrap_or_default();
    }
    carried
}

#[test]
fn the_bytes_of_a_stream_are_those_that_it_carries() {
    // By writers, by hyper, and with a heartbeat.
    let streams: [(&[&str], &str, &str); 3] = [
        (&[], "/sse", "data: "),
        (&["--writers", "0"], "/sse", "data: "),
        (&[], "/sse?topic=a", "\r\n3\r\n:\n\n\r\n"),
    ];
    for (writers, path, awaited) in streams {
        let program = Program::new();
        let flags = [&["--access-log", "on", "--interval", "100ms"], writers].concat();
        let serving = program.serves(&flags);
        let mut stream = TcpStream::connect(serving.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let (mut all, mut piece) = (String::new(), [0; 4096]);
        while !all.contains(awaited) {
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "it ends after {all}");
            all += std::str::from_utf8(&piece[..read]).unwrap();
        }
        serving.signal(rustix::process::Signal::TERM);
        stream.read_to_string(&mut all).unwrap();
        let (_, chunks) = all.split_once("\r\n\r\n").unwrap();
        let line = serving.logged("path=\"/sse\"");
        assert!(line.contains(&format!(" bytes={} ", carried(chunks))), "{line} after {all}");
        assert_eq!(serving.ended().0, 0);
    }
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
    let id_of = async |world: &World, said: &str| {
        let request = Request::get("/healthz").header("x-request-id", said);
        let answer = world.ask(request.body(Body::empty()).unwrap()).await;
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    let stranger = World::ticking_every(std::time::Duration::from_secs(3600));
    let said = "of-the-proxy";
    let (one, other) = (id_of(&stranger, said).await, id_of(&stranger, said).await);
    assert!(one.len() == 32 && one != other, "{one} {other}");
    let proxies = vec![Proxy::Network("192.0.2.0/24".parse().unwrap())];
    let world = World::with_trust(Trust { proxies, ..Trust::default() });
    assert_eq!(id_of(&world, said).await, said);
    // What is no id is not passed on.
    for said in ["a b", "a\"b", "<script>", &"x".repeat(129)] {
        let id = id_of(&world, said).await;
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
}
