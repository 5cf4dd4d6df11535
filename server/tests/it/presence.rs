//! Who is here: the state topics `here/{room}` as a reader gets them. Time is virtual.

use axum::body::Body;
use belfry_hub::presence::Lease;
use tokio::time::{Duration, Instant, sleep, timeout};
use wire::{event::Envelope, session::Session};

use crate::{
    hub::{heard, open, publish, quiet},
    world::{World, next},
};

const SECOND: Duration = Duration::from_secs(1);

fn renew(world: &World, room: &str, browser: &str, name: &str) {
    let client = Some([192, 0, 2, 7].into());
    let lease = Lease { browser: browser.into(), tab: "1".into(), name: name.into(), client };
    assert!(world.presence.renew(room, lease));
}

async fn assert_silent(body: &mut Body) {
    let said = timeout(10 * SECOND, next(body)).await;
    assert!(said.is_err(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_here_comes_first_and_then_who_comes_and_goes() {
    let world = quiet();
    let (mut body, greeting) = open(&world, "topic=here/lobby").await;
    assert_eq!(greeting, "data: {\"count\":0,\"names\":[]}\n\n");
    renew(&world, "lobby", "a", "Ada");
    assert_eq!(heard(&mut body).await, "data: {\"count\":1,\"names\":[\"Ada\"]}\n\n");
    let begun = Instant::now();
    renew(&world, "lobby", "b", "Grace");
    renew(&world, "lobby", "c", "");
    assert_eq!(heard(&mut body).await, "data: {\"count\":3,\"names\":[\"Ada\",\"Grace\"]}\n\n");
    assert_eq!(begun.elapsed(), SECOND);
    let (_, late) = open(&world, "topic=here/lobby").await;
    assert_eq!(late, "data: {\"count\":3,\"names\":[\"Ada\",\"Grace\"]}\n\n");
    renew(&world, "cellar", "d", "Eve");
    assert_silent(&mut body).await;
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_falls_silent_has_left_within_50_s() {
    let world = quiet();
    renew(&world, "lobby", "a", "Ada");
    let (mut body, _) = open(&world, "topic=here/lobby").await;
    let begun = Instant::now();
    let said = loop {
        let said = heard(&mut body).await;
        // A comment against silence.
        if said != ":\n\n" {
            break said;
        }
    };
    assert_eq!(said, "data: {\"count\":0,\"names\":[]}\n\n");
    assert!(begun.elapsed() >= 45 * SECOND && begun.elapsed() <= 50 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn any_number_of_rooms_mix_with_other_topics() {
    let world = World::ticking_every(3 * SECOND);
    renew(&world, "two", "a", "Ada");
    let query = "topic=time&topic=a&topic=here/one&topic=here/two&topic=here/a%20b&format=json";
    let (mut body, greeting) = open(&world, query).await;
    let envelope = |said: &str| -> Envelope {
        serde_json::from_str(said.trim_end().strip_prefix("data: ").unwrap()).unwrap()
    };
    let (states, place) = greeting.trim_end().rsplit_once("\n\n").unwrap();
    assert!(place.starts_with("id: "), "{greeting}");
    let states: Vec<_> = states.split("\n\n").map(envelope).collect();
    let topics: Vec<_> = states.iter().flat_map(|one| one.topics.clone()).collect();
    assert_eq!(topics, ["time", "here/one", "here/two", "here/a b"]);
    assert!(states.iter().all(|one| one.id.is_none() && one.event_type == "message"));
    assert_eq!(states[2].data, r#"{"count":1,"names":["Ada"]}"#);
    assert_eq!(states[2].at, "2026-11-22T05:18:01.400Z");
    for room in ["one", "a b"] {
        renew(&world, room, "b", "");
        let said = envelope(&heard(&mut body).await);
        assert_eq!(said.topics, [format!("here/{room}")]);
        assert_eq!(said.data, r#"{"count":1,"names":[]}"#);
    }
    publish(&world, "a", "1").await;
    assert!(heard(&mut body).await.contains(r#""topics":["a"],"data":"1""#));
    assert!(heard(&mut body).await.contains(r#""topics":["time"]"#));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_the_newest_alone() {
    let world = quiet();
    let (mut body, _) = open(&world, "topic=here/lobby").await;
    for browser in ["a", "b", "c"] {
        renew(&world, "lobby", browser, "");
        sleep(2 * SECOND).await;
    }
    assert_eq!(heard(&mut body).await, "data: {\"count\":3,\"names\":[]}\n\n");
    assert_silent(&mut body).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_lists_who_is_here_as_granted() {
    let world = quiet();
    // Nobody is where no room can be.
    let query = "topic=here/lobby&topic=chat/lobby&topic=here/a/b&session=1";
    let (_, greeting) = open(&world, query).await;
    let data = greeting.strip_prefix("event: session\ndata: ").unwrap().lines().next().unwrap();
    let session: Session = serde_json::from_str(data).unwrap();
    assert_eq!(
        (session.granted, session.refused),
        (vec!["here/lobby".into()], vec!["chat/lobby".into(), "here/a/b".into()])
    );
}
