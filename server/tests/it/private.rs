//! Who gets private events, by every route to an event, and until when. Time is virtual.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, Response},
};
use server::token::{Claims, mint};
use tokio::time::{Instant, timeout};
use wire::topics::History;

use crate::{
    transport::on_each_transport,
    world::{BEGIN, World, next, secret, text},
};

const SECOND: Duration = Duration::from_secs(1);

on_each_transport!(
    live_a_private_event_reaches_who_follows_a_topic_of_it_that_they_may_read,
    so_among_readers_that_follow_the_same_side_by_side,
    so_on_replay_from_the_tail_and_from_the_log,
    so_as_the_newest_event,
    so_in_the_history,
    the_session_says_who_one_is_and_what_one_may_read,
    a_stream_says_that_its_token_has_expired_and_ends,
);

fn world() -> World {
    World::ticking_every(3 * SECOND)
}

/// Asks with a token, or without.
async fn get(world: &World, token: Option<&str>, path: &str) -> Response<Body> {
    match token {
        Some(token) => world.ask_with(token, Request::get(path)).await,
        None => world.get(path).await,
    }
}

/// The data that a stream has within a second, a space after each.
async fn heard(body: &mut Body) -> String {
    let mut data = String::new();
    while let Ok(Some(bytes)) = timeout(SECOND, next(body)).await {
        let bytes = String::from_utf8(bytes.to_vec()).unwrap();
        data.extend(
            bytes
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .map(|data| format!("{data} ")),
        );
    }
    data
}

/// Tokens with a right to read some of the topics, and whether each gets the private event `b` through
/// `news`.
fn readers(world: &World) -> [(Option<String>, bool); 6] {
    [
        (None, false),
        (Some(world.token(&["*"], &[])), false),
        (Some(world.token(&[], &["news2", "new"])), false),
        (Some(world.token(&[], &["news"])), true),
        (Some(world.token(&[], &["ne*"])), true),
        // It may read another of its topics, which it does not follow.
        (Some(world.token(&[], &["staff"])), false),
    ]
}

/// Publishes a public event `a`, a private one `b`, a public one `c`.
async fn publish(world: &World) -> String {
    let before = world.publish("news", "a").await.id;
    world.publish("news?also=staff&private=1", "b").await;
    world.publish("news", "c").await;
    before
}

async fn live_a_private_event_reaches_who_follows_a_topic_of_it_that_they_may_read() {
    let world = world();
    for (token, sees) in readers(&world) {
        let mut body = get(&world, token.as_deref(), "/sse?topic=news").await.into_body();
        next(&mut body).await.unwrap();
        publish(&world).await;
        assert_eq!(heard(&mut body).await, if sees { "a b c " } else { "a c " }, "{token:?}");
    }
}

async fn so_among_readers_that_follow_the_same_side_by_side() {
    let world = world();
    let mut open = Vec::new();
    // Of each two, who gets the same in the same way, and once as JSON.
    for (token, sees) in [readers(&world), readers(&world)].concat() {
        for format in ["message", "json"] {
            let path = format!("/sse?topic=news&format={format}");
            let mut body = get(&world, token.as_deref(), &path).await.into_body();
            next(&mut body).await.unwrap();
            open.push((body, sees, format));
        }
    }
    let opened = open.len();
    publish(&world).await;
    assert_eq!(world.publish("news", "c").await.readers, opened);
    for (body, sees, format) in &mut open {
        let heard = heard(body).await;
        let expected = if *sees { "abcc" } else { "acc" };
        let said: String = match *format {
            "json" => {
                let all = heard.split("\"data\":\"").skip(1);
                all.filter_map(|rest| rest.chars().next()).collect()
            }
            _ => heard.replace(' ', ""),
        };
        assert_eq!(said, expected, "{format}: {heard}");
    }
}

async fn so_on_replay_from_the_tail_and_from_the_log() {
    for world in [world(), World::with_tail_of(1)] {
        let before = publish(&world).await;
        for (token, sees) in readers(&world) {
            let path = format!("/sse?topic=news&last_event_id={before}");
            let mut body = get(&world, token.as_deref(), &path).await.into_body();
            assert_eq!(heard(&mut body).await, if sees { "b c " } else { "c " }, "{token:?}");
        }
    }
}

