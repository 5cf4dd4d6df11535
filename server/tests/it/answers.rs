//! What all JSON answers have in common: they end with a newline, for those who read them in a terminal.

use std::time::Duration;

use axum::{
    body::Body,
    http::{
        Request,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
};

use crate::world::{World, text};

#[tokio::test(start_paused = true)]
async fn every_answer_in_json_is_one_line() {
    let world = World::ticking_every(Duration::from_secs(3600));
    let token = format!("Bearer {}", world.token(&["a"], &[]));
    for (method, path, body) in [
        ("POST", "/topics/a", "data"),
        ("GET", "/topics/a", ""),
        ("GET", "/topics/b", ""),
        ("GET", "/topics", ""),
        ("DELETE", "/topics/a", ""),
        ("GET", "/topics?limit=none", ""),
        ("POST", "/login", ""),
        ("GET", "/sse?topic=//", ""),
        ("POST", "/chat/lobby", "name=Ada&text=Hello"),
        ("POST", "/chat/lobby", "name=Ada"),
        ("GET", "/api/time", ""),
        ("GET", "/api/status", ""),
        ("GET", "/api/page?address=/", ""),
        ("GET", "/api/page", ""),
    ] {
        let request = Request::builder().method(method).uri(path).header(AUTHORIZATION, &token);
        let form = "application/x-www-form-urlencoded";
        let request = request.header(CONTENT_TYPE, form).body(Body::from(body)).unwrap();
        let answer = world.ask(request).await;
        if answer.status() == 204 {
            continue;
        }
        let content_type = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        assert!(content_type.ends_with("json"), "{method} {path}: {content_type}");
        let said = text(answer).await;
        assert!(said.ends_with("}\n") && said.lines().count() == 1, "{method} {path}: {said:?}");
    }
}
