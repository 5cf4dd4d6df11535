//! Purges: what is removed, and who hears about it, live and later.

use std::io::{self, Write};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::http::{Request, StatusCode, header::AUTHORIZATION};
use belfry_hub::{
    Clock, Hub, Log,
    cursor::Cursor,
    event::{Draft, Event, Topic},
    log::{
        AppendError, Contents, Embedded, Held, Key, Listing, Memory, Page, Query, Retention,
        TopicCount, Unavailable,
    },
    selector::Selected,
    spans::Spans,
    tail::{self, Tail},
};
use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use server::token::{Claims, mint};
use tokio::time::{Duration, timeout};
use wire::{event::Envelope, topics::History};

use crate::{
    hub::{draft, heard, json, open, publish, quiet},
    world::{BEGIN, World, next, secret, text},
};

const SECOND: Duration = Duration::from_secs(1);

fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

/// What the history of a topic holds: types and data.
async fn history(world: &World, topic: &str) -> Vec<(String, String)> {
    let history: History = json(world.get(&format!("/topics/{topic}")).await).await;
    history.events.into_iter().map(|event| (event.event_type, event.data)).collect()
}

fn notice() -> (String, String) {
    ("purged".into(), String::new())
}

#[tokio::test(start_paused = true)]
async fn who_has_read_everything_hears_of_a_purge_and_so_does_who_comes_later() {
    let world = quiet();
    publish(&world, "a", "1").await;
    let (mut message, _) = open(&world, "topic=a").await;
    let (mut envelope, _) = open(&world, "topic=a&format=json").await;
    let (mut other, _) = open(&world, "topic=b").await;
    assert_eq!(world.hub.purge(topic("a")).await, Ok(1));
    let id = world.hub.log().cursor(2).to_string();
    let event = format!("event: purged\ndata: \nid: {id}\n\n");
    assert_eq!(heard(&mut message).await, event);
    let said = heard(&mut envelope).await;
    let data = said.lines().next().unwrap().strip_prefix("data: ").unwrap();
    let said: Envelope = serde_json::from_str(data).unwrap();
    assert_eq!((&*said.event_type, &*said.data, said.id), ("purged", "", Some(id)));
    assert_eq!((said.topics, said.private), (vec!["a".into()], false));
    for body in [&mut message, &mut other] {
        assert!(timeout(5 * SECOND, next(body)).await.is_err(), "and nothing else");
    }
    let (mut late, _) = open(&world, "topic=a&last=1").await;
    assert!(heard(&mut late).await.starts_with(&event));
    assert_eq!(history(&world, "a").await, [notice()]);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_to_be_removed_nothing_happens() {
    let world = quiet();
    publish(&world, "ab", "of a topic with a longer name").await;
    assert_eq!(world.hub.purge(topic("a")).await, Ok(0));
    assert_eq!(world.hub.log().tail().last(), 1);
    publish(&world, "a", "1").await;
    assert_eq!(world.hub.purge(topic("a")).await, Ok(1));
    // What is left then is what says so.
    assert_eq!(world.hub.purge(topic("a")).await, Ok(0));
    assert_eq!(world.hub.log().tail().last(), 3);
    publish(&world, "a", "2").await;
    assert_eq!(world.hub.purge(topic("a")).await, Ok(1), "an earlier notice does not count");
    assert_eq!(history(&world, "a").await, [notice()]);
}

#[tokio::test(start_paused = true)]
async fn a_purge_over_http_answers_how_many_were_removed() {
    let world = quiet();
    for data in ["1", "2"] {
        publish(&world, "a", data).await;
    }
    let exp = BEGIN / 1_000_000 + 60;
    let claims = Claims { purge: vec!["*".into()], exp, ..Claims::default() };
    let token = format!("Bearer {}", mint(&secret(), &claims));
    let purge = async |path: &str| {
        let request = Request::delete(path).header(AUTHORIZATION, &token);
        world.ask(request.body("".into()).unwrap()).await
    };
    let answer: Value = json(purge("/topics/a").await).await;
    assert_eq!(answer["removed"], 2);
    assert_eq!(purge("/topics/here/lobby").await.status(), StatusCode::FORBIDDEN);
    let of_ours = text(world.get("/topics/a").await).await;
    assert!(of_ours.contains(r#""type":"purged","topics":["a"],"data":"""#), "{of_ours}");
}

#[tokio::test(start_paused = true)]
async fn nobody_hears_of_a_purge_of_what_they_may_not_read() {
    let world = quiet();
    let secret = |data| Draft { private: true, ..draft(&["staff"], data) };
    world.hub.publish(secret("1"), None).await.unwrap();
    let (mut stranger, _) = open(&world, "topic=staff").await;
    let token = world.token(&[], &["staff"]);
    let mut staff = world.ask_with(&token, Request::get("/sse?topic=staff")).await.into_body();
    next(&mut staff).await.unwrap();
    assert_eq!(world.hub.purge(topic("staff")).await, Ok(1));
    assert!(heard(&mut staff).await.starts_with("event: purged\n"));
    assert!(timeout(14 * SECOND, next(&mut stranger)).await.is_err());
    assert_eq!(history(&world, "staff").await, []);
    // Of a topic that everybody reads something of, everybody hears.
    publish(&world, "staff", "for all").await;
    world.hub.publish(secret("2"), None).await.unwrap();
    assert!(heard(&mut stranger).await.starts_with("data: for all\n"));
    assert_eq!(world.hub.purge(topic("staff")).await, Ok(2));
    assert!(heard(&mut stranger).await.starts_with("event: purged\n"));
    assert_eq!(history(&world, "staff").await, [notice()]);
}

#[tokio::test(start_paused = true)]
async fn a_purged_topics_readers_get_a_gap_and_the_others_none() {
    let world = quiet();
    let first = publish(&world, "a", "1").await;
    publish(&world, "a", "2").await;
    let other = publish(&world, "b", "3").await;
    assert_eq!(world.hub.purge(topic("a")).await, Ok(2));
    let notice = world.hub.log().cursor(4);
    let (mut body, gap) = open(&world, &format!("topic=a&last_event_id={first}")).await;
    assert!(gap.contains("\"reason\":\"expired\""), "{gap}");
    assert_eq!(heard(&mut body).await, format!("event: purged\ndata: \nid: {notice}\n\n"));
    let (_, greeting) = open(&world, &format!("topic=b&last_event_id={first}")).await;
    assert!(!greeting.contains("gap"), "{greeting}");
    let (mut body, greeting) = open(&world, &format!("topic=a&last_event_id={other}")).await;
    assert_eq!(greeting, format!("id: {other}\n\n"));
    assert_eq!(heard(&mut body).await, format!("event: purged\ndata: \nid: {notice}\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_loss_that_was_told_is_not_told_again_to_who_comes_back() {
    let world = quiet();
    let first = publish(&world, "a", "1").await;
    let other = publish(&world, "b", "2").await;
    let last = publish(&world, "a", "3").await;
    world.hub.log().purge(topic("a"), u64::MAX).await.unwrap();
    let (mut body, gap) = open(&world, &format!("topic=a&topic=b&last_event_id={first}")).await;
    assert!(gap.ends_with(&format!("id: {first}\n\n")), "{gap}");
    assert_eq!(heard(&mut body).await, format!("data: 2\nid: {other}\n\n"));
    assert_eq!(heard(&mut body).await, format!("id: {last}\n\n"));
    let (_, greeting) = open(&world, &format!("topic=a&topic=b&last_event_id={last}")).await;
    assert_eq!(greeting, format!("id: {last}\n\n"));
}

#[tokio::test(start_paused = true)]
async fn private_events_leave_no_trace_for_who_may_read_none() {
    let world = quiet();
    for _ in 0..3 {
        let hidden = Draft { private: true, ..draft(&["hidden"], "x") };
        world.hub.publish(hidden, None).await.unwrap();
    }
    // The same for a topic of which there never was an event.
    let (hidden, never) = (
        open(&world, "topic=hidden&last_event_id=x").await.1,
        open(&world, "topic=never&last_event_id=x").await.1,
    );
    assert_eq!(hidden, never);
    let begin = world.hub.log().cursor(0);
    let history = async |topic: &str| {
        text(world.get(&format!("/topics/{topic}?limit=1&after={begin}")).await).await
    };
    let empty = history("hidden").await;
    assert!(empty.starts_with(r#"{"events":[],"next":null,"spans":["#), "{empty}");
    assert_eq!(world.hub.purge(topic("hidden")).await, Ok(3));
    assert_eq!(history("hidden").await, history("never").await);
    let listed = text(world.get("/topics?limit=1").await).await;
    assert_eq!(listed, "{\"topics\":[],\"next\":null}\n");
}

fn on_disk(folder: &tempfile::TempDir) -> Arc<Embedded> {
    let tail = tail::Bounds::default();
    let log = Embedded::open(folder.path(), Clock::system(), Retention::default(), tail);
    Arc::new(log.unwrap())
}

/// Everything in a topic of a hub.
async fn all_of(hub: &Hub, name: &str) -> Vec<belfry_hub::event::Event> {
    let query = Query::after(vec![Selected::public(topic(name))], 0);
    hub.log().read(query).await.unwrap().events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purges_of_many_commits_meet_each_other_and_a_publisher() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(Clock::system(), on_disk(&folder));
    let publish = |data: &'static str| hub.publish(draft(&["a"], data), None);
    futures::future::try_join_all((0..1300).map(|_| publish("before"))).await.unwrap();
    let (first, second, _) = tokio::join!(
        hub.purge(topic("a")),
        hub.purge(topic("a")),
        futures::future::join_all((0..50).map(|_| publish("meanwhile"))),
    );
    publish("after").await.unwrap();
    let left = all_of(&hub, "a").await;
    let count = |data: &str| left.iter().filter(|event| event.draft.data == data).count() as u64;
    let removed = first.unwrap() + second.unwrap();
    assert_eq!(removed + count("meanwhile"), 1350, "each event counts once");
    assert_eq!((count("before"), count("after")), (0, 1));
    assert_eq!((count(""), &*left[0].draft.data), (1, ""), "one notice, before all that is left");
}

#[tokio::test]
async fn what_says_so_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::new(Clock::system(), on_disk(&folder));
    hub.publish(draft(&["a"], "1"), None).await.unwrap();
    assert_eq!(hub.purge(topic("a")).await, Ok(1));
    let before = all_of(&hub, "a").await;
    drop(hub);
    let hub = Hub::new(Clock::system(), on_disk(&folder));
    assert_eq!((all_of(&hub, "a").await, before.len()), (before, 1));
    assert_eq!(hub.purge(topic("a")).await, Ok(0));
}

/// A log of which a purge fails once, before it has removed anything.
#[derive(Debug)]
struct Failing(Memory, AtomicBool);

impl Log for Failing {
    fn spans(&self) -> Arc<Spans> {
        self.0.spans()
    }
    fn tail(&self) -> &Tail {
        self.0.tail()
    }
    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>> {
        self.0.append(draft, key)
    }
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        self.0.read(query)
    }
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        self.0.count(query)
    }
    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        self.0.topics(listing)
    }
    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        if self.1.swap(false, Ordering::Relaxed) {
            let why = Unavailable("the power is gone".into());
            return async { Err(AppendError::Unavailable(why)) }.boxed();
        }
        self.0.purge(topic, before)
    }
    fn remove(
        &self,
        topic: Topic,
        id: Cursor,
    ) -> BoxFuture<'_, Result<Option<Event>, AppendError>> {
        self.0.remove(topic, id)
    }
    fn back_up(&self, to: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>> {
        self.0.back_up(to)
    }
    fn held(&self) -> Held {
        self.0.held()
    }
    fn ready(&self) -> Result<(), Unavailable> {
        self.0.ready()
    }
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_stops_halfway_was_told_before_and_goes_on_when_asked_again() {
    let clock = Clock::starting_at(BEGIN);
    let memory = Memory::new(clock, Retention::default(), tail::Bounds::default());
    let log = Arc::new(Failing(memory, true.into()));
    let world = World::with_log(clock, 3600 * SECOND, log);
    publish(&world, "a", "1").await;
    let (mut body, _) = open(&world, "topic=a").await;
    world.hub.purge(topic("a")).await.unwrap_err();
    assert!(heard(&mut body).await.starts_with("event: purged\n"));
    assert_eq!(history(&world, "a").await, [("message".into(), "1".into()), notice()]);
    assert_eq!(world.hub.purge(topic("a")).await, Ok(1));
    assert!(heard(&mut body).await.starts_with("event: purged\n"));
    assert_eq!(history(&world, "a").await, [notice()]);
}
