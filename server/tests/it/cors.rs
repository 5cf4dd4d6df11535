//! What pages of other origins may read and do: by origin, credentials, method and headers.

use axum::{
    body::Body,
    http::{HeaderMap, Request, Response, StatusCode},
};
use server::{
    origins::{Hosts, Origin, Origins},
    token::{Claims, mint},
};

use crate::world::{BEGIN, World, secret};

/// What an operator allows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rules {
    Nothing,
    /// [`APP`].
    Listed,
    /// Every origin.
    Any,
    /// Every origin, and [`APP`] with credentials.
    Both,
    /// The same, and cookies cross sites.
    Cookies,
}
use Rules::{Any, Both, Cookies, Listed, Nothing};

const APP: &str = "https://app.example";
const EVIL: &str = "https://evil.test";

/// What a request is sent with.
const ORIGIN: &str = "origin";
const SITE: &str = "sec-fetch-site";
const BEARER: (&str, &str) = ("authorization", "Bearer TOKEN");
const COOKIE: (&str, &str) = ("cookie", "belfry-token=TOKEN");
const POSTS: (&str, &str) = ("access-control-request-method", "POST");
const GETS: (&str, &str) = ("access-control-request-method", "GET");

/// What a page may read of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reads {
    Nobody,
    /// A page of [`APP`], also with its visitor's credentials.
    App,
    /// Every page, without credentials.
    All,
}
use Reads::{All, App, Nobody};

fn world(rules: Rules) -> World {
    let listed = matches!(rules, Listed | Both | Cookies);
    let origins = Origins {
        public: None,
        allowed: listed.then(|| Origin::read(APP).unwrap()).into_iter().collect(),
        any: matches!(rules, Any | Both | Cookies),
        cross_site_cookies: rules == Cookies,
    };
    World::answering(Hosts::Any, origins)
}

async fn ask(world: &World, line: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let all = || vec!["*".to_owned()];
    let exp = BEGIN / 1_000_000 + 3600;
    let claims = Claims { publish: all(), read: all(), purge: all(), exp, ..Claims::default() };
    let token = mint(&secret(), &claims);
    let (method, path) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value.replace("TOKEN", &token));
    }
    let body = if path == "/login" { token.into() } else { Body::empty() };
    world.ask(request.body(body).unwrap()).await
}

fn said<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

/// Who may read an answer, as it says.
fn readers(headers: &HeaderMap) -> Reads {
    let told = |name| said(headers, name);
    match (told("access-control-allow-origin"), told("access-control-allow-credentials")) {
        (None, None) => Nobody,
        (Some(APP), Some("true")) => App,
        (Some("*"), None) => All,
        other => panic!("{other:?}"),
    }
}

type Row<'r> = (Rules, &'r str, &'r [(&'r str, &'r str)], u16, Reads);

