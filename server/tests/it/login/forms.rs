//! Pages' forms: where they are sent on to.

use axum::http::{Method, StatusCode};
use server::token::{Claims, mint};

use super::{FORM, ask, cookie, publish, session, token, world};
use crate::world::{BEGIN, World, secret};

/// Where a form is sent on to, and whether with a cookie.
async fn sent_on(world: &World, body: &str, headers: &[(&str, &str)]) -> (String, bool) {
    let answer = ask(world, Method::POST, body, headers).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{body}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    (to, cookie(&answer).is_some())
}

#[tokio::test(start_paused = true)]
async fn a_form_is_sent_on_with_the_cookie() {
    let world = world();
    let token = token("Ada");
    let charset = ("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8");
    for (body, headers, to) in [
        (format!("token={token}"), FORM, "/status"),
        (format!("token=+{token}%0D%0A"), charset, "/status"),
        (format!("to=%2Fconsole%3Ftopic%3Da&token={token}"), FORM, "/console?topic=a"),
        (format!("token={token}&to=/status?login=failed"), FORM, "/status"),
    ] {
        assert_eq!(sent_on(&world, &body, &[headers]).await, (to.to_owned(), true), "{body}");
    }
    let answer = ask(&world, Method::POST, &format!("token={token}"), &[FORM]).await;
    assert_eq!(publish(&world, &session(&answer)).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_form_with_a_wrong_token_is_sent_on_with_a_word() {
    let world = world();
    let ended = mint(&secret(), &Claims { exp: BEGIN / 1_000_000, ..Claims::default() });
    for (body, to) in [
        ("token=".to_owned(), "/status?login=failed"),
        ("token=x&to=%2Fconsole%3Ftopic%3Da".to_owned(), "/console?topic=a&login=failed"),
        (format!("token={ended}&to=/status?login=failed"), "/status?login=failed"),
        (format!("token={}", "x".repeat(8193)), "/status?login=failed"),
    ] {
        assert_eq!(sent_on(&world, &body, &[FORM]).await, (to.to_owned(), false), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_is_sent_nowhere_else() {
    let world = world();
    for elsewhere in [
        "",
        "status",
        "https://evil.test/",
        "//evil.test",
        "/%5Cevil.test",
        "/%09/evil.test",
        "%09//evil.test",
        "/%0A/evil.test",
        "%5C%5Cevil.test",
        "/a%5C..%5C/evil.test",
        "/x%0D%0ASet-Cookie:+a=b",
        "javascript:alert(1)",
        "/%E5%A4%A9",
        "%20/x",
    ] {
        let body = format!("token={}&to={elsewhere}", token(&format!("Ada {}", elsewhere.len())));
        assert_eq!(sent_on(&world, &body, &[FORM]).await, ("/status".to_owned(), true), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_of_another_site_logs_nobody_in() {
    let world = world();
    let body = format!("token={}", token("Eve"));
    for from in [("sec-fetch-site", "cross-site"), ("origin", "null"), ("origin", "http://a.test")]
    {
        let answer = ask(&world, Method::POST, &body, &[FORM, from]).await;
        assert_eq!((answer.status(), cookie(&answer)), (StatusCode::FORBIDDEN, None), "{from:?}");
    }
    for from in [("sec-fetch-site", "same-origin"), ("origin", "http://belfry.test")] {
        assert!(sent_on(&world, &body, &[FORM, from]).await.1, "{from:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_only_calls_itself_a_form_is_a_token() {
    let world = world();
    let good = token("Ada");
    assert_eq!(ask(&world, Method::POST, &good, &[FORM]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(&world, Method::POST, "x", &[FORM]).await.status(), StatusCode::UNAUTHORIZED);
    let bearer = format!("Bearer {good}");
    let answer = ask(&world, Method::POST, "token=x", &[FORM, ("authorization", &bearer)]).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}
