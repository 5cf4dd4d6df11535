//! The server's health: who sees it, and what it looks like on the wire. Time is virtual.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header::COOKIE},
};
use server::status::Visibility;
use tokio::time::timeout;
use wire::{
    event::Envelope,
    problem::ProblemDocument,
    session::Session,
    status::{Filled, Finding, Host, Own, Status, Trouble},
    trend::{TREND_KEPT, Trend},
};

use crate::world::{BEGIN, World, next, text};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn host(uptime_s: u64) -> Host {
    Host {
        uptime_s: Some(uptime_s),
        cpu: Some(12.3),
        cores: vec![20.0, 4.6],
        load: Some([0.52, 0.4, 0.3]),
        memory: Some(Filled { used: 1, total: 2 }),
        disk: None,
        received: Some(3),
        sent: Some(4),
        temperature: Some(41.5),
    }
}

/// What is measured at an instant in microseconds since the Unix epoch.
pub(crate) fn status(at: i64) -> Status {
    let belfry = Own {
        version: "0.1.0".into(),
        node: "tower".into(),
        uptime_s: 6,
        readers: 7,
        published: 1.5,
        delivered: 10.0,
        latency_us: None,
        log_events: 8,
        log_bytes: 9,
        log_keys: 13,
        log_damaged: 14,
        memory: Some(10),
        stalled: 11,
        vanished: 12,
    };
    let findings = vec![Finding { what: Trouble::Disk, value: 95.5 }];
    Status { at: wire::tick::Tick::from_micros(at), host: host(1), belfry, findings }
}

const WIRE: &str = concat!(
    r#"{"at":1795324681400,"host":{"uptime_s":1,"cpu":12.3,"cores":[20.0,4.6],"#,
    r#""load":[0.52,0.4,0.3],"memory":{"used":1,"total":2},"disk":null,"received":3,"sent":4,"#,
    r#""temperature":41.5},"belfry":{"version":"0.1.0","node":"tower","uptime_s":6,"readers":7,"published":1.5,"delivered":10.0,"#,
    r#""latency_us":null,"log_events":8,"log_bytes":9,"log_keys":13,"log_damaged":14,"memory":10,"stalled":11,"vanished":12},"#,
    r#""findings":[{"what":"Disk","value":95.5}]}"#
);

