//! Answers that are compressed on request, those that never are, and files that a browser already has.

use std::{io::Read, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Request, Response, StatusCode},
};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use server::status::Visibility;
use wire::topics::History;

use crate::{
    status::status,
    world::{BEGIN, World, next, text},
};

type Headers<'a> = &'a [(&'a str, &'a str)];

const GZIP: Headers<'static> = &[("accept-encoding", "gzip, deflate, br")];

async fn ask(world: &World, path: &str, headers: Headers<'_>) -> Response<Body> {
    let request =
        headers.iter().fold(Request::get(path), |it, (name, value)| it.header(*name, *value));
    world.ask(request.body(Body::empty()).unwrap()).await
}

fn said<'a>(answer: &'a Response<Body>, name: &str) -> Vec<&'a str> {
    answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

/// The text of a compressed answer, and how many bytes came.
async fn unpacked(answer: Response<Body>) -> (String, usize) {
    assert_eq!(said(&answer, "content-encoding"), ["gzip"]);
    let packed = answer.into_body().collect().await.unwrap().to_bytes();
    let mut text = String::new();
    GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
    (text, packed.len())
}

/// A world whose status has been measured for ten minutes.
fn measured() -> World {
    let world = World::showing(Visibility::Public);
    for index in 0..300 {
        world.health.tell(status(BEGIN + index * 2_000_000));
    }
    world
}

#[tokio::test(start_paused = true)]
async fn pages_and_data_are_compressed_for_who_asks() {
    let world = measured();
    for (path, holds) in [
        ("/", "</html>"),
        ("/status", "</html>"),
        ("/api/status", "\"latency_us\":["),
        ("/api/page?address=/status", "\"latency_us\":["),
        ("/documents/operations.md", "# "),
    ] {
        let plain = ask(&world, path, &[]).await;
        assert!(said(&plain, "content-encoding").is_empty(), "{path}");
        assert!(said(&plain, "vary").join(",").contains("accept-encoding"), "{path}");
        let plain = text(plain).await;
        let answer = ask(&world, path, GZIP).await;
        assert!(said(&answer, "vary").join(",").contains("accept-encoding"), "{path}");
        let (text, bytes) = unpacked(answer).await;
        assert!(text.contains(holds), "{path}: {text}");
        // A nonce has always as many characters.
        assert_eq!(text.len(), plain.len(), "{path}");
        assert!(bytes * 2 < plain.len(), "{path}: {bytes} of {}", plain.len());
    }
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_status_take_few_bytes() {
    let (text, bytes) = unpacked(ask(&measured(), "/status", GZIP).await).await;
    assert!(text.len() > 40_000 && bytes < 10_000, "{bytes} of {}", text.len());
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_never_compressed() {
    let world = World::showing(Visibility::Public);
    for path in ["/sse", "/sse?topic=a&format=json"] {
        let answer = ask(&world, path, GZIP).await;
        assert!(said(&answer, "content-encoding").is_empty(), "{path}");
        let mut body = answer.into_body();
        let first: Bytes = next(&mut body).await.unwrap();
        assert!(std::str::from_utf8(&first).unwrap().contains("retry:"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn history_is_compressed_piece_by_piece() {
    let world = World::ticking_every(Duration::from_secs(3600));
    for number in 0..8 {
        world.publish("a", &format!("{number} {}", "many words ".repeat(4000))).await;
    }
    let plain = text(ask(&world, "/topics/a", &[]).await).await;
    let (text, bytes) = unpacked(ask(&world, "/topics/a", GZIP).await).await;
    assert_eq!(text, plain);
    assert!(plain.len() > 300_000 && bytes < plain.len() / 20, "{bytes} of {}", plain.len());
    let history: History = serde_json::from_str(&text).unwrap();
    assert_eq!(history.events.len(), 8);
    let (list, _) = unpacked(ask(&world, "/topics", GZIP).await).await;
    assert!(list.contains(r#""topic":"a""#), "{list}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_another_site_leads_to_is_not_compressed_for_who_is_known_here() {
    let world = World::showing(Visibility::Public);
    let other = [("accept-encoding", "gzip"), ("sec-fetch-site", "cross-site"), ("cookie", "a=b")];
    let answer = ask(&world, "/console?topic=a", &other).await;
    assert!(said(&answer, "content-encoding").is_empty());
    let answer = ask(&world, "/console?topic=a", &other[..2]).await;
    unpacked(answer).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_has_a_validator_by_which_it_is_not_sent_twice() {
    let world = World::showing(Visibility::Public);
    let mut tags = Vec::new();
    for (path, headers) in
        [("/robots.txt", &[][..]), ("/pkg/belfry.abc.css", &[]), ("/pkg/belfry.abc.css", GZIP)]
    {
        let answer = ask(&world, path, headers).await;
        let [tag] = said(&answer, "etag")[..] else { panic!("{path}: {answer:?}") };
        let again: Vec<_> = headers
            .iter()
            .copied()
            // An older date counts for nothing beside the validator.
            .chain([("if-none-match", tag), ("if-modified-since", "Sat, 01 Jan 2000 00:00:00 GMT")])
            .collect();
        let again = ask(&world, path, &again).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(said(&again, "etag"), [tag], "{path}");
        assert!(said(&again, "cache-control")[0].starts_with("public"), "{path}");
        assert_eq!(text(again).await, "");
        let old = ask(&world, path, &[headers, &[("if-none-match", "\"old\"")]].concat()).await;
        assert_eq!(old.status(), StatusCode::OK, "{path}");
        tags.push(tag.to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "each form has its own: {tags:?}");
    // A 304 would renew a page's nonce and not its text.
    assert!(said(&ask(&world, "/", &[]).await, "etag").is_empty());
}
