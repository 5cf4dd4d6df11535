//! Whom pages and streams belong to, and what happens to a stream when somebody signs in or out. Time is
//! virtual.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, StatusCode, header::COOKIE},
};
use server::{
    status::Visibility,
    token::{Claims, mint},
};
use tokio::time::timeout;
use wire::{identity::Identity, language::Language, page_data::PageData, probe::ProbeReply};

use crate::{
    chat::pages::snapshot,
    world::{BEGIN, World, next, secret, text},
};

const SECOND: Duration = Duration::from_secs(1);

fn world() -> World {
    World::ticking_every(3600 * SECOND)
}

/// Somebody's token that lasts for `lasts` seconds.
fn token(subject: &str, lasts: i64) -> String {
    let read = vec!["news".to_owned()];
    let exp = BEGIN / 1_000_000 + 1 + lasts;
    mint(&secret(), &Claims { read, sub: Some(subject.into()), exp, ..Claims::default() })
}

fn with_cookie(method: Method, path: &str, token: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("accept", "text/html");
    request.header(COOKIE, format!("belfry-token={token}")).body(Body::empty()).unwrap()
}

async fn page(world: &World, token: &str) -> Identity {
    let page = world.ask(with_cookie(Method::GET, "/", token)).await;
    assert_eq!(page.status(), StatusCode::OK);
    snapshot(&text(page).await).identity
}

/// The mark by which a page, the clock probe and a stream know who asks.
async fn marks(world: &World, token: &str) -> [String; 3] {
    let probe = world.ask(with_cookie(Method::GET, "/api/time", token)).await;
    let probe: ProbeReply = serde_json::from_str(&text(probe).await).unwrap();
    let stream = world.ask(with_cookie(Method::GET, "/sse?topic=news&session=1", token)).await;
    let session = if stream.status() == StatusCode::OK {
        let bytes = next(&mut stream.into_body()).await.unwrap();
        let session = String::from_utf8(bytes.to_vec()).unwrap();
        let data = session.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let session: wire::session::Session = serde_json::from_str(data).unwrap();
        session.identity
    } else {
        assert_eq!(stream.status(), StatusCode::UNAUTHORIZED);
        "refused".to_owned()
    };
    [page(world, token).await.mark, probe.identity, session]
}