async fn so_as_the_newest_event() {
    let world = world();
    publish(&world).await;
    world.publish("news?private", "d").await;
    world.publish("staff?private", "e").await;
    for (token, newest) in [
        (None, "c "),
        // What is of staff as well is read through news alone.
        (Some(world.token(&[], &["news"])), "d "),
        (Some(world.token(&[], &["staff"])), "c e "),
        (Some(world.token(&[], &["*"])), "d e "),
    ] {
        let path = "/sse?topic=news&topic=staff&last=1";
        let mut body = get(&world, token.as_deref(), path).await.into_body();
        assert_eq!(heard(&mut body).await, newest, "{token:?}");
    }
}

async fn so_in_the_history() {
    let world = world();
    publish(&world).await;
    let history = async |token: Option<&str>, path| {
        let answer = text(get(&world, token, path).await).await;
        let history: History = serde_json::from_str(&answer).unwrap();
        history.events.into_iter().map(|event| event.data).collect::<String>()
    };
    for (token, sees) in readers(&world) {
        for path in ["/topics/news", "/topics/news?before="] {
            let data = history(token.as_deref(), path).await;
            assert_eq!(data, if sees { "abc" } else { "ac" }, "{path} {token:?}");
        }
    }
    let staff = world.token(&[], &["staff"]);
    assert_eq!(history(Some(&staff), "/topics/staff").await, "b");
    let news = world.token(&[], &["news"]);
    assert_eq!(history(Some(&news), "/topics/staff").await, "");
    assert_eq!(history(None, "/topics/staff").await, "");
}

async fn the_session_says_who_one_is_and_what_one_may_read() {
    let world = world();
    let claims = Claims {
        read: vec!["chat/*".into()],
        sub: Some("Ada".into()),
        exp: BEGIN / 1_000_000 + 60,
        ..Claims::default()
    };
    let token = mint(&secret(), &claims);
    let path = "/sse?topic=chat/a&topic=news&session=1";
    let mut body = get(&world, Some(&token), path).await.into_body();
    let greeting = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
    let session = greeting.split("\n\n").nth(1).unwrap();
    let fields = session.strip_prefix("event: session\ndata: {\"identity\":\"").unwrap();
    let (identity, fields) = fields.split_once('"').unwrap();
    let is_mark = identity.len() == 16 && identity.bytes().all(|one| one.is_ascii_hexdigit());
    assert!(is_mark, "{identity}");
    let beginning = ",\"subject\":\"Ada\",\"granted\":[\"chat/a\"],\
        \"refused\":[\"news\"],\"until\":\"2026-11-22T05:19:01.000Z\",";
    assert!(fields.starts_with(beginning), "{session}");
}

async fn a_stream_says_that_its_token_has_expired_and_ends() {
    let world = world();
    let claims = Claims { exp: BEGIN / 1_000_000 + 6, ..Claims::default() };
    let token = mint(&secret(), &claims);
    let begun = Instant::now();
    let mut quiet = get(&world, Some(&token), "/sse?topic=news").await.into_body();
    let mut time = get(&world, Some(&token), "/sse?topic=time").await.into_body();
    next(&mut quiet).await.unwrap();
    next(&mut time).await.unwrap();
    assert_eq!(next(&mut time).await.unwrap(), "data: 2026-11-22T05:18:03.000Z\n\n");
    assert_eq!(next(&mut time).await.unwrap(), "data: 2026-11-22T05:18:06.000Z\n\n");
    let expired = "event: expired\ndata: {\"until\":\"2026-11-22T05:18:07.000Z\"}\n\n";
    for body in [&mut quiet, &mut time] {
        assert_eq!(next(body).await.unwrap(), expired);
        assert_eq!(begun.elapsed(), Duration::from_millis(5600));
        assert_eq!(next(body).await, None);
    }
    drop((quiet, time));
    assert_eq!(world.hub.reading(), 0);
    assert_eq!(get(&world, Some(&token), "/sse").await.status(), 401);
}