const SHARED: [Row<'_>; 48] = [
    // Nobody but our own pages, unless the operator says so.
    (Nothing, "GET /sse", &[(ORIGIN, APP)], 200, Nobody),
    (Nothing, "OPTIONS /topics/news", &[(ORIGIN, APP), POSTS], 204, Nobody),
    (Nothing, "POST /topics/news", &[(ORIGIN, APP), BEARER], 200, Nobody),
    // A listed origin reads everything that is shared, errors too.
    (Listed, "GET /sse", &[], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, APP)], 200, App),
    (Listed, "HEAD /sse", &[(ORIGIN, APP)], 200, App),
    (Listed, "GET /sse?topic=news", &[(ORIGIN, APP), COOKIE, ("last-event-id", "x")], 200, App),
    (Listed, "GET /sse?topic=*x", &[(ORIGIN, APP)], 400, App),
    (Listed, "GET /api/time", &[(ORIGIN, APP)], 200, App),
    (Listed, "GET /topics?prefix=a", &[(ORIGIN, APP)], 200, App),
    (Listed, "GET /topics/news", &[(ORIGIN, APP)], 200, App),
    (Listed, "GET /topics/news", &[(ORIGIN, APP), ("authorization", "Bearer x")], 401, App),
    (Listed, "PUT /topics/news", &[(ORIGIN, APP)], 405, App),
    // Others do not, however similar they look.
    (Listed, "GET /sse", &[(ORIGIN, EVIL)], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "null")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "*")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "http://app.example")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "https://app.example:8443")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "https://app.example.evil.test")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "https://evilapp.example")], 200, Nobody),
    (Listed, "GET /sse", &[(ORIGIN, "https://app.example/")], 200, Nobody),
    // A token writes from everywhere, a cookie only from our own pages.
    (Listed, "POST /topics/news", &[(ORIGIN, APP), (SITE, "cross-site"), BEARER], 200, App),
    (Listed, "DELETE /topics/news", &[(ORIGIN, APP), (SITE, "cross-site"), BEARER], 200, App),
    (Listed, "POST /topics/news", &[(ORIGIN, APP), (SITE, "cross-site"), COOKIE], 403, App),
    (Listed, "POST /topics/news", &[(ORIGIN, APP), (SITE, "same-site"), COOKIE], 403, App),
    (Listed, "POST /topics/news", &[(ORIGIN, APP), COOKIE], 403, App),
    (Listed, "POST /topics/news", &[(ORIGIN, EVIL), COOKIE], 403, Nobody),
    (Listed, "POST /topics/news", &[COOKIE], 403, Nobody),
    (Listed, "POST /topics/news", &[(SITE, "same-origin"), COOKIE], 200, Nobody),
    (Listed, "POST /topics/news", &[(ORIGIN, "http://belfry.test"), COOKIE], 200, Nobody),
    (Listed, "POST /topics/news", &[(ORIGIN, "https://belfry.test"), COOKIE], 403, Nobody),
    // Preflights.
    (Listed, "OPTIONS /topics/news", &[(ORIGIN, APP), POSTS], 204, App),
    (Listed, "OPTIONS /sse", &[(ORIGIN, APP), GETS], 204, App),
    (Listed, "OPTIONS /topics/news", &[(ORIGIN, EVIL), POSTS], 204, Nobody),
    (Listed, "OPTIONS /topics/news", &[(ORIGIN, APP)], 204, Nobody),
    // Everybody, without credentials.
    (Any, "GET /sse", &[(ORIGIN, EVIL)], 200, All),
    (Any, "GET /topics/news", &[(ORIGIN, "null")], 200, All),
    (Any, "OPTIONS /topics/news", &[(ORIGIN, EVIL), POSTS], 204, All),
    (Any, "POST /topics/news", &[(ORIGIN, EVIL), (SITE, "cross-site"), BEARER], 200, All),
    (Any, "POST /topics/news", &[(ORIGIN, EVIL), (SITE, "cross-site"), COOKIE], 403, All),
    (Both, "GET /sse", &[(ORIGIN, APP)], 200, App),
    (Both, "GET /sse", &[(ORIGIN, EVIL)], 200, All),
    // Cookies that cross sites.
    (Cookies, "POST /topics/news", &[(ORIGIN, APP), (SITE, "cross-site"), COOKIE], 200, App),
    (Cookies, "POST /topics/news", &[(ORIGIN, EVIL), (SITE, "cross-site"), COOKIE], 403, All),
    (Cookies, "POST /topics/news", &[COOKIE], 403, Nobody),
    (Cookies, "POST /login", &[(ORIGIN, APP), (SITE, "cross-site")], 204, App),
    (Cookies, "DELETE /login", &[(ORIGIN, APP), (SITE, "cross-site")], 204, App),
];

