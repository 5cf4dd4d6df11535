//! Where a request's token is looked for, and which of several counts. Time is virtual.

use std::time::Duration;

use axum::{
    body::Body,
    http::{
        Method, Request, StatusCode,
        header::{AUTHORIZATION, COOKIE},
    },
};

use server::token::{Claims, mint};

use crate::world::{BEGIN, World, secret};

fn world() -> World {
    World::ticking_every(Duration::from_secs(3))
}

/// A token for everything, for an hour.
fn everything() -> String {
    let all = || vec!["*".to_owned()];
    let exp = BEGIN / 1_000_000 + 3600;
    let claims = Claims { publish: all(), read: all(), purge: all(), exp, ..Claims::default() };
    mint(&secret(), &claims)
}

#[tokio::test(start_paused = true)]
async fn authorization_is_said_once_and_as_bearer() {
    let world = world();
    let good = everything();
    let status = async |values: &[String]| {
        let mut request = Request::get("/sse");
        for value in values {
            request = request.header(AUTHORIZATION, value);
        }
        world.ask(request.body(Body::empty()).unwrap()).await.status()
    };
    for right in [format!("Bearer {good}"), format!("bearer {good}"), format!("BEARER   {good}")] {
        assert_eq!(status(&[right]).await, StatusCode::OK);
    }
    for wrong in ["Bearer", "Bearer ", "bearer x", &format!("Bearer {good} x"), "Bearer é"] {
        assert_eq!(status(&[wrong.into()]).await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let bearer = format!("Bearer {good}");
    assert_eq!(status(&[bearer.clone(), bearer]).await, StatusCode::UNAUTHORIZED);
}

/// What a proxy asks for that has people sign in by name and password is sent here too.
#[tokio::test(start_paused = true)]
async fn any_other_authorization_is_not_for_us_and_the_cookie_counts() {
    let world = world();
    let good = everything();
    let cookie = format!("belfry-token={good}");
    for other in
        ["", "Basic dXNlcjpwYXNz", &good, &format!("Basic {good}"), "Bearers x", "Digest é"]
    {
        let more = [("authorization", other), ("sec-fetch-site", "same-origin")];
        let write = async |cookie: &str| with_cookie(&world, Method::POST, cookie, &more).await;
        assert_eq!(write(&cookie).await, StatusCode::OK, "{other}");
        assert_eq!(write("").await, StatusCode::UNAUTHORIZED, "{other}");
        assert_eq!(write("belfry-token=x").await, StatusCode::UNAUTHORIZED, "{other}");
        assert_eq!(with_cookie(&world, Method::GET, "", &more).await, StatusCode::OK, "{other}");
    }
    let (basic, writes) = ("Basic dXNlcjpwYXNz", format!("Bearer {}", world.token(&["*"], &[])));
    let both = [("authorization", basic), ("authorization", &*writes)];
    assert_eq!(with_cookie(&world, Method::POST, "", &both).await, StatusCode::OK);
}

/// Asks with a cookie, and other headers.
async fn with_cookie(
    world: &World,
    method: Method,
    cookie: &str,
    more: &[(&str, &str)],
) -> StatusCode {
    let mut request = Request::builder().method(method).uri("/topics/news").header(COOKIE, cookie);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    world.ask(request.body(Body::empty()).unwrap()).await.status()
}

#[tokio::test(start_paused = true)]
async fn a_cookie_writes_only_for_our_own_pages() {
    let world = world();
    let cookie = format!("belfry-token={}", everything());
    for method in [Method::POST, Method::DELETE] {
        let ask = async |more: &[_]| with_cookie(&world, method.clone(), &cookie, more).await;
        assert_eq!(ask(&[("sec-fetch-site", "same-origin")]).await, StatusCode::OK);
        for site in ["same-site", "cross-site", "none", "", "Same-Origin"] {
            assert_eq!(ask(&[("sec-fetch-site", site)]).await, StatusCode::FORBIDDEN, "{site}");
        }
        assert_eq!(ask(&[]).await, StatusCode::FORBIDDEN);
        let forged = with_cookie(&world, method.clone(), "belfry-token=x", &[]).await;
        assert_eq!(forged, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(with_cookie(&world, Method::GET, &cookie, &[]).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_cookie_is_found_among_others_and_an_empty_one_is_none() {
    let world = world();
    let good = everything();
    let ask = async |cookie: &str| {
        with_cookie(&world, Method::POST, cookie, &[("sec-fetch-site", "same-origin")]).await
    };
    let twice = format!("belfry-token={good};belfry-token={good}");
    for cookie in [format!("a=b; belfry-token={good}"), format!("belfry-token={good};c=ü"), twice]
    {
        assert_eq!(ask(&cookie).await, StatusCode::OK, "{cookie}");
    }
    for none in ["", "belfry-token=", "belfry-token", "xbelfry-token=x", "belfry-tokens=x", "a=b"] {
        let status = with_cookie(&world, Method::GET, none, &[]).await;
        assert_eq!(status, StatusCode::OK, "{none}");
        assert_eq!(ask(none).await, StatusCode::UNAUTHORIZED, "{none}");
    }
    let other = world.token(&[], &[]);
    for wrong in [format!("belfry-token={good}; belfry-token={other}"), "belfry-token=ü".into()] {
        assert_eq!(
            with_cookie(&world, Method::GET, &wrong, &[]).await,
            StatusCode::UNAUTHORIZED,
            "{wrong}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn authorization_goes_before_the_cookie() {
    let world = world();
    let good = format!("belfry-token={}", everything());
    let (reads, writes) = (world.token(&[], &[]), world.token(&["*"], &[]));
    let bearer = |token: &str| format!("Bearer {token}");
    let ask = async |cookie: &str, token: &str| {
        let more = [("sec-fetch-site", "same-origin"), ("authorization", &bearer(token))];
        with_cookie(&world, Method::POST, cookie, &more).await
    };
    assert_eq!(ask(&good, &reads).await, StatusCode::FORBIDDEN);
    assert_eq!(ask(&good, "x").await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask("belfry-token=x", &writes).await, StatusCode::OK);
    // No page of another site can say Authorization.
    let more = [("authorization", &*bearer(&writes)), ("sec-fetch-site", "cross-site")];
    assert_eq!(with_cookie(&world, Method::POST, &good, &more).await, StatusCode::OK);
}
