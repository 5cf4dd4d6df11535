//! Following all topics under a prefix: live, resumed, in the history, and with which rights.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use belfry_hub::{
    event::{Draft, Pattern, Topic},
    log::{Bounds, Retention},
};
use tokio::time::{Duration, timeout};
use wire::{session::Session, topics::History};

use crate::{
    hub::{draft, heard, json, open, publish, quiet},
    transport::on_each_transport,
    world::{World, next, text},
};

const SECOND: Duration = Duration::from_secs(1);

on_each_transport!(
    live_all_that_is_under_a_prefix_comes_and_nothing_else,
    resumed_from_the_log_and_from_the_tail_nothing_is_missing,
    the_history_of_a_prefix_is_read_in_pages_from_both_ends,
    a_loss_in_one_topic_is_announced_by_its_prefixes,
    who_may_read_all_of_a_prefix_sees_its_private_events_through_it,
    a_star_that_is_not_a_last_level_is_refused_by_name,
);

/// The data of what a stream has within a second, a space after each.
async fn data(body: &mut Body) -> String {
    let mut data = String::new();
    while let Ok(Some(bytes)) = timeout(SECOND, next(body)).await {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.for_each(|line| data += &format!("{line} "));
    }
    data
}

/// Publishes one event each to topics under `chat/` and beside it, numbered by `from`.
async fn publish_some(world: &World, from: u32) {
    let topics = ["chat/a", "chat", "chat/b/c", "chats/a", "chat/a", "other/chat/a", "chat/z"];
    for (topic, number) in topics.into_iter().zip(from..) {
        publish(world, topic, &number.to_string()).await;
    }
}

async fn live_all_that_is_under_a_prefix_comes_and_nothing_else() {
    let world = quiet();
    let (mut body, _) = open(&world, "topic=chat/*").await;
    let (mut deeper, _) = open(&world, "topic=chat/b/*").await;
    publish_some(&world, 1).await;
    assert_eq!(data(&mut body).await, "1 3 5 7 ");
    assert_eq!(data(&mut deeper).await, "3 ");
    let receipt = world.hub.publish(draft(&["chat/a", "chat/b/c", "x"], "8"), None).await.unwrap();
    assert_eq!(receipt.readers, 2);
    assert_eq!((data(&mut body).await, data(&mut deeper).await), ("8 ".into(), "8 ".into()));
}

async fn resumed_from_the_log_and_from_the_tail_nothing_is_missing() {
    for world in [quiet(), World::with_tail_of(2)] {
        publish_some(&world, 1).await;
        let (mut stays, _) = open(&world, "topic=chat/*").await;
        publish_some(&world, 8).await;
        assert_eq!(data(&mut stays).await, "8 10 12 14 ");
        for (after, expected) in [(0, "1 3 5 7 8 10 12 14 "), (4, "5 7 8 10 12 14 "), (13, "14 ")] {
            let cursor = world.hub.log().cursor(after);
            let query = format!("topic=chat/*&topic=chat/a&last_event_id={cursor}");
            let (mut body, greeting) = open(&world, &query).await;
            assert_eq!(greeting, format!("id: {cursor}\n\n"));
            assert_eq!(data(&mut body).await, expected, "after {after}");
        }
        let (mut newest, _) = open(&world, "topic=chat/*&last=1").await;
        assert_eq!(data(&mut newest).await, "14 ");
    }
}

async fn the_history_of_a_prefix_is_read_in_pages_from_both_ends() {
    let world = quiet();
    publish_some(&world, 1).await;
    let page = async |query: &str| -> (String, Option<String>) {
        let page: History = json(world.get(&format!("/topics/chat/*?{query}")).await).await;
        (page.events.into_iter().map(|event| event.data).collect(), page.next)
    };
    let (first, next) = page("limit=3").await;
    assert_eq!(first, "135");
    assert_eq!(page(&format!("after={}", next.unwrap())).await, ("7".into(), None));
    let end = world.hub.log().cursor(7);
    assert_eq!(page(&format!("before={end}")).await.0, "531");
}

async fn a_loss_in_one_topic_is_announced_by_its_prefixes() {
    let rules = vec![(Pattern::new("chat/a").unwrap(), Bounds { events: 1, ..Bounds::NONE })];
    let world = World::keeping(Retention { total: Bounds::NONE, rules }, 100);
    let first = publish(&world, "chat/a", "1").await;
    publish(&world, "chat/a", "2").await;
    publish(&world, "chat/b", "3").await;
    publish(&world, "chat/a", "4").await;
    let of =
        async |topic: &str| open(&world, &format!("topic={topic}&last_event_id={first}")).await;
    let (mut body, gap) = of("chat/*").await;
    assert!(gap.contains(r#""reason":"expired""#), "{gap}");
    assert_eq!(data(&mut body).await, "3 4 ");
    assert!(of("chat/a").await.1.contains("gap"));
    assert!(!of("chat/b").await.1.contains("gap"), "which lost nothing");
    let begin = publish(&world, "news/a", "5").await;
    publish(&world, "news/a", "6").await;
    world.hub.purge(Topic::new("news/a").unwrap()).await.unwrap();
    let (mut body, gap) = open(&world, &format!("topic=news/*&last_event_id={begin}")).await;
    assert!(gap.contains(r#""reason":"expired""#), "{gap}");
    assert!(heard(&mut body).await.starts_with("event: purged\n"));
}

async fn who_may_read_all_of_a_prefix_sees_its_private_events_through_it() {
    let world = quiet();
    for (topic, private) in [("chat/a", false), ("chat/a", true), ("chat/b", true), ("x", true)] {
        let name = format!("{topic}{}", if private { "!" } else { "" });
        world.hub.publish(Draft { private, ..draft(&[topic], &name) }, None).await.unwrap();
    }
    let begin = world.hub.log().cursor(0);
    for (reads, topics, expected, granted) in [
        ("chat/*", "topic=chat/*", "chat/a chat/a! chat/b! ", vec!["chat/*"]),
        ("chat*", "topic=chat/*", "chat/a chat/a! chat/b! ", vec!["chat/*"]),
        ("chat/a", "topic=chat/*", "chat/a ", vec![]),
        ("chat/a", "topic=chat/*&topic=chat/a", "chat/a chat/a! ", vec!["chat/a"]),
        ("chat/*", "topic=chat/a", "chat/a chat/a! ", vec!["chat/a"]),
        ("x", "topic=chat/*", "chat/a ", vec![]),
    ] {
        let token = world.token(&[], &[reads]);
        let path = format!("/sse?{topics}&session=1&last_event_id={begin}");
        let mut body = world.ask_with(&token, Request::get(path)).await.into_body();
        let greeting = heard(&mut body).await;
        let session = greeting.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let session: Session = serde_json::from_str(session).unwrap();
        assert_eq!(session.granted, granted, "{reads} {topics}");
        assert_eq!(data(&mut body).await, expected, "{reads} {topics}");
    }
}

async fn a_star_that_is_not_a_last_level_is_refused_by_name() {
    let world = quiet();
    for topic in ["chat*", "*", "/*", "chat/*/a", "chat/**", "chat//*", "chat/../*"] {
        for path in [format!("/sse?topic={topic}"), format!("/topics/{topic}")] {
            let answer = world.get(&path).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
            let said = text(answer).await;
            assert!(said.contains(r#""field":"topic""#), "{path}: {said}");
        }
    }
    let token = world.token(&["*"], &[]);
    let answer = world.ask_with(&token, Request::post("/topics/chat/*")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "nothing is published to a prefix");
}