#[tokio::test(start_paused = true)]
async fn what_is_shared_is_read_by_listed_origins_and_no_others() {
    for (rules, line, headers, status, reads) in SHARED {
        let world = world(rules);
        let answer = ask(&world, line, headers).await;
        let row = format!("{rules:?} {line} {headers:?}");
        assert_eq!((answer.status().as_u16(), readers(answer.headers())), (status, reads), "{row}");
        let mut varies = answer.headers().get_all("vary").iter();
        assert!(varies.any(|vary| vary == "origin"), "{row}");
        let origin = headers.iter().find(|(name, _)| *name == ORIGIN).map_or("", |origin| origin.1);
        let reflects = answer.headers().values().any(|value| value == origin) && reads != App;
        assert!(!reflects || ["", "*"].contains(&origin), "{row}");
        // Nor is it kept from pages that load nothing which others do not share.
        assert_eq!(said(answer.headers(), "cross-origin-resource-policy"), None, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_shared_is_read_by_nobody() {
    for (rules, line, status) in [
        (Both, "GET /", 200),
        (Both, "GET /status", 200),
        (Both, "GET /api/status", 200),
        (Both, "GET /api/page?address=/", 200),
        (Both, "GET /healthz", 200),
        (Both, "GET /topicsx", 404),
        (Both, "GET /sse/", 404),
        (Both, "POST /chat/lobby", 403),
        (Cookies, "POST /chat/lobby", 403),
        (Both, "POST /login", 403),
        (Both, "OPTIONS /login", 204),
        (Both, "OPTIONS /chat/lobby", 204),
    ] {
        let (world, from) = (world(rules), [(ORIGIN, APP), (SITE, "cross-site"), POSTS]);
        let answer = ask(&world, line, &from).await;
        let seen = (answer.status().as_u16(), readers(answer.headers()));
        assert_eq!(seen, (status, Nobody), "{rules:?} {line}");
    }
    // Nobody signs in from an origin that is not listed, whatever the others are allowed.
    for line in ["POST /login", "DELETE /login", "OPTIONS /login"] {
        let from = [(ORIGIN, EVIL), (SITE, "cross-site"), POSTS];
        let answer = ask(&world(Cookies), line, &from).await;
        assert_eq!(readers(answer.headers()), Nobody, "{line}");
        assert!(!answer.headers().contains_key("set-cookie"), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_preflight_allows_what_the_interface_reads_and_an_answer_shows_what_it_says() {
    let world = world(Listed);
    let preflight = [(ORIGIN, APP), POSTS];
    let answer = ask(&world, "OPTIONS /topics/news", &preflight).await;
    let told = |name| said(answer.headers(), name);
    assert_eq!(told("access-control-allow-methods"), Some("GET,HEAD,POST,DELETE"));
    assert_eq!(
        told("access-control-allow-headers"),
        Some("authorization,content-type,last-event-id,event-type,idempotency-key")
    );
    assert_eq!(told("access-control-max-age"), Some("3600"));
    let answer = ask(&world, "GET /topics/news", &[(ORIGIN, APP)]).await;
    assert_eq!(
        said(answer.headers(), "access-control-expose-headers"),
        Some("allow,retry-after,www-authenticate,x-request-id")
    );
    let refused = ask(&world, "OPTIONS /topics/news", &[(ORIGIN, EVIL), POSTS]).await;
    assert_eq!(refused.headers()["allow"], "GET,HEAD,POST,DELETE,OPTIONS");
    assert!(!refused.headers().contains_key("access-control-allow-methods"));
}

#[tokio::test(start_paused = true)]
async fn a_cookie_that_crosses_sites_is_one_for_each_of_them() {
    let from = [(ORIGIN, APP), (SITE, "cross-site")];
    let mut across = world(Cookies);
    across.connection = across.connection.with_tls();
    let answer = ask(&across, "POST /login", &from).await;
    let cookie = said(answer.headers(), "set-cookie").unwrap();
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("__Host-belfry-token="), "{cookie}");
    for attribute in ["HttpOnly", "Secure", "SameSite=None", "Partitioned", "Path=/"] {
        assert!(attributes.contains(&attribute), "{cookie}");
    }
    let answer = ask(&world(Both), "POST /login", &[(SITE, "same-origin")]).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let cookie = said(answer.headers(), "set-cookie").unwrap();
    assert!(cookie.contains("SameSite=Lax") && !cookie.contains("Partitioned"), "{cookie}");
}
