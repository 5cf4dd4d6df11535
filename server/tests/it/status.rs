//! The server's health: who sees it, what it looks like on the wire, when and of what it is measured.
//! Time is virtual, and so is the machine.

use std::time::Duration;

use app::{
    event::{Envelope, ProblemDocument, Session},
    status::{Filled, Host, Own, Status, TREND_KEPT, Trend},
};
use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header::COOKIE},
};
use server::{
    Clock, Log,
    event::{Draft, Topic},
    log::{Bounds, Embedded, Held, Memory, Retention},
    status::{Look, Machine, Shown, measure},
    tail,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use crate::world::{BEGIN, World, next, text};

const SECOND: Duration = Duration::from_secs(1);

/// A machine that counts its looks.
struct Counting(u64);

impl Machine for Counting {
    fn look(&mut self) -> Look {
        self.0 += 1;
        Look { host: host(self.0), memory: 5000 }
    }
}

fn host(uptime_s: u64) -> Host {
    Host {
        uptime_s,
        cpu: 12.3,
        cores: vec![20.0, 4.6],
        load: [0.52, 0.4, 0.3],
        memory: Filled { used: 1, total: 2 },
        disk: None,
        received: 3,
        sent: 4,
        temperature: Some(41.5),
    }
}

/// What is measured at an instant in microseconds since the Unix epoch.
fn status(at: i64) -> Status {
    let belfry = Own {
        uptime_s: 6,
        readers: 7,
        published: 1.5,
        delivered: 10.0,
        latency_us: None,
        log_events: 8,
        log_bytes: 9,
        memory: 10,
        stalled: 11,
        vanished: 12,
    };
    Status { at: app::Tick::from_micros(at), host: host(1), belfry }
}

const WIRE: &str = concat!(
    r#"{"at":1795324681400,"host":{"uptime_s":1,"cpu":12.3,"cores":[20.0,4.6],"#,
    r#""load":[0.52,0.4,0.3],"memory":{"used":1,"total":2},"disk":null,"received":3,"sent":4,"#,
    r#""temperature":41.5},"belfry":{"uptime_s":6,"readers":7,"published":1.5,"delivered":10.0,"#,
    r#""latency_us":null,"log_events":8,"log_bytes":9,"memory":10,"stalled":11,"vanished":12}}"#
);

fn measured(world: &World) -> JoinHandle<()> {
    tokio::spawn(measure(world.hub.clone(), || Ok(Counting(0)), world.shutdown.clone()))
}

/// The last measurement.
fn newest(world: &World) -> Option<Status> {
    world.hub.vitals().trend().newest
}

/// The next piece of a stream; `None` where there is silence for a second.
async fn heard(body: &mut Body) -> Option<String> {
    let bytes = timeout(SECOND, next(body)).await.ok().flatten()?;
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// A stream, after its greeting.
async fn open(world: &World, path: &str) -> (Body, String) {
    let answer = world.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let mut body = answer.into_body();
    let greeting = heard(&mut body).await.unwrap();
    (body, greeting)
}

async fn trend(world: &World) -> Trend {
    let answer = world.get("/api/status").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    serde_json::from_str(&text(answer).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_newest_comes_on_subscribing_and_then_each_new_one() {
    let world = World::showing(Shown::Public);
    let (mut early, greeting) = open(&world, "/sse?topic=status").await;
    assert!(!greeting.contains("data:"), "{greeting}");
    assert_eq!(heard(&mut early).await, None);
    world.hub.vitals().tell(status(BEGIN));
    assert_eq!(heard(&mut early).await.unwrap(), format!("data: {WIRE}\n\n"));

    let (mut late, greeting) = open(&world, "/sse?topic=status").await;
    assert!(greeting.ends_with(&format!("\n\ndata: {WIRE}\n\n")), "{greeting}");
    assert_eq!(heard(&mut late).await, None);
    world.hub.vitals().tell(status(BEGIN + 2_000_000));
    for body in [&mut early, &mut late] {
        assert!(heard(body).await.unwrap().starts_with("data: {\"at\":1795324683400,"));
        assert_eq!(heard(body).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn as_json_it_is_an_event_of_its_topic() {
    let world = World::showing(Shown::Public);
    world.hub.vitals().tell(status(BEGIN));
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
    let world = World::showing(Shown::Public);
    world.hub.vitals().tell(status(BEGIN));
    for path in ["/sse", "/sse?topic=time", "/sse?topic=a"] {
        let (mut body, greeting) = open(&world, path).await;
        world.hub.vitals().tell(status(BEGIN));
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
fn answered(shown: Shown, token: Option<bool>) -> u16 {
    match (shown, token) {
        (Shown::Public, _) | (Shown::Token, Some(true)) => 200,
        (Shown::Token, None) => 401,
        (Shown::Token, Some(false)) => 403,
        (Shown::Off, _) => 404,
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_for_whom_it_is_meant() {
    for shown in [Shown::Public, Shown::Token, Shown::Off] {
        let world = World::showing(shown);
        world.hub.vitals().tell(status(BEGIN));
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
                world.hub.vitals().tell(status(BEGIN));
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
    for (shown, expected) in [(Shown::Public, 200), (Shown::Token, 401), (Shown::Off, 404)] {
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
    assert_eq!(said(Shown::Off).await, "this server does not show its status");
    assert!(said(Shown::Token).await.contains("`belfry token --read status`"));
}

#[tokio::test(start_paused = true)]
async fn the_page_is_born_with_it_or_with_the_reason_why_not() {
    for (shown, token, born) in [
        (Shown::Public, None, "1795324681400"),
        (Shown::Public, Some("of no use"), "1795324681400"),
        (Shown::Token, None, "Refused"),
        (Shown::Token, Some("of no use"), "Refused"),
        (Shown::Off, None, "Off"),
    ] {
        let world = World::showing(shown);
        world.hub.vitals().tell(status(BEGIN));
        let answer = ask(&world, "/status", token, true).await;
        assert_eq!(answer.status(), StatusCode::OK, "{shown:?} {token:?}");
        let html = text(answer).await;
        assert!(html.contains(born), "{shown:?} {token:?} {html}");
        assert_eq!(html.contains("uptime_s"), shown == Shown::Public, "{shown:?} {token:?}");
    }
    let world = World::showing(Shown::Token);
    world.hub.vitals().tell(status(BEGIN));
    let token = world.token(&[], &["status"]);
    assert!(text(ask(&world, "/status", Some(&token), true).await).await.contains("uptime_s"));
    assert!(!text(ask(&world, "/", Some(&token), true).await).await.contains("uptime_s"));
}

#[tokio::test(start_paused = true)]
async fn the_trend_holds_the_last_ten_minutes_oldest_first() {
    let world = World::showing(Shown::Public);
    assert_eq!(trend(&world).await, Trend::default());
    for number in 0..(TREND_KEPT as i64 + 5) {
        world.hub.vitals().tell(status(BEGIN + number * 2_000_000));
    }
    let trend = trend(&world).await;
    assert_eq!(trend.at.len(), TREND_KEPT);
    assert_eq!(trend.at[0].micros(), BEGIN + 5 * 2_000_000);
    assert!(trend.at.is_sorted());
    assert_eq!(trend.newest.unwrap().at, *trend.at.last().unwrap());
}

#[tokio::test(start_paused = true)]
async fn it_is_measured_at_whole_multiples_of_two_seconds() {
    let world = World::showing(Shown::Public);
    let (begun, _measuring) = (Instant::now(), measured(&world));
    let (mut body, _) = open(&world, "/sse?topic=status").await;
    // At 05:18:02 too little time has passed since the start for a rate.
    for (number, after) in [2600, 4600, 6600].into_iter().enumerate() {
        let event = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
        let status: Status =
            serde_json::from_str(event.strip_prefix("data: ").unwrap().trim()).unwrap();
        assert_eq!(status.at.micros(), BEGIN + after * 1000);
        assert_eq!(status.host, host(number as u64 + 1));
        assert_eq!(status.belfry.uptime_s, after as u64 / 1000);
        let late = begun.elapsed() - Duration::from_millis(after as u64);
        assert!(late < Duration::from_millis(5), "{late:?}");
    }
    assert_eq!(trend(&world).await.at.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn rates_are_by_the_time_that_has_passed() {
    let world = World::showing(Shown::Public);
    let _measuring = measured(&world);
    // So that it has begun to count.
    tokio::task::yield_now().await;
    let (mut body, _) = open(&world, "/sse?topic=a").await;
    for _ in 0..26 {
        world.publish("a", "x").await;
        heard(&mut body).await.unwrap();
    }
    // The greeting of a log's reader is no event.
    sleep(Duration::from_millis(2610)).await;
    let first = newest(&world).unwrap().belfry;
    assert_eq!((first.published, first.delivered), (10.0, 10.0));
    assert_eq!((first.readers, first.log_events, first.memory), (1, 26, 5000));
    assert!(first.log_bytes >= 26, "{first:?}");
    for _ in 0..4 {
        world.publish("b", "x").await;
    }
    sleep(2 * SECOND).await;
    let second = newest(&world).unwrap().belfry;
    assert_eq!((second.published, second.delivered, second.latency_us), (2.0, 0.0, None));
}

#[tokio::test(start_paused = true)]
async fn an_event_counts_once_for_each_who_gets_it() {
    let world = World::showing(Shown::Public);
    let (mut one, _) = open(&world, "/sse?topic=a").await;
    let (mut two, _) = open(&world, "/sse?topic=a&format=json").await;
    let before = world.hub.counters().read().delivered;
    world.publish("a", "x").await;
    for body in [&mut one, &mut two] {
        heard(body).await.unwrap();
    }
    assert_eq!(world.hub.counters().read().delivered - before, 2);
}

#[tokio::test(start_paused = true)]
async fn the_latency_is_that_of_the_slowest_and_of_nothing_that_was_there_before() {
    let world = World::showing(Shown::Public);
    let first = world.publish("a", "1").await.id;
    world.publish("a", "2").await;
    sleep(SECOND).await;
    let (mut body, _) = open(&world, &format!("/sse?topic=a&last_event_id={first}")).await;
    assert!(heard(&mut body).await.unwrap().contains("data: 2"));
    assert_eq!(world.hub.counters().take_slowest(), None);
    for wait in [7, 3] {
        world.publish("a", "3").await;
        sleep(Duration::from_millis(wait)).await;
        heard(&mut body).await.unwrap();
    }
    let slowest = world.hub.counters().take_slowest().unwrap();
    assert!((7000..9000).contains(&slowest), "{slowest}");

    // One that is handed over together with what was there before counts alone.
    let (mut late, _) = open(&world, &format!("/sse?topic=a&last_event_id={first}")).await;
    world.publish("a", "4").await;
    heard(&mut late).await.unwrap();
    let slowest = world.hub.counters().take_slowest().unwrap();
    assert!(slowest < 1000, "{slowest}");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_may_see_it_nothing_is_measured() {
    let world = World::showing(Shown::Off);
    let open = || -> Result<Counting, String> { panic!("somebody looks") };
    measure(world.hub.clone(), open, world.shutdown.clone()).await;
    assert_eq!(newest(&world), None);
}

#[tokio::test(start_paused = true)]
async fn measuring_ends_with_the_server() {
    let world = World::showing(Shown::Public);
    let measuring = measured(&world);
    sleep(3 * SECOND).await;
    assert!(newest(&world).is_some() && !measuring.is_finished());
    world.shutdown.cancel();
    timeout(SECOND, measuring).await.expect("it goes on").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_cannot_be_measured_harms_nothing_else() {
    struct Broken;
    impl Machine for Broken {
        fn look(&mut self) -> Look {
            panic!("it is broken")
        }
    }
    let world = World::showing(Shown::Public);
    let (hub, shutdown) = (world.hub.clone(), world.shutdown.clone());
    let none = || -> Result<Broken, String> { Err("there is none".into()) };
    measure(hub.clone(), none, shutdown.clone()).await;
    measure(hub, || Ok(Broken), shutdown).await;
    assert_eq!(world.get("/api/status").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_log_knows_how_much_it_holds() {
    let clock = Clock::system();
    let (folder, tail) = (tempfile::tempdir().unwrap(), tail::Bounds::default());
    let retention =
        || Retention { total: Bounds { events: 3, ..Bounds::NONE }, ..Retention::default() };
    let on_disk = || Embedded::open(folder.path(), clock, retention(), tail).unwrap();
    let (disk, memory) = (on_disk(), Memory::new(clock, retention(), tail));
    let mut last = Vec::new();
    for log in [&disk as &dyn Log, &memory] {
        assert_eq!(log.held(), Held::default());
        for data in ["1", "22", "333", "4444", "55555"] {
            let topics = vec![Topic::new(if data == "4444" { "b" } else { "a" }).unwrap()];
            let draft = Draft { topics, event_type: None, data: data.into(), private: false };
            log.append(draft, None).await.unwrap();
        }
        let three = log.held();
        assert_eq!(three.events, 3, "{log:?}");
        log.purge(Topic::new("b").unwrap()).await.unwrap();
        let two = log.held();
        assert!(two.events == 2 && two.bytes < three.bytes, "{three:?} {two:?}");
        last.push(two);
    }
    assert_eq!(last[0], last[1]);
    drop(disk);
    assert_eq!(on_disk().held(), last[0]);
}
