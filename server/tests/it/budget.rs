//! What is made for a reader counts until it is sent, and nothing else does: answers page by page, streams,
//! pages, and readers that leave in the middle.

use std::time::Duration;

use axum::{body::Body, http::StatusCode};
use http_body_util::BodyExt;
use tokio::time::timeout;
use wire::topics::{History, TopicList};

use crate::{
    hub::{draft, publish, quiet},
    world::{World, next, text},
};

const KIB: usize = 1024;

/// One with this many events of 40 KiB in the topic `a`, of which the tail holds the last.
async fn filled(events: usize) -> World {
    let world = World::with_tail_of(1);
    for number in 0..events {
        publish(&world, "a", &format!("{number} {}", "x".repeat(40 * KIB))).await;
    }
    world
}

/// The pieces of a body, and the most that was reserved while they were read one by one.
async fn pieces(world: &World, mut body: Body) -> (Vec<Vec<u8>>, usize) {
    let (mut pieces, mut most) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        most = most.max(world.budgets.send.used());
        pieces.push(piece.to_vec());
    }
    (pieces, most)
}

#[tokio::test(start_paused = true)]
async fn history_comes_in_pages_of_64_kib_and_is_one_document() {
    let world = filled(40).await;
    let (mut after, mut numbers, mut answers) = (String::new(), Vec::new(), 0);
    loop {
        let answer = world.get(&format!("/topics/a?limit=1000&after={after}")).await;
        assert_eq!(answer.headers()["content-type"], "application/json");
        let (pieces, most) = pieces(&world, answer.into_body()).await;
        assert!(pieces.len() > 5, "it came in {} pieces", pieces.len());
        assert!(pieces.iter().all(|piece| piece.len() < 104 * KIB));
        assert!((64 * KIB..104 * KIB).contains(&most), "{most} were reserved");
        let history: History = serde_json::from_slice(&pieces.concat()).unwrap();
        let number = |data: &str| data.split(' ').next().unwrap().parse::<usize>().unwrap();
        numbers.extend(history.events.iter().map(|event| number(&event.data)));
        assert!(!history.gap);
        answers += 1;
        match history.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!((numbers, answers), ((0..40).collect(), 2));
    assert_eq!(world.budgets.send.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_history_in_pages_goes_backwards_too() {
    let world = filled(5).await;
    let end = world.hub.log().cursor(u64::MAX);
    let answer = text(world.get(&format!("/topics/a?limit=4&before={end}")).await).await;
    let history: History = serde_json::from_str(&answer).unwrap();
    let numbers: Vec<&str> = history.events.iter().map(|event| &event.data[..1]).collect();
    assert_eq!(numbers, ["4", "3", "2", "1"]);
    assert_eq!(history.next, history.events.last().unwrap().id);
}

#[tokio::test(start_paused = true)]
async fn a_long_list_of_topics_comes_in_pages_and_is_one_document() {
    let world = quiet();
    for number in 100..400 {
        world
            .hub
            .publish(draft(&[&format!("{number}/{}", "n".repeat(200))], "x"), None)
            .await
            .unwrap();
    }
    let answer = world.get("/topics?limit=250").await;
    let (pieces, _) = pieces(&world, answer.into_body()).await;
    assert_eq!(pieces.len(), 3);
    let list: TopicList = serde_json::from_slice(&pieces.concat()).unwrap();
    assert_eq!(list.topics.len(), 250);
    let next = list.next.unwrap();
    assert!(next.starts_with("349/"), "{next}");
    let rest = text(world.get(&format!("/topics?limit=50&after={next}")).await).await;
    let rest: TopicList = serde_json::from_str(&rest).unwrap();
    assert_eq!((rest.topics.len(), rest.next), (50, None));
    assert_eq!(world.budgets.send.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_in_the_middle_leaves_nothing_behind() {
    let world = filled(10).await;
    let begin = world.hub.log().cursor(0);
    for path in [
        "/topics/a?limit=1000".into(),
        format!("/sse?topic=a&last_event_id={begin}"),
        "/console?topic=a".into(),
        "/api/page?address=/console%3Ftopic%3Da".into(),
    ] {
        let mut body = world.get(&path).await.into_body();
        let mut piece = next(&mut body).await.unwrap();
        while piece.len() < 16 * KIB {
            piece = next(&mut body).await.unwrap();
        }
        assert!(world.budgets.send.used() > 64 * KIB, "{path} is not counted");
        drop(body);
        assert!(world.budgets.send.used() > 64 * KIB, "{path} is not sent yet");
        drop(piece);
        // A page on its way is given up by the task that reads it.
        tokio::task::yield_now().await;
        assert_eq!(world.budgets.send.used(), 0, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_counts_until_it_is_sent() {
    let world = World::ticking_every(Duration::from_secs(3600));
    for (path, begins) in [
        ("/pkg/belfry.abc.js", "export default () => {}"),
        ("/robots.txt", "User-agent: *"),
        ("/documents/operations.md", "# "),
    ] {
        let answers = [(); 3].map(|()| world.get(path));
        let answers = futures::future::join_all(answers).await;
        assert_eq!(world.budgets.send.used(), 3 * 64 * KIB, "{path}");
        for answer in answers {
            assert!(text(answer).await.starts_with(begins), "{path}");
        }
        assert_eq!(world.budgets.send.used(), 0, "{path}");
    }
    // A page that answers instead counts itself.
    let missing = timeout(Duration::from_secs(60), world.get("/nowhere")).await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}
