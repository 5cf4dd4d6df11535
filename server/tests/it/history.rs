//! What the log holds: reading back, listing, dropping.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use belfry_hub::{
    event::Draft,
    log::{Bounds, Retention},
};
use tokio::time::sleep;
use wire::topics::{History, TopicList};

use crate::{
    hub::{draft, json, publish, quiet},
    world::{World, text},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn history_is_read_forwards_and_backwards_in_pages() {
    let world = quiet();
    for data in 1..=5 {
        publish(&world, "a", &data.to_string()).await;
        publish(&world, "b", "other").await;
    }
    let read = async |query: &str| -> (Vec<String>, Option<String>, bool) {
        let history: History = json(world.get(&format!("/topics/a?{query}")).await).await;
        let data = history.events.into_iter().map(|event| event.data).collect();
        (data, history.next, history.gap)
    };
    let (data, next, gap) = read("limit=2").await;
    assert_eq!((&data[..], gap), (&["1".to_owned(), "2".into()][..], false));
    let (data, next, _) = read(&format!("limit=3&after={}", next.unwrap())).await;
    assert_eq!((data.join(" "), next), ("3 4 5".into(), None));
    let end = world.hub.log().cursor(u64::MAX);
    let (data, next, _) = read(&format!("limit=2&before={end}")).await;
    assert_eq!(data, ["5", "4"]);
    let (data, next, _) = read(&format!("before={}", next.unwrap())).await;
    assert_eq!((data.join(" "), next), ("3 2 1".into(), None));
    let beyond = world.hub.log().cursor(999);
    for nowhere in ["after=nonsense".into(), format!("after={beyond}"), "before=nonsense".into()] {
        let (data, _, gap) = read(&nowhere).await;
        assert_eq!((data.len(), gap), (5, true), "{nowhere}");
    }
    assert_eq!(read("after=").await.0.len(), 5);
    for bad in ["limit=0", "limit=1001", "limit=x"] {
        let response = world.get(&format!("/topics/a?{bad}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(text(response).await.contains(r#""field":"limit""#));
    }
}

#[tokio::test(start_paused = true)]
async fn topics_are_listed_by_prefix_in_pages() {
    let world = quiet();
    for topic in ["chat/a", "chat/b", "chat/c", "news", "chat/a"] {
        publish(&world, topic, "x").await;
    }
    let list: TopicList = json(world.get("/topics?prefix=chat/&limit=2").await).await;
    let names = |list: &TopicList| -> Vec<(String, u64)> {
        list.topics.iter().map(|one| (one.topic.clone(), one.events)).collect()
    };
    assert_eq!(names(&list), [("chat/a".into(), 2), ("chat/b".into(), 1)]);
    let after = list.next.unwrap();
    let list: TopicList =
        json(world.get(&format!("/topics?prefix=chat/&after={after}")).await).await;
    assert_eq!((names(&list), list.next), (vec![("chat/c".into(), 1)], None));
}

#[tokio::test(start_paused = true)]
async fn nobody_hears_of_private_events_that_they_may_not_read() {
    let world = quiet();
    for (topic, private) in [("mixed", true), ("mixed", false), ("secret", true)] {
        world.hub.publish(Draft { private, ..draft(&[topic], "x") }, None).await.unwrap();
    }
    let list = text(world.get("/topics").await).await;
    assert_eq!(list, "{\"topics\":[{\"topic\":\"mixed\",\"events\":1}],\"next\":null}\n");
    let token = world.token(&[], &["*"]);
    let list = text(world.ask_with(&token, Request::get("/topics")).await).await;
    assert!(
        list.contains(r#"{"topic":"mixed","events":2},{"topic":"secret","events":1}"#),
        "{list}"
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_live_and_ready() {
    let world = quiet();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(text(world.get(path).await).await, "ok\n");
    }
}

#[tokio::test(start_paused = true)]
async fn retention_by_age_and_by_topic() {
    let rules = vec![(
        belfry_hub::event::Pattern::new("short*").unwrap(),
        Bounds { events: 2, age: 10 * SECOND, ..Bounds::NONE },
    )];
    let world = World::keeping(Retention { total: Bounds::NONE, rules }, 100);
    for data in 1..=3 {
        publish(&world, "short", &data.to_string()).await;
        publish(&world, "long", &data.to_string()).await;
    }
    let count = async |topic: &str| {
        let history: History = json(world.get(&format!("/topics/{topic}")).await).await;
        history.events.len()
    };
    assert_eq!((count("short").await, count("long").await), (2, 3));
    sleep(11 * SECOND).await;
    publish(&world, "long", "4").await;
    assert_eq!((count("short").await, count("long").await), (0, 4));
}
