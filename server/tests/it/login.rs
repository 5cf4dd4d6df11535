//! How a token becomes a session in a cookie, for whom, and how that ends. Time is virtual.

mod forms;
mod https;

use std::time::Duration;

use axum::{
    body::Body,
    http::{
        Method, Request, Response, StatusCode,
        header::{AUTHORIZATION, COOKIE},
    },
};
use server::{
    tally::Rule,
    token::{Claims, mint},
};
use wire::paths::FORGET_PATH;

use crate::world::{BEGIN, World, secret, text};

fn world() -> World {
    World::ticking_every(Duration::from_secs(3))
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A token for ten seconds that may publish to everything.
fn token(subject: &str) -> String {
    let sub = Some(subject.to_owned());
    let claims =
        Claims { publish: vec!["*".into()], sub, exp: BEGIN / 1_000_000 + 11, ..Claims::default() };
    mint(&secret(), &claims)
}

async fn ask(
    world: &World,
    method: Method,
    body: &str,
    headers: &[(&str, &str)],
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri("/login");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(body.to_owned().into()).unwrap()).await
}

fn cookie(answer: &Response<Body>) -> Option<&str> {
    answer.headers().get("set-cookie").map(|value| value.to_str().unwrap())
}

/// The session that an answer puts into a cookie for ten seconds.
fn session(answer: &Response<Body>) -> String {
    let (session, attributes) = cookie(answer).unwrap().split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/; Max-Age=10");
    session.strip_prefix("belfry-token=").unwrap().to_owned()
}

/// Signs in.
async fn sign_in(world: &World, token: &str) -> String {
    session(&ask(world, Method::POST, token, &[]).await)
}

/// The answer to a page of ours that publishes with a cookie.
async fn publish(world: &World, cookie: &str) -> Response<Body> {
    let request = Request::post("/topics/news").header(COOKIE, format!("belfry-token={cookie}"));
    let request = request.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    world.ask(request).await
}

/// The same with a header.
async fn publish_as_bearer(world: &World, token: &str) -> Response<Body> {
    let request = Request::post("/topics/news").header(AUTHORIZATION, format!("Bearer {token}"));
    world.ask(request.body(Body::empty()).unwrap()).await
}

