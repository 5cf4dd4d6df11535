//! What a visitor gets before any script runs.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use wire::probe::ProbeReply;

use crate::world::{BEGIN, World, text};

const INTERVAL: Duration = Duration::from_secs(3);

#[tokio::test(start_paused = true)]
async fn the_html_is_rendered_with_the_time() {
    let html = text(World::ticking_every(INTERVAL).get("/").await).await;
    assert!(html.contains("<title>05:18 UTC · Belfry</title>"), "{html}");
    assert!(html.contains(r#"<html lang="en">"#), "{html}");
    let main = &html[html.find("<main").unwrap()..html.find("</main>").unwrap()];
    insta::assert_snapshot!(main.replace("><", ">\n<"));
}

#[tokio::test(start_paused = true)]
async fn a_nonce_of_its_own_lets_the_pages_script_run_and_nothing_else() {
    let world = World::ticking_every(INTERVAL);
    let mut nonces = std::collections::HashSet::new();
    for _ in 0..2 {
        let response = world.get("/").await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert_eq!(
            policy,
            format!(
                "default-src 'self'; script-src 'strict-dynamic' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
                 style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; \
                 object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            )
        );
        let html = text(response).await;
        // A block of JSON does not run.
        let scripts = html.replace(r#"<script id="snapshot" type="application/json""#, "");
        let scripts = scripts.matches("<script").count();
        assert_eq!(scripts, html.matches(&format!(r#"nonce="{nonce}""#)).count() - 1, "{html}");
        assert!(!html.contains(" style="), "{html}");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_the_security_headers() {
    let world = World::ticking_every(INTERVAL);
    for path in ["/", "/sse", "/api/time", "/pkg/belfry.abc.js", "/robots.txt", "/nothing"] {
        let response = world.get(path).await;
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert_eq!(header("cross-origin-embedder-policy"), Some("require-corp"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_request_says_becomes_no_markup() {
    let world = World::ticking_every(INTERVAL);
    let request = Request::get("/").header("host", "\"><script>alert(1)</script>");
    let html = text(world.ask(request.body(Body::empty()).unwrap()).await).await;
    assert!(!html.contains("<script>alert"), "{html}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_could_mean_is_refused() {
    let world = World::ticking_every(INTERVAL);
    let two_hosts = Request::get("/").header("host", "one").header("host", "two");
    let response = world.ask(two_hosts.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    for name in ["a".repeat(256), "a".repeat(9000)] {
        for path in [format!("/{name}"), format!("/pkg/{name}")] {
            assert_eq!(world.get(&path).await.status(), StatusCode::NOT_FOUND);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn files_are_kept_as_long_as_their_name_says_their_content() {
    let world = World::ticking_every(INTERVAL);
    let kept = async |path| {
        let response = world.get(path).await;
        let kept =
            response.headers().get("cache-control").map(|it| it.to_str().unwrap().to_owned());
        (response.status(), kept)
    };
    let said = |value: &str| Some(value.to_owned());
    assert_eq!(
        kept("/pkg/belfry.abc.js").await,
        (StatusCode::OK, said("public, max-age=31536000, immutable"))
    );
    assert_eq!(kept("/robots.txt").await, (StatusCode::OK, said("public, max-age=3600")));
    assert_eq!(kept("/").await, (StatusCode::OK, said("private, no-cache")));
    assert_eq!(kept("/pkg/belfry.old.js").await, (StatusCode::NOT_FOUND, None));
    assert_eq!(kept("/nothing").await, (StatusCode::NOT_FOUND, None));
    assert_eq!(kept("/pkg/../../Cargo.toml").await, (StatusCode::NOT_FOUND, None));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_compressed_in_advance_is_sent_so() {
    let world = World::ticking_every(INTERVAL);
    let request = Request::get("/pkg/belfry.abc.css").header("accept-encoding", "gzip, br");
    let response = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-encoding"], "br");
    assert_eq!(response.headers()["vary"], "accept-encoding");
    assert_eq!(response.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(text(response).await, "p {} under brotli");
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_answered_with_the_instants_of_its_coming_and_going() {
    let response = World::ticking_every(INTERVAL).get("/api/time").await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let reply: ProbeReply = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!((reply.received, reply.sent), (BEGIN, BEGIN));
}

#[tokio::test(start_paused = true)]
async fn a_request_names_one_host_that_could_be_one() {
    let world = World::ticking_every(INTERVAL);
    let ask = async |path: &str, hosts: &[&str]| {
        let request = hosts.iter().fold(Request::get(path), |it, host| it.header("host", *host));
        let answer = world.ask(request.body(Body::empty()).unwrap()).await;
        (answer.status().as_u16(), text(answer).await)
    };
    for good in ["a.example", "a.example:8080", "[::1]:3000", "127.0.0.1"] {
        let (status, html) = ask("/", &[good]).await;
        assert!(status == 200 && html.contains(&format!("http://{good}/")), "{good}");
    }
    for bad in [&["a b"][..], &["a/<b>"], &["me@a.example"], &["a.example", "b.example"]] {
        let (status, problem) = ask("/", bad).await;
        assert!(status == 400 && problem.contains("Host must name exactly one host"), "{bad:?}");
    }
    // An empty one does not count, and what the first line names does.
    assert!(ask("/", &[""]).await.1.contains("http://localhost/"));
    assert!(
        ask("http://real.example/", &["other.example"]).await.1.contains("http://real.example/")
    );
}
