//! Everything is served under a base path and nothing beside it. Time is virtual.

mod crawled;

use axum::{
    body::Body,
    http::{
        Method, Request, Response, StatusCode,
        header::{COOKIE, LOCATION, SET_COOKIE},
    },
};
use server::{
    origins::{Origin, Origins},
    web::limits::Limits,
};

use crate::{
    program::Program,
    status::status,
    world::{BEGIN, World, next, text},
};

const BASE: &str = "/belfry";

pub(crate) fn world() -> World {
    let world = World::under(BASE, Limits::default(), Origins::default());
    world.health.tell(status(BEGIN));
    world
}

async fn ask(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Response<Body> {
    say(world, method, path, headers, "").await
}

async fn say(
    world: &World,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(body.to_owned().into()).unwrap()).await
}

fn place(answer: &Response<Body>) -> &str {
    answer.headers()[LOCATION].to_str().unwrap()
}

fn cookies(answer: &Response<Body>) -> Vec<&str> {
    answer.headers().get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap()).collect()
}

/// Everything that answers, and how.
const ROUTES: [(&str, &str, u16); 29] = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/status", 200),
    ("GET", "/console", 200),
    ("GET", "/console?topic=a", 200),
    ("GET", "/chat", 200),
    ("GET", "/chat/lobby", 200),
    ("POST", "/chat/lobby", 400),
    ("POST", "/chat/lobby/here", 400),
    ("GET", "/sse", 200),
    ("GET", "/topics", 200),
    ("GET", "/topics/a", 200),
    ("POST", "/topics/a", 401),
    ("DELETE", "/topics/a", 401),
    ("GET", "/api/page?address=/", 200),
    ("GET", "/api/time", 200),
    ("GET", "/api/status", 200),
    ("GET", "/language?tag=en&to=/", 303),
    ("POST", "/login", 401),
    ("DELETE", "/login", 204),
    ("POST", "/logout", 303),
    ("GET", "/documents/operations.md", 200),
    ("GET", "/metrics", 401),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/pkg/belfry.abc.js", 200),
    ("GET", "/manifest.webmanifest", 200),
    ("GET", "/icon.svg", 200),
    ("OPTIONS", "/topics/a", 204),
];

