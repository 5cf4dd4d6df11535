//! Limits of what clients may take: who is refused, how, and what counts it. Time is virtual.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header::AUTHORIZATION},
};
use belfry_hub::counters::Ending;
use server::{
    Config,
    tally::Rule,
    web::{
        client::{
            connection::Connection,
            trust::{Proxy, Trust},
        },
        limits::Limits,
    },
};
use tokio::time::{Instant, advance, sleep, timeout};
use wire::problem::ProblemDocument;

use crate::{
    transport::{Transport, on_each_transport},
    world::{World, next, text, usual},
};

on_each_transport!(
    a_place_is_given_back_when_its_client_leaves_and_when_its_stream_ends,
    a_stream_ends_within_its_age_but_not_all_at_once,
);

fn at(world: &mut World, peer: &str) {
    world.connection = Connection::new(peer.parse::<SocketAddr>().unwrap());
}

fn refused(world: &World, rule: Rule) -> u64 {
    world.tally.refusals().find(|(of, _)| *of == rule).unwrap().1
}

async fn open(world: &World, token: Option<&str>) -> Response<Body> {
    let mut request = Request::get("/sse?topic=a");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let answer = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
    answer
}

/// Whether an answer is a stream that says when to come back, and has ended.
async fn is_over(answer: Response<Body>) -> bool {
    let mut body = answer.into_body();
    let first = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
    let Some((_, wait)) = first.split_once("try again later\nretry: ") else { return false };
    assert!((5000..=15_000).contains(&wait.trim_end().parse::<u32>().unwrap()), "{first}");
    assert_eq!(next(&mut body).await, None);
    true
}

