//! Which bytes go over the stream, and when. Time is virtual.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    transport::on_each_transport,
    world::{World, next},
};

const SECOND: Duration = Duration::from_secs(1);

on_each_transport!(
    begins_with_the_time_of_connecting_and_goes_on_at_multiples_of_the_interval,
    the_wait_before_coming_back_differs_by_connection,
    says_nothing_between_ticks,
    a_comment_comes_after_15_s_of_silence,
    the_number_of_readers_is_told_with_the_next_tick_and_only_when_it_changed,
    who_came_between_two_ticks_is_told_that_another_left_before_the_second,
    who_was_told_the_number_at_the_start_is_not_told_again,
    the_shutdown_ends_every_stream,
    nobody_on_the_way_may_keep_or_hold_back_the_stream,
    asking_for_the_headers_is_not_reading,
);

/// Opens a stream, and takes what it begins with: the number of readers is told in it.
async fn reader(world: &World) -> (Body, String) {
    let mut body = world.get("/sse").await.into_body();
    let greeting = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
    (body, greeting)
}

async fn begins_with_the_time_of_connecting_and_goes_on_at_multiples_of_the_interval() {
    let world = World::ticking_every(3 * SECOND);
    let (mut body, greeting) = reader(&world).await;
    let (retry, events) = greeting.split_once("\n\n").unwrap();
    assert_eq!(events, "data: 2026-11-22T05:18:01.400Z\n\nevent: readers\ndata: 1\n\n");
    let wait: u64 = retry.strip_prefix("retry: ").unwrap().parse().unwrap();
    assert!((2000..=6000).contains(&wait), "{wait}");
    assert_eq!(next(&mut body).await.unwrap(), "data: 2026-11-22T05:18:03.000Z\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: 2026-11-22T05:18:06.000Z\n\n");
}

async fn the_wait_before_coming_back_differs_by_connection() {
    let world = World::ticking_every(3 * SECOND);
    let mut waits = std::collections::HashSet::new();
    for _ in 0..20 {
        let (_, greeting) = reader(&world).await;
        waits.insert(greeting.lines().next().unwrap().to_owned());
    }
    assert!(waits.len() > 10, "{waits:?}");
}

async fn says_nothing_between_ticks() {
    let world = World::ticking_every(3 * SECOND);
    let (mut body, _) = reader(&world).await;
    assert!(timeout(Duration::from_millis(1599), next(&mut body)).await.is_err());
    assert!(timeout(Duration::from_millis(2), next(&mut body)).await.is_ok());
}

async fn a_comment_comes_after_15_s_of_silence() {
    let world = World::ticking_every(3600 * SECOND);
    let (mut body, _) = reader(&world).await;
    let begun = Instant::now();
    for silences in 1..=3 {
        assert_eq!(next(&mut body).await.unwrap(), ":\n\n");
        assert_eq!(begun.elapsed(), silences * 15 * SECOND);
    }
}

async fn the_number_of_readers_is_told_with_the_next_tick_and_only_when_it_changed() {
    let world = World::ticking_every(3 * SECOND);
    let (mut first, _) = reader(&world).await;
    let (second, greeting) = reader(&world).await;
    assert!(greeting.ends_with("event: readers\ndata: 2\n\n"), "{greeting}");

    assert_eq!(next(&mut first).await.unwrap(), "data: 2026-11-22T05:18:03.000Z\n\n");
    assert_eq!(next(&mut first).await.unwrap(), "event: readers\ndata: 2\n\n");
    assert_eq!(next(&mut first).await.unwrap(), "data: 2026-11-22T05:18:06.000Z\n\n");
    drop(second);
    assert_eq!(next(&mut first).await.unwrap(), "data: 2026-11-22T05:18:09.000Z\n\n");
    assert_eq!(next(&mut first).await.unwrap(), "event: readers\ndata: 1\n\n");
}

async fn who_came_between_two_ticks_is_told_that_another_left_before_the_second() {
    let world = World::ticking_every(3 * SECOND);
    let (mut first, _) = reader(&world).await;
    next(&mut first).await.unwrap();
    let (mut second, greeting) = reader(&world).await;
    assert!(greeting.ends_with("data: 2\n\n"), "{greeting}");
    drop(first);
    assert_eq!(next(&mut second).await.unwrap(), "data: 2026-11-22T05:18:06.000Z\n\n");
    assert_eq!(next(&mut second).await.unwrap(), "event: readers\ndata: 1\n\n");
}

async fn who_was_told_the_number_at_the_start_is_not_told_again() {
    let world = World::ticking_every(3 * SECOND);
    let (_first, _) = reader(&world).await;
    let (mut second, _) = reader(&world).await;
    assert_eq!(next(&mut second).await.unwrap(), "data: 2026-11-22T05:18:03.000Z\n\n");
    assert_eq!(next(&mut second).await.unwrap(), "data: 2026-11-22T05:18:06.000Z\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_was_slow_gets_the_newest_time_alone() {
    let world = World::ticking_every(3 * SECOND);
    let (mut body, _) = reader(&world).await;
    sleep(100 * SECOND).await;
    assert_eq!(next(&mut body).await.unwrap(), "data: 2026-11-22T05:19:39.000Z\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: 2026-11-22T05:19:42.000Z\n\n");
}

#[tokio::test(start_paused = true)]
async fn leaving_is_counted_at_once() {
    let world = World::ticking_every(3 * SECOND);
    let (body, _) = reader(&world).await;
    assert_eq!(world.hub.reading(), 1);
    drop(body);
    assert_eq!(world.hub.reading(), 0);
}

async fn the_shutdown_ends_every_stream() {
    let world = World::ticking_every(3 * SECOND);
    let (mut body, _) = reader(&world).await;
    world.shutdown.cancel();
    let begun = Instant::now();
    let last = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
    let retry = last.strip_prefix("retry: ").and_then(|rest| rest.strip_suffix("\n\n"));
    assert!((1000..=30_000).contains(&retry.unwrap().parse::<u32>().unwrap()), "{last}");
    assert_eq!(next(&mut body).await, None);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(world.hub.reading(), 0);
}

async fn nobody_on_the_way_may_keep_or_hold_back_the_stream() {
    let world = World::ticking_every(3 * SECOND);
    let response = world.get("/sse").await;
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(header("cache-control"), Some("no-store, no-transform"));
    assert_eq!(header("x-accel-buffering"), Some("no"));
    assert_eq!(header("content-encoding"), None);
}

async fn asking_for_the_headers_is_not_reading() {
    let world = World::ticking_every(3 * SECOND);
    let response = world.ask(Request::head("/sse").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(world.hub.reading(), 0);
    let response = world.ask(Request::head("/sse?format=x").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}
