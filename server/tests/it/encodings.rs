//! Every answer whose type can say so names its charset: some clients take text without one for Latin-1.

use std::path::Path;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};

use crate::world::World;

const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const STREAM: &str = "text/event-stream; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
/// JSON is UTF-8 always, and its types know no such parameter (RFC 8259, section 11; RFC 9457, section 3).
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
const MANIFEST: &str = "application/manifest+json";
/// XML says it itself, and is UTF-8 otherwise (RFC 7303, section 3.2).
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";
const ICO: &str = "image/x-icon";
const WASM: &str = "application/wasm";

/// Every route, every kind of file and every kind of refusal: what is asked, with a body, and the type of
/// the answer; the empty one where there is no body.
const ANSWERS: [(&str, &str, &str, &str); 44] = [
    ("GET", "/", "", HTML),
    ("HEAD", "/", "", HTML),
    ("GET", "/status", "", HTML),
    ("GET", "/console?topic=时", "", HTML),
    ("GET", "/chat", "", HTML),
    ("GET", "/chat/lobby", "", HTML),
    ("POST", "/chat/lobby", "name=%E6%97%B6&text=", HTML),
    ("POST", "/chat/lobby/here", "browser=a&tab=b", ""),
    ("GET", "/chat/a//b", "", HTML),
    ("GET", "/nothing", "", HTML),
    ("GET", "/api/page?address=/", "", JSON),
    ("GET", "/api/page", "", PROBLEM),
    ("GET", "/api/time", "", JSON),
    ("GET", "/api/status", "", JSON),
    ("GET", "/language?tag=en&to=/", "", ""),
    ("GET", "/language?tag=xx", "", PROBLEM),
    ("GET", "/healthz", "", PLAIN),
    ("GET", "/readyz", "", PLAIN),
    ("GET", "/sse", "", STREAM),
    ("HEAD", "/sse", "", STREAM),
    ("GET", "/sse?format=x", "", PROBLEM),
    ("GET", "/topics", "", JSON),
    ("GET", "/topics/时", "", JSON),
    ("GET", "/topics/a?limit=x", "", PROBLEM),
    ("POST", "/topics/时", "入 and ✅", JSON),
    ("POST", "/topics/a*b", "x", PROBLEM),
    ("DELETE", "/topics/时", "", PROBLEM),
    ("PUT", "/topics/a", "x", PROBLEM),
    ("POST", "/login", "x", PROBLEM),
    ("DELETE", "/login", "", ""),
    ("POST", "/logout", "to=/", ""),
    ("PATCH", "/", "", PROBLEM),
    ("GET", "/pkg/belfry.abc.js", "", JAVASCRIPT),
    ("GET", "/pkg/belfry.abc.css", "", CSS),
    ("GET", "/pkg/belfry.abc.wasm", "", WASM),
    ("GET", "/pkg/nothing.js", "", PLAIN),
    ("GET", "/robots.txt", "", PLAIN),
    ("GET", "/manifest.webmanifest", "", MANIFEST),
    ("GET", "/icon.svg", "", SVG),
    ("GET", "/noscript.css", "", CSS),
    ("GET", "/favicon.png", "", PNG),
    ("GET", "/favicon.ico", "", ICO),
    ("GET", "/documents/operations.md", "", PLAIN),
    ("GET", "/%00", "", PLAIN),
];

#[tokio::test(start_paused = true)]
async fn every_text_says_its_encoding() {
    let world = World::ticking_every(std::time::Duration::from_secs(3));
    let token = world.token(&["*"], &["*"]);
    let mut wrong = Vec::new();
    for (method, path, body, expected) in ANSWERS {
        let uri = path.replace('时', "%E6%97%B6");
        let mut request = Request::builder().method(Method::try_from(method).unwrap()).uri(&uri);
        if path != "/login" {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request = request.header("accept", "text/html, */*");
        request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = world.ask(request.body(Body::from(body)).unwrap()).await;
        let said = answer.headers().get("content-type").map(|said| said.to_str().unwrap());
        if said.unwrap_or_default() != expected {
            wrong.push(format!("{method} {path}: {said:?} and not {expected:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn no_kind_of_file_is_left_out() {
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    for file in std::fs::read_dir(public).unwrap() {
        let path = file.unwrap().path();
        let extension = path.extension().unwrap().to_str().unwrap();
        let known = ANSWERS.iter().any(|(_, asked, ..)| asked.ends_with(extension));
        assert!(known, "{path:?}: how is it sent?");
    }
}

#[tokio::test(start_paused = true)]
async fn the_names_that_no_file_can_have_are_not_looked_for() {
    let world = World::ticking_every(std::time::Duration::from_secs(3));
    for method in [Method::GET, Method::HEAD, Method::POST] {
        let status = async |path: &str| {
            let request = Request::builder().method(method.clone()).uri(path);
            world.ask(request.body(Body::empty()).unwrap()).await.status()
        };
        for folder in ["", "/pkg"] {
            for name in ["%00", "a%00b.css", "x/%00/y", &"a".repeat(256)] {
                let found = status(&format!("{folder}/{name}")).await;
                assert_eq!(found, StatusCode::NOT_FOUND, "{method} {folder}/{name}");
            }
            for length in [2048, 4096, 8192] {
                let found = status(&format!("{folder}{}", "/abc".repeat(length / 4 + 1))).await;
                assert_eq!(found, StatusCode::URI_TOO_LONG, "{method} {folder}, {length} bytes");
            }
        }
    }
}