async fn is_refused(answer: Response<Body>, why: &str) {
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{why}");
    assert_eq!(answer.headers()["www-authenticate"], r#"Bearer error="invalid_token""#);
    let said = text(answer).await;
    assert!(said.contains(why), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_token_becomes_a_session_until_it_ends() {
    let world = world();
    let token = token("Ada");
    let bearer = format!("Bearer {token}");
    let newline = format!("{token}\n");
    for (body, headers) in [
        (&*token, &[][..]),
        (&newline, &[("content-type", "text/plain")]),
        ("", &[("authorization", &*bearer)]),
        ("something else", &[("authorization", &*bearer)]),
    ] {
        let answer = ask(&world, Method::POST, body, headers).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let session = session(&answer);
        assert_eq!(text(answer).await, "");
        assert!(!session.contains(&token) && !token.contains(&session));
        assert_eq!(publish(&world, &session).await.status(), StatusCode::OK);
    }
    let session = sign_in(&world, &token).await;
    tokio::time::sleep(Duration::from_millis(10_600)).await;
    is_refused(publish(&world, &session).await, "the token has expired").await;
}

#[tokio::test(start_paused = true)]
async fn signing_out_ends_the_session_and_not_the_token() {
    for (method, path) in [(Method::DELETE, "/login"), (Method::POST, "/logout")] {
        let world = world();
        let token = token("Ada");
        let [copied, other] = [sign_in(&world, &token).await, sign_in(&world, &token).await];
        assert_ne!(copied, other);
        let request = Request::builder().method(method).uri(path);
        let request = request.header(COOKIE, format!("belfry-token={copied}"));
        let answer = world.ask(request.body(Body::empty()).unwrap()).await;
        assert!(cookie(&answer).unwrap().starts_with("belfry-token=; "), "{path}");
        is_refused(publish(&world, &copied).await, "the session has ended; sign in again").await;
        assert_eq!(publish(&world, &other).await.status(), StatusCode::OK);
        assert_eq!(publish_as_bearer(&world, &token).await.status(), StatusCode::OK);
        let again = sign_in(&world, &token).await;
        assert_eq!(publish(&world, &again).await.status(), StatusCode::OK);
    }
}

/// A tab that has been told of a refusal may come too late: somebody has signed in again.
#[tokio::test(start_paused = true)]
async fn what_is_refused_is_forgotten_and_nothing_else() {
    let world = world();
    let [ended, valid] =
        [sign_in(&world, &token("Ada")).await, sign_in(&world, &token("Bob")).await];
    let forget = async |path, session: &str| {
        let request = Request::delete(path).header(COOKIE, format!("belfry-token={session}"));
        world.ask(request.body(Body::empty()).unwrap()).await
    };
    forget("/login", &ended).await;
    let answer = forget(FORGET_PATH, &ended).await;
    assert!(cookie(&answer).unwrap().starts_with("belfry-token=; "));
    let answer = forget(FORGET_PATH, &valid).await;
    assert_eq!((answer.status(), cookie(&answer)), (StatusCode::NO_CONTENT, None));
    assert_eq!(publish(&world, &valid).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn signing_in_again_ends_the_browsers_previous_session() {
    let world = world();
    let first = sign_in(&world, &token("Ada")).await;
    let with_cookie = format!("belfry-token={first}");
    let refused = ask(&world, Method::POST, "x", &[("cookie", &with_cookie)]).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(publish(&world, &first).await.status(), StatusCode::OK);
    let answer = ask(&world, Method::POST, &token("Bob"), &[("cookie", &with_cookie)]).await;
    is_refused(publish(&world, &first).await, "the session has ended").await;
    assert_eq!(publish(&world, &session(&answer)).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_of_use_only_as_a_cookie() {
    let world = world();
    let session = sign_in(&world, &token("Ada")).await;
    let why = "a session is valid only as the cookie of a browser";
    is_refused(publish_as_bearer(&world, &session).await, why).await;
    // Or a copied one would begin another that signing out does not end.
    is_refused(ask(&world, Method::POST, &session, &[]).await, why).await;
    let bearer = format!("Bearer {session}");
    is_refused(ask(&world, Method::POST, "", &[("authorization", &bearer)]).await, why).await;
}

#[tokio::test(start_paused = true)]
async fn a_cookie_of_an_earlier_version_is_valid_until_it_is_signed_out() {
    let world = world();
    let token = token("Ada");
    assert_eq!(publish(&world, &token).await.status(), StatusCode::OK);
    let old = format!("belfry-token={token}");
    let answer = ask(&world, Method::DELETE, "", &[("cookie", &old)]).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    is_refused(publish(&world, &token).await, "the session has ended").await;
    assert_eq!(publish_as_bearer(&world, &token).await.status(), StatusCode::OK);
    assert_eq!(publish(&world, &sign_in(&world, &token).await).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_logout_removes_the_cookie_also_one_that_is_of_no_use() {
    let world = world();
    let answer = ask(&world, Method::DELETE, "", &[("cookie", "belfry-token=x")]).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(cookie(&answer), Some("belfry-token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"));
    let answer = ask(&world, Method::POST, &token("Ada"), &[("cookie", "belfry-token=x")]).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn other_sites_log_nobody_in_or_out() {
    let world = world();
    for method in [Method::POST, Method::DELETE] {
        let status = async |headers: &[_]| {
            let answer = ask(&world, method.clone(), &token("Eve"), headers).await;
            assert_eq!(answer.status() == StatusCode::NO_CONTENT, cookie(&answer).is_some());
            answer.status()
        };
        for site in ["cross-site", "same-site", "", "x"] {
            assert_eq!(status(&[("sec-fetch-site", site)]).await, StatusCode::FORBIDDEN, "{site}");
        }
        for site in ["same-origin", "none"] {
            assert_eq!(status(&[("sec-fetch-site", site)]).await, StatusCode::NO_CONTENT, "{site}");
        }
        // Over plain HTTP there is an origin alone.
        for origin in
            ["null", "http://evil.test", "http://belfry.test:81", "http://belfry.test.evil.test"]
        {
            assert_eq!(status(&[("origin", origin)]).await, StatusCode::FORBIDDEN, "{origin}");
        }
        assert_eq!(status(&[("origin", "http://belfry.test")]).await, StatusCode::NO_CONTENT);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_becomes_no_cookie() {
    let world = world();
    let good = token("Ada");
    let bearer = format!("Bearer {good}");
    let refused = async |body: &str, headers: &[_], status: StatusCode| {
        let answer = ask(&world, Method::POST, body, headers).await;
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(cookie(&answer), None);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    };
    for body in
        ["", " \n", "x", &good[1..], "é", &format!("{good}; Domain=test"), &"x".repeat(8193)]
    {
        refused(body, &[], StatusCode::UNAUTHORIZED).await;
    }
    refused(&good, &[("authorization", "Bearer x")], StatusCode::UNAUTHORIZED).await;
    // That is for a proxy, and says nothing here.
    refused("x", &[("authorization", "Basic x")], StatusCode::UNAUTHORIZED).await;
    let twice = [("authorization", &*bearer), ("authorization", &*bearer)];
    refused(&good, &twice, StatusCode::UNAUTHORIZED).await;

    let large = Claims {
        publish: vec!["a".repeat(200); 20],
        exp: BEGIN / 1_000_000 + 11,
        ..Claims::default()
    };
    let large = mint(&secret(), &large);
    refused(&large, &[], StatusCode::PAYLOAD_TOO_LARGE).await;
    tokio::time::sleep(Duration::from_millis(10_600)).await;
    refused(&good, &[], StatusCode::UNAUTHORIZED).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_signs_in_and_out_too_often_is_told_when_to_come_back() {
    let mut world = world();
    let ada = token("Ada");
    for _ in 0..5 {
        let with_cookie = format!("belfry-token={}", sign_in(&world, &ada).await);
        let answer = ask(&world, Method::DELETE, "", &[("cookie", &with_cookie)]).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    let is_too_often = async |world: &World, body: &str, headers: &[_]| {
        let answer = ask(world, Method::POST, body, headers).await;
        let too_often = answer.status() == StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(
            too_often.then(|| answer.headers()["retry-after"] == "1"),
            too_often.then_some(true)
        );
        too_often
    };
    assert!(is_too_often(&world, &ada, &[]).await);
    assert!(is_too_often(&world, &format!("token={ada}"), &[FORM]).await);
    let others = sign_in(&world, &token("Bob")).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(!is_too_often(&world, &ada, &[]).await && is_too_often(&world, &ada, &[]).await);

    // Whatever comes of it, and for whomever.
    let mut refused = 0;
    while !is_too_often(&world, "x", &[]).await {
        refused += 1;
    }
    assert!((40..60).contains(&refused), "{refused}");
    assert!(is_too_often(&world, &token("Eve"), &[]).await);
    let with_cookie = format!("belfry-token={others}");
    let answer = ask(&world, Method::DELETE, "", &[("cookie", &with_cookie)]).await;
    assert_eq!((answer.status(), cookie(&answer)), (StatusCode::TOO_MANY_REQUESTS, None));
    let elsewhere: std::net::SocketAddr = "10.0.0.1:1".parse().unwrap();
    world.connection = server::web::client::connection::Connection::new(elsewhere);
    assert!(!is_too_often(&world, &token("Eve"), &[]).await);
    let sum = world.tally.refusals().find(|(rule, _)| *rule == Rule::SignInRate).unwrap().1;
    assert_eq!(sum, 6);
}
