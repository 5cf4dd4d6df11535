//! Names of topics: those that look alike are one topic, those that are not text are refused, and those
//! that an earlier version took can be read, followed and purged by name.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use belfry_hub::{
    Clock, Log,
    event::{Draft, Topic},
    log::{Embedded, Memory, Retention},
    tail,
};
use tempfile::TempDir;
use wire::topics::{History, TopicList};

use crate::world::{BEGIN, World, next, text};

/// The same word in two forms, as it stands in an address.
const ONE: &str = "caf%C3%A9";
const OTHER: &str = "cafe%CC%81";

fn in_memory() -> World {
    let clock = Clock::starting_at(BEGIN);
    let log = Memory::new(clock, Retention::default(), tail::Bounds::default());
    World::with_log(clock, Duration::from_secs(3600), Arc::new(log))
}

fn draft(name: &str) -> Draft {
    let topics = vec![Topic::exactly(name).unwrap()];
    Draft { topics, event_type: None, data: "old".into(), private: false }
}

/// The data of what is in a topic.
async fn history(world: &World, topic: &str) -> Vec<String> {
    let said = text(world.get(&format!("/topics/{topic}")).await).await;
    let history: History = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    history.events.into_iter().map(|event| event.data).collect()
}

/// The first event of a stream.
async fn first(world: &World, path: &str) -> String {
    let mut body = world.get(path).await.into_body();
    loop {
        let piece = next(&mut body).await.expect("the stream goes on");
        let piece = String::from_utf8(piece.to_vec()).unwrap();
        if piece.contains("data:") {
            return piece;
        }
    }
}

async fn publish(world: &World, to: &str) -> (StatusCode, String) {
    let token = format!("Bearer {}", world.token(&["*"], &[]));
    let request = Request::post(format!("/topics/{to}")).header(AUTHORIZATION, token);
    let answer = world.ask(request.body(Body::from("new")).unwrap()).await;
    (answer.status(), text(answer).await)
}

#[tokio::test(start_paused = true)]
async fn two_forms_of_a_word_are_one_topic() {
    let world = in_memory();
    world.publish(ONE, "1").await;
    world.publish(OTHER, "2").await;
    world.publish(&format!("a?also={OTHER}&also={ONE}"), "3").await;
    for name in [ONE, OTHER] {
        assert_eq!(history(&world, name).await, ["1", "2", "3"]);
        let event = first(&world, &format!("/sse?topic={name}&last=1")).await;
        assert!(event.contains("data: 3"), "{event}");
    }
    let list = text(world.get(&format!("/topics?prefix={OTHER}")).await).await;
    let list: TopicList = serde_json::from_str(&list).unwrap();
    assert_eq!(list.topics.iter().map(|one| &*one.topic).collect::<Vec<_>>(), ["café"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_text_is_refused_wherever_it_names_something() {
    let world = in_memory();
    for to in ["a?also=%ff", "%ff", "a?type=%ff", "a?private=%ff", "a?also=%EF%B8%8F"] {
        let (status, said) = publish(&world, to).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{to}: {said}");
    }
    for path in [
        "/topics/a?after=%ff",
        "/topics/a?before=%ff",
        "/topics/%ff",
        "/topics?prefix=%ff",
        "/topics?after=%ff",
        "/sse?topic=%ff",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
        assert!(text(answer).await.contains("must be valid UTF-8"), "{path}");
    }
    // A browser that is refused would not come back: it hears of a gap.
    let gap = first(&world, "/sse?topic=a&last_event_id=%ff").await;
    assert!(gap.contains("event: gap"), "{gap}");
}

#[tokio::test]
async fn what_an_earlier_version_took_can_be_read_followed_and_purged() {
    let (folder, clock) = (TempDir::new().unwrap(), Clock::starting_at(BEGIN));
    let open = || {
        let (kept, tail) = (Retention::default(), tail::Bounds::default());
        Arc::new(Embedded::open(folder.path(), clock, kept, tail).unwrap())
    };
    let log = open();
    for name in ["cafe\u{301}", "a\u{fe0f}"] {
        log.append(draft(name), None).await.unwrap();
    }
    drop(log);
    let log = open();
    let world = World::with_log(clock, Duration::from_secs(3600), log.clone());
    world.publish(OTHER, "new").await;
    // By exactly its name an old topic is there beside the new one; the new one is alone.
    assert_eq!(history(&world, OTHER).await, ["old", "new"]);
    assert_eq!(history(&world, ONE).await, ["new"]);
    assert_eq!(history(&world, "a%EF%B8%8F").await, ["old"]);
    assert_eq!(publish(&world, "a%EF%B8%8F").await.0, StatusCode::BAD_REQUEST);
    let listed: Vec<String> = log
        .topics(crate::life::everything())
        .await
        .unwrap()
        .into_iter()
        .map(|count| count.topic.to_string())
        .collect();
    assert_eq!(listed, ["a\u{fe0f}", "cafe\u{301}", "café"]);
    let event = first(&world, "/sse?topic=a%EF%B8%8F&last=1").await;
    assert!(event.contains("data: old"), "{event}");
    let token = world.token(&[], &[]);
    let refused = world.ask_with(&token, Request::delete(format!("/topics/{OTHER}"))).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let purging = server::token::Claims {
        purge: vec!["*".into()],
        exp: BEGIN / 1_000_000 + 3600,
        ..Default::default()
    };
    let token = server::token::mint(&crate::world::secret(), &purging);
    for name in [OTHER, "a%EF%B8%8F"] {
        let purged = world.ask_with(&token, Request::delete(format!("/topics/{name}"))).await;
        assert_eq!(purged.status(), StatusCode::OK);
        assert_eq!(history(&world, name).await.concat(), "");
    }
}