#[tokio::test(start_paused = true)]
async fn every_route_is_under_it_and_nothing_is_beside_it() {
    let (world, whole) = (world(), World::limiting(Limits::default()));
    whole.health.tell(status(BEGIN));
    for (method, path, expected) in ROUTES {
        let method: Method = method.parse().unwrap();
        let answer = ask(&world, method.clone(), &format!("{BASE}{path}"), &[]).await;
        assert_eq!(answer.status(), expected, "{method} {path}");
        let without = ask(&whole, method.clone(), path, &[]).await;
        assert_eq!(without.status(), expected, "{method} {path} without a base path");
        for other in ["", "/belfryx", "/Belfry", "/x/belfry", "/%62elfry", "//belfry"] {
            let answer = ask(&world, method.clone(), &format!("{other}{path}"), &[]).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {other}{path}");
            let kind = &answer.headers()["content-type"];
            assert_eq!(kind, "application/problem+json", "{method} {other}{path}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            assert_eq!(cookies(&answer), [""; 0], "{method} {other}{path}");
            let said = text(answer).await;
            assert!(said.contains("everything here is under /belfry/"), "{said}");
        }
    }
    let lost = text(ask(&world, Method::GET, "/belfry/nothing", &[]).await).await;
    assert_eq!(lost, "Not found. The time is at /belfry/, its stream at /belfry/sse.\n");
    // HTTP/1.1 may name the whole, and `OPTIONS *` no path at all.
    let whole = ask(&world, Method::GET, "http://belfry.test/belfry/api/time", &[]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(ask(&world, Method::OPTIONS, "*", &[]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn redirects_stay_under_it() {
    let world = world();
    let html = ("accept", "text/html");
    for (path, to) in [
        ("/belfry", "/belfry/"),
        ("/belfry?a=b", "/belfry/?a=b"),
        ("/belfry/status/", "/belfry/status"),
        ("/belfry/chat/lobby/?before=x", "/belfry/chat/lobby?before=x"),
        ("/belfry/chat?room=%20lobby", "/belfry/chat/lobby"),
        ("/belfry/language?tag=en&to=/console?topic=a", "/belfry/console?topic=a"),
        ("/belfry/language?tag=en", "/belfry/"),
        ("/belfry/language?tag=en&to=/../admin", "/belfry/"),
        ("/belfry/language?tag=en&to=/a/%252e%252E/%252e%252e/admin", "/belfry/"),
        ("/belfry/language?tag=en&to=//evil.example", "/belfry/"),
        ("/belfry/language?tag=en&to=https://evil.example", "/belfry/"),
    ] {
        let answer = ask(&world, Method::GET, path, &[html]).await;
        assert!(answer.status().is_redirection(), "{path}: {}", answer.status());
        assert_eq!(place(&answer), to, "{path}");
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    let token = format!("token={}", world.token(&["*"], &[]));
    for (path, body, referer, to) in [
        ("/login", &*token, "http://belfry.test/belfry/console?topic=a", "/console?topic=a"),
        ("/login", "token=x", "http://belfry.test/belfry/", "/?login=failed"),
        ("/login", "token=x", "http://belfry.test/other/", "/status?login=failed"),
        ("/login", &format!("{token}&to=/chat"), "http://belfry.test/belfry/", "/chat"),
        ("/logout", "", "http://belfry.test/belfry/chat/lobby", "/chat/lobby"),
        ("/logout", "", "http://belfry.test/other/", "/"),
    ] {
        let headers = [form, ("referer", referer), ("sec-fetch-site", "same-origin")];
        let answer = say(&world, Method::POST, &format!("{BASE}{path}"), &headers, body).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path} {body}");
        assert_eq!(place(&answer), format!("{BASE}{to}"), "{path} {body} {referer}");
    }
    let message = "name=Ada&text=hello";
    let answer = say(&world, Method::POST, "/belfry/chat/lobby", &[form, html], message).await;
    assert_eq!((answer.status(), place(&answer)), (StatusCode::SEE_OTHER, "/belfry/chat/lobby"));
}

#[tokio::test(start_paused = true)]
async fn cookies_are_for_its_paths_and_only_those_of_its_names_are_read() {
    let mut world = world();
    let token = world.token(&["*"], &[]);
    for (prefix, secure) in [("", false), ("__Secure-", true)] {
        if secure {
            world.connection = world.connection.with_tls();
        }
        let html = [("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];
        let post = |path: &'static str, body: &str| {
            let (world, body) = (&world, body.to_owned());
            async move { say(world, Method::POST, path, &html, &body).await }
        };
        let signed_in = post("/belfry/login", &format!("token={token}")).await;
        let mut all = vec![signed_in, post("/belfry/chat/lobby", "name=Ada&text=a").await];
        all.push(ask(&world, Method::GET, "/belfry/language?tag=zh-CN&to=/", &[]).await);
        let all: Vec<_> = all.iter().flat_map(cookies).collect();
        let names: Vec<_> = all.iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
        let expected = ["belfry-token", "belfry-name", "belfry-browser", "belfry-language"];
        assert_eq!(names, expected.map(|name| format!("{prefix}{name}")));
        for cookie in &all {
            let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
            assert!(attributes.contains(&"Path=/belfry"), "{cookie}");
            assert_eq!(attributes.contains(&"Secure"), secure, "{cookie}");
        }
        let session = all[0].split([';', '=']).nth(1).unwrap();
        for name in ["belfry-token", "__Host-belfry-token", "__Secure-belfry-token"] {
            let request = Request::post("/belfry/topics/a").header("sec-fetch-site", "same-origin");
            let request = request.header(COOKIE, format!("{name}={session}"));
            let status = world.ask(request.body(Body::empty()).unwrap()).await.status();
            let is_ours = name == format!("{prefix}belfry-token");
            let expected = if is_ours { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            assert_eq!(status, expected, "{name}, secure: {secure}");
        }
        let with = format!("{prefix}belfry-token={session}");
        let gone = ask(&world, Method::DELETE, "/belfry/login", &[("cookie", &with)]).await;
        let gone = cookies(&gone)[0];
        assert!(gone.starts_with(&format!("{prefix}belfry-token=; ")), "{gone}");
        assert!(gone.contains("Path=/belfry; ") && gone.contains("Max-Age=0"), "{gone}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_pages_of_its_origin_write() {
    let world = world();
    let token = world.token(&["*"], &[]);
    let session = say(&world, Method::POST, "/belfry/login", &[], &token).await;
    let session = cookies(&session)[0].split(';').next().unwrap().to_owned();
    for (header, expected) in [
        (("sec-fetch-site", "same-origin"), [200, 200, 204]),
        (("origin", "http://belfry.test"), [200, 200, 204]),
        (("origin", "http://belfry.test/belfry"), [403, 403, 403]),
        (("origin", "http://evil.test"), [403, 403, 403]),
        (("sec-fetch-site", "cross-site"), [403, 403, 403]),
        (("sec-fetch-site", "same-site"), [403, 403, 403]),
    ] {
        let requests = [
            ("/belfry/topics/a", "hello", Some(("cookie", &*session))),
            ("/belfry/chat/lobby", "name=Ada&text=a", None),
            ("/belfry/login", &*token, None),
        ];
        for ((path, body, cookie), expected) in requests.into_iter().zip(expected) {
            let headers: Vec<_> = [header].into_iter().chain(cookie).collect();
            let answer = say(&world, Method::POST, path, &headers, body).await;
            assert_eq!(answer.status(), expected, "{path} {header:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn rules_that_go_by_the_path_hold_under_it() {
    let limits = Limits { streams_per_client: Some(1), ..Limits::default() };
    let origins =
        Origins { allowed: vec![Origin::read("https://app.test").unwrap()], ..Origins::default() };
    let world = World::under(BASE, limits, origins);
    let app = [("origin", "https://app.test")];
    let mut first = ask(&world, Method::GET, "/belfry/sse", &app).await.into_body();
    assert!(String::from_utf8_lossy(&next(&mut first).await.unwrap()).contains("data: "));
    let mut second = ask(&world, Method::GET, "/belfry/sse", &app).await.into_body();
    let said = String::from_utf8(next(&mut second).await.unwrap().to_vec()).unwrap();
    assert!(said.contains("has as many streams") && !said.contains("data: "), "{said}");
    let shared = async |path: &str| {
        let answer = ask(&world, Method::GET, path, &app).await;
        answer.headers().contains_key("access-control-allow-origin")
    };
    assert!(shared("/belfry/api/time").await && shared("/belfry/topics/a").await);
    assert!(!shared("/belfry/api/status").await && !shared("/api/time").await);
}

#[test]
fn the_program_says_its_place_and_its_commands_find_it() {
    let program = Program::new();
    let serving = program.serves(&[
        "--data-dir",
        "data",
        "--base-path",
        "/tools/belfry",
        "--access-log",
        "on",
    ]);
    let said = serving.logged("created a key; publish with: ");
    let url = format!("http://{}/tools/belfry", serving.address);
    assert!(said.contains(&format!("{url}/topics/hello")), "{said}");
    let token = program.token("data");
    let run = |arguments: &[&str]| {
        let mut command = program.command(arguments);
        let output = command.env("BELFRY_TOKEN", &token).env("BELFRY_URL", &url).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (published, id) = run(&["publish", "news", "hello"]);
    assert!(published, "{id}");
    let line = serving.logged("/tools/belfry/topics/news");
    assert!(line.contains("POST"), "what was asked is logged: {line}");
    let (followed, heard) = run(&["follow", "news", "--last", "--count", "1"]);
    assert!(followed && heard.contains("hello"), "{heard}");
    let elsewhere = ["publish", "news", "hello", "--url", &format!("http://{}", serving.address)];
    assert!(!run(&elsewhere).0);
}
