//! Publishing, following and coming back, through the application and in virtual time.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode},
};
use belfry_hub::{
    event::{Draft, Topic},
    log::{Bounds, Retention},
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use wire::{cursor::Span, event::Envelope, session::Session};

use crate::{
    transport::{Transport, on_each_transport},
    world::{World, next, text},
};

const SECOND: Duration = Duration::from_secs(1);

on_each_transport!(
    what_is_published_reaches_who_follows_its_topic_and_nobody_else,
    an_event_of_several_topics_comes_once_to_who_follows_both,
    a_reader_that_comes_back_gets_what_it_missed_and_then_what_comes,
    the_header_goes_before_the_query,
    a_cursor_that_leads_nowhere_is_a_gap_and_then_what_there_is,
    what_the_log_has_dropped_is_a_gap_and_coming_back_after_it_is_none,
    a_quiet_topics_reader_gets_no_gap_when_others_have_rolled_the_log_over,
    a_quiet_topics_readers_cursor_moves_on_with_the_log_after_15_s,
    a_reader_that_fell_out_of_the_tail_reads_on_from_the_log,
    a_slow_reader_that_retention_overtakes_is_told_once,
    last_begins_with_each_topics_newest_event,
    a_large_private_event_does_not_hide_the_newest_public_one,
    what_retention_has_dropped_is_not_replayed_from_the_tail,
    a_session_says_who_what_and_where_before_all_else,
    state_topics_come_with_their_newest_value_and_mix_with_the_log,
);

pub(crate) fn quiet() -> World {
    World::ticking_every(3600 * SECOND)
}

pub(crate) fn draft(topics: &[&str], data: &str) -> Draft {
    let topics = topics.iter().map(|name| Topic::new(name).unwrap()).collect();
    Draft { topics, event_type: None, data: data.into(), private: false }
}

/// Publishes, and returns the event's cursor.
pub(crate) async fn publish(world: &World, topic: &str, data: &str) -> String {
    world.hub.publish(draft(&[topic], data), None).await.unwrap().id
}

pub(crate) async fn json<T: DeserializeOwned>(response: Response<Body>) -> T {
    assert_eq!(response.status(), StatusCode::OK);
    serde_json::from_str(&text(response).await).unwrap()
}

/// The next piece of a stream as text.
pub(crate) async fn heard(body: &mut Body) -> String {
    String::from_utf8(next(body).await.unwrap().to_vec()).unwrap()
}

/// Opens a stream and returns it with its greeting, from which `retry` is taken.
pub(crate) async fn open(world: &World, query: &str) -> (Body, String) {
    let response = world.get(&format!("/sse?{query}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let greeting = heard(&mut body).await;
    let (_, rest) = greeting.split_once("\n\n").unwrap();
    (body, rest.to_owned())
}

async fn what_is_published_reaches_who_follows_its_topic_and_nobody_else() {
    let world = quiet();
    let (mut lobby, greeting) = open(&world, "topic=chat/lobby").await;
    let (mut cellar, _) = open(&world, "topic=chat/cellar").await;
    let begin = world.hub.log().cursor(0);
    assert_eq!(greeting, format!("id: {begin}\n\n"));
    let id = publish(&world, "chat/lobby", "hello").await;
    assert_eq!(heard(&mut lobby).await, format!("data: hello\nid: {id}\n\n"));
    assert!(timeout(14 * SECOND, next(&mut cellar)).await.is_err());
}

async fn an_event_of_several_topics_comes_once_to_who_follows_both() {
    let world = quiet();
    let (mut both, _) = open(&world, "topic=a&topic=b&format=json").await;
    let receipt = world.hub.publish(draft(&["a", "b"], "1"), None).await.unwrap();
    assert_eq!(receipt.readers, 1);
    let last = publish(&world, "b", "2").await;
    let (first, second) = {
        let mut text = String::new();
        // In one piece or in two.
        while text.matches("\n\n").count() < 2 {
            text += &heard(&mut both).await;
        }
        let mut events = text.split("\n\n").map(str::to_owned);
        (events.next().unwrap(), events.next().unwrap())
    };
    let envelope: Envelope =
        serde_json::from_str(first.lines().next().unwrap().strip_prefix("data: ").unwrap())
            .unwrap();
    assert_eq!(envelope.topics, ["a", "b"]);
    assert!(second.ends_with(&last), "{second}");
}

async fn a_reader_that_comes_back_gets_what_it_missed_and_then_what_comes() {
    let world = quiet();
    let first = publish(&world, "a", "1").await;
    let second = publish(&world, "a", "2").await;
    let (mut body, greeting) = open(&world, &format!("topic=a&last_event_id={first}")).await;
    assert_eq!(greeting, format!("id: {first}\n\n"));
    assert_eq!(heard(&mut body).await, format!("data: 2\nid: {second}\n\n"));
    let third = publish(&world, "a", "3").await;
    assert_eq!(heard(&mut body).await, format!("data: 3\nid: {third}\n\n"));
}

async fn the_header_goes_before_the_query() {
    let world = quiet();
    let (first, second) = (publish(&world, "a", "1").await, publish(&world, "a", "2").await);
    let request = Request::get(format!("/sse?topic=a&last_event_id={first}"))
        .header("last-event-id", &second);
    let mut body = world.ask(request.body(Body::empty()).unwrap()).await.into_body();
    assert!(heard(&mut body).await.ends_with(&format!("id: {second}\n\n")));
    assert!(timeout(14 * SECOND, next(&mut body)).await.is_err());
}

async fn a_cursor_that_leads_nowhere_is_a_gap_and_then_what_there_is() {
    let world = quiet();
    let id = publish(&world, "a", "1").await;
    let begin = world.hub.log().cursor(0);
    let long = "9".repeat(8192);
    let beyond = world.hub.log().cursor(2).to_string();
    let most = world.hub.log().cursor(u64::MAX).to_string();
    for (cursor, reason) in [
        ("AAAAAAAAAAAAO-1", "epoch"),
        (&beyond, "unknown"),
        (&most, "unknown"),
        ("-1", "unknown"),
        ("18446744073709551616", "unknown"),
        ("%00", "unknown"),
        ("a%0Adata:%20forged", "unknown"),
        (&long, "unknown"),
    ] {
        let (mut body, gap) = open(&world, &format!("topic=a&last_event_id={cursor}")).await;
        let start = format!("event: gap\ndata: {{\"reason\":\"{reason}\",\"after\":");
        assert!(gap.starts_with(&start), "{gap}");
        assert!(gap.ends_with(&format!("}}\nid: {begin}\n\n")), "{gap}");
        assert_eq!(gap.lines().count(), 4, "{gap}");
        assert_eq!(heard(&mut body).await, format!("data: 1\nid: {id}\n\n"));
    }
}

fn keeping(events: u64) -> Retention {
    Retention { total: Bounds { events, ..Bounds::NONE }, rules: Vec::new() }
}

async fn what_the_log_has_dropped_is_a_gap_and_coming_back_after_it_is_none() {
    let world = World::keeping(keeping(3), 2);
    let mut ids = Vec::new();
    for data in 1..=5 {
        ids.push(publish(&world, "a", &data.to_string()).await);
    }
    let (mut body, gap) = open(&world, &format!("topic=a&last_event_id={}", ids[0])).await;
    assert_eq!(
        gap,
        format!(
            "event: gap\ndata: {{\"reason\":\"expired\",\"after\":\"{}\"}}\nid: {}\n\n",
            ids[0], ids[1]
        )
    );
    let rest: String =
        (3..=5).map(|data| format!("data: {data}\nid: {}\n\n", ids[data - 1])).collect();
    assert_eq!(heard(&mut body).await, rest);
    let (_, greeting) = open(&world, &format!("topic=a&last_event_id={}", ids[1])).await;
    assert_eq!(greeting, format!("id: {}\n\n", ids[1]));
}

async fn a_quiet_topics_reader_gets_no_gap_when_others_have_rolled_the_log_over() {
    let world = World::keeping(keeping(3), 2);
    let quiet = publish(&world, "quiet", "1").await;
    for data in 0..10 {
        publish(&world, "loud", &data.to_string()).await;
    }
    let (mut body, greeting) = open(&world, &format!("topic=quiet&last_event_id={quiet}")).await;
    assert_eq!(greeting, format!("id: {quiet}\n\n"));
    let id = publish(&world, "quiet", "2").await;
    assert_eq!(heard(&mut body).await, format!("data: 2\nid: {id}\n\n"));
}

async fn a_quiet_topics_readers_cursor_moves_on_with_the_log_after_15_s() {
    let world = quiet();
    let (mut body, _) = open(&world, "topic=quiet").await;
    assert_eq!(heard(&mut body).await, ":\n\n");
    publish(&world, "loud", "1").await;
    let id = publish(&world, "loud", "2").await;
    let begun = tokio::time::Instant::now();
    assert_eq!(heard(&mut body).await, format!(":\n\nid: {id}\n\n"));
    assert_eq!(begun.elapsed(), 15 * SECOND);
    assert_eq!(heard(&mut body).await, ":\n\n");
}

async fn a_reader_that_fell_out_of_the_tail_reads_on_from_the_log() {
    let world = World::keeping(Retention::default(), 2);
    let (mut body, _) = open(&world, "topic=a&topic=b").await;
    for data in 1..=50 {
        publish(&world, if data % 3 == 0 { "b" } else { "a" }, &data.to_string()).await;
    }
    let mut all = String::new();
    while all.matches("data: ").count() < 50 {
        all += &heard(&mut body).await;
    }
    let data: Vec<_> = all.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data, (1..=50).map(|n| n.to_string()).collect::<Vec<_>>());
}

async fn a_slow_reader_that_retention_overtakes_is_told_once() {
    let world = World::keeping(keeping(5), 2);
    let (mut body, _) = open(&world, "topic=a").await;
    let mut ids = vec![];
    for data in 1..=20 {
        ids.push(publish(&world, "a", &data.to_string()).await);
    }
    let text = heard(&mut body).await;
    assert_eq!(text.matches("event: gap").count(), 1, "{text}");
    assert!(text.starts_with("event: gap\ndata: {\"reason\":\"expired\""), "{text}");
    assert_eq!(text.matches("data: 16\n").count(), 1, "{text}");
    assert!(text.ends_with(&format!("data: 20\nid: {}\n\n", ids[19])), "{text}");
}

async fn last_begins_with_each_topics_newest_event() {
    let world = quiet();
    publish(&world, "a", "1").await;
    let b = publish(&world, "b", "2").await;
    let a = publish(&world, "a", "3").await;
    let end = publish(&world, "c", "4").await;
    let (mut body, greeting) = open(&world, "topic=a&topic=b&topic=none&last=1").await;
    assert_eq!(greeting, "");
    assert_eq!(heard(&mut body).await, format!("data: 2\nid: {b}\n\n"));
    assert_eq!(heard(&mut body).await, format!("data: 3\nid: {a}\n\nid: {end}\n\n"));
    let next = publish(&world, "b", "5").await;
    assert_eq!(heard(&mut body).await, format!("data: 5\nid: {next}\n\n"));
}

async fn a_large_private_event_does_not_hide_the_newest_public_one() {
    let world = quiet();
    let id = publish(&world, "a", "public").await;
    let large = Draft { private: true, ..draft(&["a"], &"x".repeat(100_000)) };
    let end = world.hub.publish(large, None).await.unwrap().id;
    let (mut body, _) = open(&world, "topic=a&last=1").await;
    assert_eq!(heard(&mut body).await, format!("data: public\nid: {id}\n\nid: {end}\n\n"));
}

async fn what_retention_has_dropped_is_not_replayed_from_the_tail() {
    let world = World::keeping(keeping(1), 100);
    for data in ["1", "2", "3"] {
        publish(&world, "a", data).await;
    }
    let begin = world.hub.log().cursor(0);
    let (mut body, gap) = open(&world, &format!("topic=a&last_event_id={begin}")).await;
    assert!(gap.contains("expired"), "{gap}");
    assert!(heard(&mut body).await.starts_with("data: 3\n"));
}

async fn a_session_says_who_what_and_where_before_all_else() {
    let world = quiet();
    let first = publish(&world, "a", "1").await;
    publish(&world, "a", "2").await;
    let (_, greeting) =
        open(&world, &format!("topic=a&topic=time&session=1&last_event_id={first}")).await;
    let data = greeting.strip_prefix("event: session\ndata: ").unwrap().lines().next().unwrap();
    let session: Session = serde_json::from_str(data).unwrap();
    assert_eq!(
        session,
        Session {
            identity: String::new(),
            subject: None,
            granted: vec![],
            refused: vec!["a".into()],
            until: None,
            cursor: first.clone(),
            replayed: 1,
            lost: false,
            spans: vec![Span { epoch: first.split('-').next().unwrap().into(), after: 0 }],
            http: Transport::current().version().into(),
        }
    );
    let (_, greeting) = open(&world, "session=1").await;
    assert!(greeting.starts_with("event: session\n"), "{greeting}");
}

async fn state_topics_come_with_their_newest_value_and_mix_with_the_log() {
    let world = World::ticking_every(3 * SECOND);
    let (mut body, greeting) = open(&world, "topic=time&topic=a&format=json").await;
    assert!(
        greeting.starts_with(
            r#"data: {"type":"message","topics":["time"],"data":"2026-11-22T05:18:01.400Z","at":"#
        ),
        "{greeting}"
    );
    assert!(heard(&mut body).await.contains("05:18:03.000Z"));
    publish(&world, "a", "1").await;
    assert!(heard(&mut body).await.contains(r#""data":"1""#));
}