/// The next piece of a stream; `None` where there is silence for a second.
pub(crate) async fn heard(body: &mut Body) -> Option<String> {
    let bytes = timeout(SECOND, next(body)).await.ok().flatten()?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// A stream, after its greeting.
pub(crate) async fn open(world: &World, path: &str) -> (Body, String) {
    let answer = world.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let mut body = answer.into_body();
    let greeting = heard(&mut body).await.unwrap();
    (body, greeting)
}

pub(crate) async fn trend(world: &World) -> Trend {
    let answer = world.get("/api/status").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    serde_json::from_str(&text(answer).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_newest_comes_on_subscribing_and_then_each_new_one() {
    let world = World::showing(Visibility::Public);
    let (mut early, greeting) = open(&world, "/sse?topic=status").await;
    assert!(!greeting.contains("data:"), "{greeting}");
    assert_eq!(heard(&mut early).await, None);
    world.health.tell(status(BEGIN));
    assert_eq!(heard(&mut early).await.unwrap(), format!("data: {WIRE}\n\n"));

    let (mut late, greeting) = open(&world, "/sse?topic=status").await;
    assert!(greeting.ends_with(&format!("\n\ndata: {WIRE}\n\n")), "{greeting}");
    assert_eq!(heard(&mut late).await, None);
    world.health.tell(status(BEGIN + 2_000_000));
    for body in [&mut early, &mut late] {
        assert!(heard(body).await.unwrap().starts_with("data: {\"at\":1795324683400,"));
        assert_eq!(heard(body).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn as_json_it_is_an_event_of_its_topic() {
    let world = World::showing(Visibility::Public);
    world.health.tell(status(BEGIN));
    let (_body, greeting) = open(&world, "/sse?topic=status&format=json").await;
    let data = greeting.split_once("\n\ndata: ").unwrap().1;
    let envelope: Envelope = serde_json::from_str(data.trim()).unwrap();
    assert_eq!((envelope.id, &*envelope.event_type), (None, "message"));
    assert_eq!(envelope.topics, ["status"]);
    assert_eq!(envelope.at, "2026-11-22T05:18:01.400Z");
    assert_eq!(envelope.data, WIRE);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_ask_for_it_does_not_get_it() {
    let world = World::showing(Visibility::Public);
    world.health.tell(status(BEGIN));
    for path in ["/sse", "/sse?topic=time", "/sse?topic=a"] {
        let (mut body, greeting) = open(&world, path).await;
        world.health.tell(status(BEGIN));
        assert!(!greeting.contains("uptime_s") && heard(&mut body).await.is_none(), "{path}");
    }
}

/// Asks with a token in a header, or in a cookie.
async fn ask(world: &World, path: &str, token: Option<&str>, in_cookie: bool) -> Response<Body> {
    let request = Request::get(path);
    match token {
        None => world.get(path).await,
        Some(token) if in_cookie => {
            let request = request.header(COOKIE, format!("belfry-token={token}"));
            world.ask(request.body(Body::empty()).unwrap()).await
        }
        Some(token) => world.ask_with(token, request).await,
    }
}

/// What becomes of a request for the health: the status of the answer, where it is asked for alone.
fn answered(shown: Visibility, token: Option<bool>) -> u16 {
    match (shown, token) {
        (Visibility::Public, _) | (Visibility::Local | Visibility::Token, Some(true)) => 200,
        // Nobody asks on this machine.
        (Visibility::Local | Visibility::Token, None) => 401,
        (Visibility::Local | Visibility::Token, Some(false)) => 403,
        (Visibility::Off, _) => 404,
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_for_whom_it_is_meant() {
    for shown in [Visibility::Public, Visibility::Local, Visibility::Token, Visibility::Off] {
        let world = World::showing(shown);
        world.health.tell(status(BEGIN));
        let (without, with) = (world.token(&["*"], &["stat"]), world.token(&[], &["status"]));
        for (token, right) in
            [(None, None), (Some(&*without), Some(false)), (Some(&*with), Some(true))]
        {
            for in_cookie in [false, true] {
                let case = format!("{shown:?} {right:?} {in_cookie}");
                let expected = answered(shown, right);
                for path in ["/api/status", "/sse?topic=status", "/sse?topic=status&session=1"] {
                    let answer = ask(&world, path, token, in_cookie).await;
                    assert_eq!(answer.status(), expected, "{case} {path}");
                    if expected != 200 {
                        let problem = text(answer).await;
                        let problem: ProblemDocument = serde_json::from_str(&problem).unwrap();
                        assert_eq!(problem.status, expected, "{case} {path}");
                    }
                }
                let path = "/sse?topic=time&topic=status&session=1";
                let answer = ask(&world, path, token, in_cookie).await;
                assert_eq!(answer.status(), 200, "{case}");
                let mut body = answer.into_body();
                let greeting = heard(&mut body).await.unwrap();
                assert_eq!(greeting.contains(WIRE), expected == 200, "{case} {greeting}");
                world.health.tell(status(BEGIN));
                assert_eq!(heard(&mut body).await.is_some(), expected == 200, "{case}");
                let session = greeting.split("event: session\ndata: ").nth(1).unwrap();
                let session: Session =
                    serde_json::from_str(session.lines().next().unwrap()).unwrap();
                let (listed, other) = if expected == 200 {
                    (session.granted, session.refused)
                } else {
                    (session.refused, session.granted)
                };
                assert_eq!((listed, other), (vec!["status".to_owned()], vec![]), "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_is_answered_as_its_get_would_be() {
    for (shown, expected) in
        [(Visibility::Public, 200), (Visibility::Token, 401), (Visibility::Off, 404)]
    {
        let world = World::showing(shown);
        let request = Request::head("/sse?topic=status").body(Body::empty()).unwrap();
        assert_eq!(world.ask(request).await.status(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_to_do() {
    let said = async |shown| {
        let answer = text(World::showing(shown).get("/api/status").await).await;
        serde_json::from_str::<ProblemDocument>(&answer).unwrap().detail
    };
    assert_eq!(said(Visibility::Off).await, "this server does not show its status");
    assert!(said(Visibility::Token).await.contains("`belfry token --read status`"));
}

#[tokio::test(start_paused = true)]
async fn the_page_is_rendered_with_it_or_with_the_reason_why_not() {
    for (shown, token, data) in [
        (Visibility::Public, None, "1795324681400"),
        (Visibility::Public, Some("of no use"), "1795324681400"),
        (Visibility::Token, None, "Refused"),
        (Visibility::Token, Some("of no use"), "Refused"),
        (Visibility::Off, None, "Off"),
    ] {
        let world = World::showing(shown);
        world.health.tell(status(BEGIN));
        let answer = ask(&world, "/status", token, true).await;
        assert_eq!(answer.status(), StatusCode::OK, "{shown:?} {token:?}");
        let html = text(answer).await;
        assert!(html.contains(data), "{shown:?} {token:?} {html}");
        assert_eq!(html.contains("uptime_s"), shown == Visibility::Public, "{shown:?} {token:?}");
    }
    let world = World::showing(Visibility::Token);
    world.health.tell(status(BEGIN));
    let token = world.token(&[], &["status"]);
    assert!(text(ask(&world, "/status", Some(&token), true).await).await.contains("uptime_s"));
    assert!(!text(ask(&world, "/", Some(&token), true).await).await.contains("uptime_s"));
}

#[tokio::test(start_paused = true)]
async fn the_trend_holds_the_last_ten_minutes_oldest_first() {
    let world = World::showing(Visibility::Public);
    assert_eq!(trend(&world).await, Trend::default());
    for number in 0..(TREND_KEPT as i64 + 5) {
        world.health.tell(status(BEGIN + number * 2_000_000));
    }
    let trend = trend(&world).await;
    assert_eq!(trend.at.len(), TREND_KEPT);
    assert_eq!(trend.at[0].micros(), BEGIN + 5 * 2_000_000);
    assert!(trend.at.is_sorted());
    assert_eq!(trend.newest.unwrap().at, *trend.at.last().unwrap());
}