#[tokio::test(start_paused = true)]
async fn a_client_has_so_many_streams_at_once_and_the_next_is_told_when_to_come_back() {
    let limits = Limits { streams_per_client: Some(2), ..Limits::default() };
    let mut world = World::limiting(limits);
    at(&mut world, "[2001:db8:1:2::1]:1");
    let (one, two) = (open(&world, None).await, open(&world, None).await);
    at(&mut world, "[2001:db8:1:2:ffff::9]:1");
    assert!(is_over(open(&world, None).await).await);
    assert_eq!((refused(&world, Rule::StreamsPerClient), world.hub.reading()), (1, 2));
    // Others, those nearby, and what is no stream, are not.
    at(&mut world, "[2001:db8:1:3::1]:1");
    assert!(!is_over(open(&world, None).await).await);
    at(&mut world, "10.0.0.1:1");
    let near = (open(&world, None).await, open(&world, None).await);
    assert!(!is_over(open(&world, None).await).await);
    at(&mut world, "[2001:db8:1:2::1]:1");
    assert_eq!(world.get("/topics/a").await.status(), StatusCode::OK);
    // A place is free again once the stream is gone.
    drop(one);
    assert!(!is_over(open(&world, None).await).await);
    drop((two, near));
    assert_eq!(refused(&world, Rule::StreamsPerClient), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_for_something_else_takes_no_place() {
    let limits = Limits { streams_per_client: Some(1), ..Limits::default() };
    let world = World::limiting(limits);
    for _ in 0..3 {
        assert_eq!(world.get("/sse?topic=").await.status(), StatusCode::BAD_REQUEST);
    }
    assert!(!is_over(open(&world, None).await).await);
}

#[tokio::test(start_paused = true)]
async fn a_token_has_so_many_streams_wherever_they_come_from() {
    let limits = Limits { streams_per_token: Some(2), ..Limits::default() };
    let mut world = World::limiting(limits);
    let (token, other) = (world.token(&[], &["a"]), world.token(&["a"], &[]));
    let mut streams = Vec::new();
    for peer in ["198.51.100.1:1", "10.0.0.1:1"] {
        at(&mut world, peer);
        streams.push(open(&world, Some(&token)).await);
    }
    assert!(is_over(open(&world, Some(&token)).await).await);
    assert!(!is_over(open(&world, Some(&other)).await).await);
    assert!(!is_over(open(&world, None).await).await);
    assert_eq!(refused(&world, Rule::StreamsPerToken), 1);
    streams.pop();
    assert!(!is_over(open(&world, Some(&token)).await).await);
}

#[tokio::test(start_paused = true)]
async fn a_stream_follows_so_many_topics_and_more_are_refused_for_good() {
    let world = World::limiting(Limits { topics: 2, ..Limits::default() });
    assert_eq!(world.get("/sse?topic=a&topic=b&topic=a").await.status(), StatusCode::OK);
    let answer = world.get("/sse?topic=a&topic=b&topic=c").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let problem: ProblemDocument = serde_json::from_str(&text(answer).await).unwrap();
    assert_eq!(problem.detail, "topic must be given at most 2 times");
    assert_eq!(problem.field.as_deref(), Some("topic"));
    assert_eq!(world.hub.counters().read().too_many_topics, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_publishes_so_many_at_once_and_then_so_many_a_second() {
    let world = World::limiting(Limits { publish_rate: Some(5), ..Limits::default() });
    let token = world.token(&["*"], &[]);
    let publish = async || world.ask_with(&token, Request::post("/topics/a")).await;
    for _ in 0..5 {
        assert_eq!(publish().await.status(), StatusCode::OK);
    }
    let answer = publish().await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "1");
    let problem: ProblemDocument = serde_json::from_str(&text(answer).await).unwrap();
    assert!(problem.detail.contains("too many events"), "{}", problem.detail);
    assert_eq!(refused(&world, Rule::PublishRate), 1);
    let removes = world.ask_with(&token, Request::delete("/topics/a")).await;
    assert_eq!(removes.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(world.get("/topics/a").await.status(), StatusCode::OK);
    advance(Duration::from_millis(200)).await;
    assert_eq!(publish().await.status(), StatusCode::OK);
    assert_eq!(publish().await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(start_paused = true)]
async fn what_comes_by_a_connection_over_a_limit_is_answered_or_refused() {
    let mut world = World::limiting(Limits::default());
    let direct = world.connection;
    world.connection = direct.over(Rule::ConnectionRate);
    let answer = world.get("/healthz").await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert!(is_over(open(&world, None).await).await);
    assert_eq!(refused(&world, Rule::ConnectionRate), 2);
    world.connection = direct.over(Rule::Connections);
    for path in ["/healthz", "/robots.txt", "/topics/a"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    let answer = world.get("/sse").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let wait = answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap();
    assert!((5..=15).contains(&wait));
    assert_eq!((refused(&world, Rule::Connections), world.hub.reading()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_page_waits_for_its_turn_and_is_refused_where_that_takes_too_long() {
    let world = World::limiting(Limits { renders: Some(1), ..Limits::default() });
    assert_eq!(world.get("/").await.status(), StatusCode::OK);
    assert_eq!(world.get("/").await.status(), StatusCode::OK, "a page that is made holds no turn");
    let turn = world.limited().render(None).await.unwrap();
    let begun = Instant::now();
    let answer = world.get("/").await;
    assert_eq!((answer.status(), begun.elapsed().as_secs()), (StatusCode::SERVICE_UNAVAILABLE, 2));
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(refused(&world, Rule::Renders), 1);
    assert_eq!(world.get("/healthz").await.status(), StatusCode::OK);
    drop(turn);
    assert_eq!(world.get("/").await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn no_client_has_more_than_an_eighth_of_the_turns() {
    let mut world = World::limiting(Limits { renders: Some(16), ..Limits::default() });
    let network = |last| Some(std::net::IpAddr::from([192, 0, 2, last]));
    let limited = world.limited().clone();
    let (one, _two) = (limited.render(network(7)).await, limited.render(network(7)).await);
    at(&mut world, "192.0.2.7:1");
    let begun = Instant::now();
    let answer = world.get("/").await;
    assert_eq!((answer.status(), begun.elapsed().as_secs()), (StatusCode::TOO_MANY_REQUESTS, 0));
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(refused(&world, Rule::Renders), 1);
    // Others have turns, and those who are not held to limits.
    assert!(limited.render(network(8)).await.is_ok());
    for _ in 0..3 {
        std::mem::forget(limited.render(None).await.unwrap());
    }
    drop(one);
    assert_eq!(world.get("/").await.status(), StatusCode::OK);
}

async fn a_place_is_given_back_when_its_client_leaves_and_when_its_stream_ends() {
    let limits = Limits { stream_max_age: Some(Duration::from_secs(10)), ..Limits::default() };
    for limits in [
        Limits { streams_per_client: Some(2), ..limits },
        Limits { streams_per_token: Some(2), ..limits },
    ] {
        // Clients of this machine are held to limits too.
        let proxies = vec![Proxy::read("198.51.100.1").unwrap()];
        let trust = Trust { proxies, ..Trust::default() };
        let world = World::configured(Config { limits, trust, ..usual() });
        let token = world.token(&[], &["a"]);
        let another = async || is_over(open(&world, Some(&token)).await).await;
        let another_soon = async || {
            let waiting = async {
                while another().await {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(Duration::from_secs(1), waiting).await.expect("its place is not given back");
        };
        let (one, mut two) = (open(&world, Some(&token)).await, open(&world, Some(&token)).await);
        assert!(another().await);
        drop(one);
        another_soon().await;
        let mut three = loop {
            let three = open(&world, Some(&token)).await;
            if world.hub.reading() == 2 {
                break three;
            }
            drop(three);
            sleep(Duration::from_millis(10)).await;
        };
        assert!(another().await);
        for stream in [&mut two, &mut three] {
            let ending = async { while next(stream.body_mut()).await.is_some() {} };
            timeout(Duration::from_secs(11), ending).await.expect("it goes on and on");
        }
        if Transport::current() == Transport::Memory {
            // Otherwise the server lets go of it.
            drop((two, three));
        }
        another_soon().await;
    }
}

async fn a_stream_ends_within_its_age_but_not_all_at_once() {
    let age = Duration::from_secs(100);
    let world = World::limiting(Limits { stream_max_age: Some(age), ..Limits::default() });
    let mut lasted = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let mut body = open(&world, None).await.into_body();
        let ending = async { while next(&mut body).await.is_some() {} };
        let ended = timeout(2 * age, ending).await;
        assert!(ended.is_ok(), "it goes on and on");
        lasted.push(begun.elapsed());
    }
    assert!(lasted.iter().all(|it| (Duration::from_secs(80)..=age).contains(it)), "{lasted:?}");
    lasted.sort();
    assert!(lasted[19] - lasted[0] > Duration::from_secs(2), "{lasted:?}");
    let ended = world.hub.counters().read().ended;
    assert_eq!((ended[Ending::Left as usize], ended[Ending::Age as usize]), (0, 20));
}
