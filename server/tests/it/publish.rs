//! Publishing over HTTP: what is accepted, what is refused and in which words, and what readers see.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header::AUTHORIZATION, request},
};
use tokio::time::{Duration, timeout};
use wire::{problem::ProblemDocument, topics::Receipt};

use crate::world::{World, next, text};

fn world() -> World {
    World::ticking_every(Duration::from_secs(3600))
}

/// A publish with a token for every topic.
fn publish(world: &World, path: &str) -> request::Builder {
    let token = world.token(&["*"], &[]);
    Request::post(format!("/topics/{path}")).header(AUTHORIZATION, format!("Bearer {token}"))
}

async fn send(world: &World, request: request::Builder, data: impl Into<Body>) -> Response<Body> {
    world.ask(request.body(data.into()).unwrap()).await
}

/// The problem that an answer tells.
async fn problem(response: Response<Body>) -> ProblemDocument {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status();
    let problem: ProblemDocument = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(problem.status, status.as_u16());
    problem
}

async fn receipt(response: Response<Body>) -> Receipt {
    assert_eq!(response.status(), StatusCode::OK);
    serde_json::from_str(&text(response).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_tells_the_cursor_the_sequence_and_who_followed() {
    let world = world();
    let _reader = world.get("/sse?topic=a").await;
    let receipt = receipt(send(&world, publish(&world, "a?also=b&type=price"), "7").await).await;
    let cursor = world.hub.log().cursor(1).to_string();
    assert_eq!(receipt, Receipt { id: cursor, sequence: 1, readers: 1 });
}

#[tokio::test(start_paused = true)]
async fn a_method_that_an_address_does_not_know_is_a_problem() {
    let world = world();
    for (path, known) in
        [("/topics/a", "GET,HEAD,POST,DELETE,OPTIONS"), ("/sse", "GET,HEAD,OPTIONS")]
    {
        let answer = send(&world, Request::put(path), "").await;
        assert_eq!(answer.headers()["allow"], known, "{path}");
        let problem = problem(answer).await;
        assert_eq!(problem.status, 405);
        assert_eq!(problem.detail, "PUT is not supported here; see the Allow header");
    }
}

#[tokio::test(start_paused = true)]
async fn every_field_but_the_data_is_checked_and_no_reader_is_disturbed() {
    let world = world();
    let mut reader = world.get("/sse?topic=a").await.into_body();
    next(&mut reader).await.unwrap();
    let mut refused = 0;
    for bad in [
        "%0A",
        "x%0Ay",
        "x%0D",
        "%00",
        "x%1B",
        "%7F",
        "%C2%85",
        "%E2%80%AE",
        "%E2%80%A8",
        "%EF%BB%BF",
    ] {
        let cases = [
            (format!("a{bad}"), "topic"),
            (format!("a?type={bad}"), "type"),
            (format!("a?also=b{bad}"), "also"),
            (format!("a?private={bad}"), "private"),
        ];
        for (path, field) in cases {
            let problem = problem(send(&world, publish(&world, &path), "x").await).await;
            assert_eq!((problem.status, problem.field.as_deref()), (400, Some(field)), "{path}");
            refused += 1;
        }
    }
    assert_eq!(refused, 40);
    // A header holds no control characters, but bytes beyond ASCII.
    for (name, field) in [("Event-Type", "type"), ("Idempotency-Key", "Idempotency-Key")] {
        for bad in ["\u{202e}", "\u{2028}", "\u{85}", "\u{feff}"] {
            let request = publish(&world, "a").header(name, bad.as_bytes());
            let problem = problem(send(&world, request, "x").await).await;
            assert_eq!((problem.status, problem.field.as_deref()), (400, Some(field)));
        }
        let problem =
            problem(send(&world, publish(&world, "a").header(name, &b"\xff"[..]), "x").await);
        assert!(problem.await.detail.ends_with("must be valid UTF-8"));
    }
    assert_eq!(world.hub.log().tail().last(), 0);
    assert!(timeout(Duration::from_secs(14), next(&mut reader)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_named() {
    let world = world();
    for (path, status, field) in [
        ("a//b", 400, "topic"),
        ("a/..", 400, "topic"),
        ("%2E", 400, "topic"),
        ("a*", 400, "topic"),
        ("%FF", 400, "topic"),
        (&"a".repeat(256), 400, "topic"),
        (&format!("a?type={}", "t".repeat(256)), 400, "type"),
        ("a?type=", 400, "type"),
        ("a?type=gap", 400, "type"),
        ("a?type=session", 400, "type"),
        ("a?type=readers", 400, "type"),
        ("a?type=expired", 400, "type"),
        ("a?type=purged", 400, "type"),
        ("a?type=open", 400, "type"),
        ("a?type=error", 400, "type"),
        ("a?private=maybe", 400, "private"),
        ("a?private=1&private=0", 400, "private"),
        ("a?privat=1", 400, "query"),
        ("time", 403, "topic"),
        ("status", 403, "topic"),
        ("here/lobby", 403, "topic"),
        ("a?also=here/lobby", 403, "topic"),
        ("a?also=readers", 403, "topic"),
    ] {
        let problem = problem(send(&world, publish(&world, path), "x").await).await;
        assert_eq!((problem.status, problem.field.as_deref()), (status, Some(field)), "{path}");
    }
    let many: String = (0..16).map(|number| format!("&also=t{number}")).collect();
    let problem_of =
        async |request, data: Vec<u8>| problem(send(&world, request, data).await).await;
    let also = problem_of(publish(&world, &format!("a?{many}")), vec![]).await;
    assert_eq!(also.field.as_deref(), Some("also"));
    let twice = publish(&world, "a?type=one").header("event-type", "two");
    assert_eq!(problem_of(twice, vec![]).await.field.as_deref(), Some("type"));
    let not_text = problem_of(publish(&world, "a"), vec![b'a', 0xff]).await;
    assert_eq!(not_text.detail, "data must be valid UTF-8");
    let large = problem_of(publish(&world, "a"), vec![b'a'; 1024 * 1024 + 1]).await;
    assert_eq!((large.status, large.field.as_deref()), (413, Some("data")));
    assert_eq!(world.hub.log().tail().last(), 0, "nothing was published");
}

#[tokio::test(start_paused = true)]
async fn any_text_of_up_to_a_mebibyte_arrives_as_it_was() {
    let world = world();
    let largest = "é".repeat(512 * 1024);
    for data in ["", "\0", "a\0b", "\r\n\r\nevent: forged\n\n", "\u{feff}", &largest] {
        receipt(send(&world, publish(&world, "a"), data.to_owned()).await).await;
    }
    let history = text(world.get("/topics/a").await).await;
    let history: wire::topics::History = serde_json::from_str(&history).unwrap();
    let datas: Vec<_> = history.events.iter().map(|event| &*event.data).collect();
    assert_eq!(datas, ["", "\0", "a\0b", "\r\n\r\nevent: forged\n\n", "\u{feff}", &largest]);
}

#[tokio::test(start_paused = true)]
async fn the_same_key_publishes_once_and_for_another_body_it_is_refused() {
    let world = world();
    let with_key = |data: &'static str| {
        send(&world, publish(&world, "a").header("idempotency-key", "order 7"), data)
    };
    let first = receipt(with_key("x").await).await;
    let again = receipt(with_key("x").await).await;
    assert_eq!((first.id, first.sequence), (again.id, again.sequence));
    let other = problem(with_key("y").await).await;
    assert_eq!((other.status, other.field.as_deref()), (422, Some("Idempotency-Key")));
    assert_eq!(world.hub.log().tail().last(), 1);
}