#[tokio::test(start_paused = true)]
async fn a_page_a_probe_and_a_stream_know_the_same_identity() {
    let world = world();
    let mut seen = Vec::new();
    for token in [token("Ada", 10), token("Bob", 10), String::new(), "nonsense".to_owned()] {
        let [page, probe, stream] = marks(&world, &token).await;
        assert!(page == probe && probe == stream, "{page} {probe} {stream}");
        assert!(!seen.contains(&page), "{page}");
        assert!(!token.contains(&page) || page.is_empty());
        seen.push(page);
    }
    assert_eq!(seen[2..], ["", "refused"]);
    assert_eq!(marks(&world, &token("Ada", 20)).await[0], seen[0], "with a fresh token");
    for lasts in [10, 20] {
        let session = session(&world, &token("Ada", lasts)).await;
        assert_eq!(marks(&world, &session).await, [&*seen[0]; 3], "by a session");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_says_who_is_signed_in_until_when_and_whether_they_can_sign_out() {
    let world = world();
    let ada = page(&world, &token("Ada", 10)).await;
    assert_eq!((ada.subject.as_deref(), ada.cookie), (Some("Ada"), true));
    assert_eq!(ada.until.map(wire::tick::Tick::micros), Some((BEGIN / 1_000_000 + 11) * 1_000_000));
    assert_eq!(page(&world, "").await, Identity::default());
    assert_eq!(page(&world, "nonsense").await, Identity::refused());
    // A proxy has added it.
    let request = Request::get("/").header("authorization", format!("Bearer {}", token("Ada", 10)));
    let html = text(world.ask(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(snapshot(&html).identity, Identity { cookie: false, ..ada });
    assert!(!html.contains("/logout"));
    let html = text(world.ask(with_cookie(Method::GET, "/", &token("Ada", 10))).await).await;
    assert!(html.contains(r#"method="post" action="/logout""#), "without a script as well");
}

#[tokio::test(start_paused = true)]
async fn what_another_program_keeps_in_a_cookie_takes_nothing_away() {
    let world = world();
    let ours =
        ["belfry-language=zh-CN", &format!("belfry-token={}", token("Ada", 9)), "belfry-name=Bob"];
    for theirs in [&b"x=1"[..], "x=ü".as_bytes(), b"x=\xff", b"\xe9=1", b"x", b"=", b"x=\"\xff"] {
        for place in 0..=ours.len() {
            let mut all: Vec<_> = ours.iter().map(|cookie| cookie.as_bytes()).collect();
            all.insert(place, theirs);
            let request = Request::get("/chat/lobby").header("accept", "text/html");
            let request =
                request.header(COOKIE, HeaderValue::from_bytes(&all.join(&b"; "[..])).unwrap());
            let page = world.ask(request.body(Body::empty()).unwrap()).await;
            assert_eq!(page.status(), StatusCode::OK);
            let snapshot = snapshot(&text(page).await);
            let PageData::Room(Ok(room)) = snapshot.page else { panic!("no room") };
            assert_eq!(snapshot.language, Language::Chinese, "{theirs:?}");
            assert_eq!((snapshot.identity.subject.as_deref(), &*room.me), (Some("Ada"), "Bob"));
        }
    }
}

/// The session that begins when somebody signs in with a token.
async fn session(world: &World, token: &str) -> String {
    let answer = world.ask(Request::post("/login").body(token.to_owned().into()).unwrap()).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned()
}

/// Opens a stream with a cookie, and reads its beginning.
async fn stream(world: &World, token: &str) -> Body {
    let answer = world.ask(with_cookie(Method::GET, "/sse?topic=news", token)).await;
    let mut body = answer.into_body();
    next(&mut body).await.unwrap();
    body
}

/// Whether a stream ends within a second, and says why.
async fn ends(body: &mut Body) -> bool {
    let Ok(last) = timeout(SECOND, next(body)).await else { return false };
    let last = String::from_utf8(last.unwrap().to_vec()).unwrap();
    // It began at 01.4.
    assert_eq!(last, "event: expired\ndata: {\"until\":\"2026-11-22T05:18:01.400Z\"}\n\n");
    assert_eq!(next(body).await, None);
    true
}

#[tokio::test(start_paused = true)]
async fn signing_out_or_in_again_ends_the_streams_of_that_session_and_no_others() {
    for (way, by_session) in [
        ("DELETE /login", true),
        ("POST /logout", true),
        ("POST /login", true),
        // Earlier versions put the token itself into the cookie.
        ("DELETE /login", false),
    ] {
        let world = world();
        let (ada, bob) = (token("Ada", 100), token("Bob", 100));
        let ours = if by_session { session(&world, &ada).await } else { ada.clone() };
        let mut tabs = [stream(&world, &ours).await, stream(&world, &ours).await];
        let bearer =
            Request::get("/sse?topic=news").header("authorization", format!("Bearer {ada}"));
        let bearer = world.ask(bearer.body(Body::empty()).unwrap()).await;
        let mut others = [
            stream(&world, &bob).await,
            stream(&world, "").await,
            stream(&world, &session(&world, &ada).await).await,
            bearer.into_body(),
        ];
        next(&mut others[3]).await.unwrap();
        let (method, path) = way.split_once(' ').unwrap();
        let mut request = with_cookie(method.parse().unwrap(), path, &ours);
        *request.body_mut() = if path == "/login" { bob.clone().into() } else { Body::empty() };
        let answer = world.ask(request).await;
        assert!(answer.headers().contains_key("set-cookie"), "{way}");
        for stream in &mut tabs {
            assert!(ends(stream).await, "{way}");
        }
        for stream in &mut others {
            assert!(!ends(stream).await, "{way}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_signs_out_and_leads_back_and_another_sites_does_not() {
    let world = world();
    let ask = async |to: &str, site: &str| {
        let mut request = with_cookie(Method::POST, "/logout", "x");
        request.headers_mut().insert("sec-fetch-site", site.parse().unwrap());
        *request.body_mut() = format!("to={to}").into();
        world.ask(request).await
    };
    for (to, led) in [
        ("%2Fconsole%3Ftopic%3Da", "/console?topic=a"),
        ("%2Fstatus%3Flogin%3Dfailed", "/status"),
        ("", "/"),
        ("//evil.test", "/"),
        ("https://evil.test/", "/"),
    ] {
        let answer = ask(to, "same-origin").await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()["location"], led);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("belfry-token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"),
            "{cookie}"
        );
    }
    // A form that says nothing leads back to the page that it was sent from.
    for (referer, led) in [
        ("http://belfry.test/console?topic=a&login=failed", "/console?topic=a"),
        ("http://evil.test//evil.test", "/"),
        ("http://evil.test", "/"),
        ("about:blank", "/"),
    ] {
        let mut request = with_cookie(Method::POST, "/logout", "x");
        request.headers_mut().insert("referer", referer.parse().unwrap());
        assert_eq!(world.ask(request).await.headers()["location"], led, "{referer}");
    }
    let answer = ask("/", "cross-site").await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.headers().contains_key("set-cookie"));
}

/// The notices of a page that are not hidden, by their ids.
async fn notices(world: &World, path: &str, token: &str) -> Vec<&'static str> {
    let html = text(world.ask(with_cookie(Method::GET, path, token)).await).await;
    let shown = |id: &&str| {
        let opens = html.split(&format!(r#"<section id="{id}""#)).nth(1).expect(id);
        !opens.split('>').next().unwrap().contains("hidden")
    };
    ["ended", "barred"].into_iter().filter(shown).collect()
}

#[tokio::test(start_paused = true)]
async fn a_page_says_that_a_token_has_ended_or_was_not_accepted_just_now() {
    let world = world();
    for path in ["/", "/status", "/chat", "/chat/lobby", "/console?topic=a", "/nothing/here"] {
        assert_eq!(notices(&world, path, "").await, [""; 0], "{path}");
        assert_eq!(notices(&world, path, &token("Ada", 10)).await, [""; 0], "{path}");
        assert_eq!(notices(&world, path, "nonsense").await, ["ended"], "{path}");
    }
    assert_eq!(notices(&world, "/?login=failed", "").await, ["ended"]);
    assert_eq!(notices(&world, "/?login=else", "").await, [""; 0]);
    // Its own form says it.
    let gated = World::showing(Visibility::Token);
    assert_eq!(notices(&gated, "/status?login=failed", "").await, [""; 0]);
}
