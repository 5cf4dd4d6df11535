//! The server's health: when it is measured, and of what. Time is virtual, and so is the machine.

use std::{io, time::Duration};

use axum::http::StatusCode;
use belfry_hub::{
    Clock, Log,
    event::{Draft, Topic},
    log::{Bounds, Embedded, Held, Memory, Retention},
    tail,
};
use server::status::{Look, Machine, Sources, Visibility, measure};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use wire::status::Status;

use crate::{
    status::{heard, host, open, trend},
    world::{BEGIN, World, next},
};

const SECOND: Duration = Duration::from_secs(1);

/// A machine that counts its looks.
struct Counting(u64);

impl Machine for Counting {
    fn look(&mut self) -> Look {
        self.0 += 1;
        Look { host: host(self.0), memory: Some(5000) }
    }
}

fn measured(world: &World) -> JoinHandle<()> {
    tokio::spawn(measure(sources(world), || io::Result::Ok(Counting(0)), world.shutdown.clone()))
}

fn sources(world: &World) -> Sources {
    Sources { hub: world.hub.clone(), health: world.health.clone() }
}

/// The last measurement.
fn newest(world: &World) -> Option<Status> {
    world.health.trend().newest
}

#[tokio::test(start_paused = true)]
async fn it_is_measured_at_whole_multiples_of_two_seconds() {
    let world = World::showing(Visibility::Public);
    let (begun, _measuring) = (Instant::now(), measured(&world));
    let (mut body, _) = open(&world, "/sse?topic=status").await;
    // At 05:18:02 too little time has passed since the start for a rate.
    for (number, after) in [2600, 4600, 6600].into_iter().enumerate() {
        let event = String::from_utf8(next(&mut body).await.unwrap().to_vec()).unwrap();
        let status: Status =
            serde_json::from_str(event.strip_prefix("data: ").unwrap().trim()).unwrap();
        assert_eq!(status.at.micros(), BEGIN + after * 1000);
        assert_eq!(status.host, host(number as u64 + 1));
        assert_eq!(status.belfry.uptime_s, after as u64 / 1000);
        let late = begun.elapsed() - Duration::from_millis(after as u64);
        assert!(late < Duration::from_millis(5), "{late:?}");
    }
    assert_eq!(trend(&world).await.at.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn rates_are_by_the_time_that_has_passed() {
    let world = World::showing(Visibility::Public);
    let _measuring = measured(&world);
    // So that it has begun to count.
    tokio::task::yield_now().await;
    let (mut body, _) = open(&world, "/sse?topic=a").await;
    for _ in 0..26 {
        world.publish("a", "x").await;
        heard(&mut body).await.unwrap();
    }
    // The greeting of a log's reader is no event.
    sleep(Duration::from_millis(2610)).await;
    let first = newest(&world).unwrap().belfry;
    assert_eq!((first.published, first.delivered), (10.0, 10.0));
    assert_eq!((first.readers, first.log_events, first.memory), (1, 26, Some(5000)));
    assert!(first.log_bytes >= 26, "{first:?}");
    for _ in 0..4 {
        world.publish("b", "x").await;
    }
    sleep(2 * SECOND).await;
    let second = newest(&world).unwrap().belfry;
    assert_eq!((second.published, second.delivered, second.latency_us), (2.0, 0.0, None));
}

#[tokio::test(start_paused = true)]
async fn an_event_counts_once_for_each_who_gets_it() {
    let world = World::showing(Visibility::Public);
    let (mut one, _) = open(&world, "/sse?topic=a").await;
    let (mut two, _) = open(&world, "/sse?topic=a&format=json").await;
    let before = world.hub.counters().read().delivered;
    world.publish("a", "x").await;
    for body in [&mut one, &mut two] {
        heard(body).await.unwrap();
    }
    assert_eq!(world.hub.counters().read().delivered - before, 2);
}

#[tokio::test(start_paused = true)]
async fn the_latency_is_that_of_the_slowest_and_of_nothing_that_was_there_before() {
    let world = World::showing(Visibility::Public);
    let first = world.publish("a", "1").await.id;
    world.publish("a", "2").await;
    sleep(SECOND).await;
    let (mut body, _) = open(&world, &format!("/sse?topic=a&last_event_id={first}")).await;
    assert!(heard(&mut body).await.unwrap().contains("data: 2"));
    assert_eq!(world.hub.counters().take_slowest(), None);
    for wait in [7, 3] {
        world.publish("a", "3").await;
        sleep(Duration::from_millis(wait)).await;
        heard(&mut body).await.unwrap();
    }
    let slowest = world.hub.counters().take_slowest().unwrap();
    assert!((7000..9000).contains(&slowest), "{slowest}");

    // One that is handed over together with what was there before counts alone.
    let (mut late, _) = open(&world, &format!("/sse?topic=a&last_event_id={first}")).await;
    world.publish("a", "4").await;
    heard(&mut late).await.unwrap();
    let slowest = world.hub.counters().take_slowest().unwrap();
    assert!(slowest < 1000, "{slowest}");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_may_see_it_nothing_is_measured() {
    let world = World::showing(Visibility::Off);
    let open = || -> io::Result<Counting> { panic!("somebody looks") };
    measure(sources(&world), open, world.shutdown.clone()).await;
    assert_eq!(newest(&world), None);
}

#[tokio::test(start_paused = true)]
async fn measuring_ends_with_the_server() {
    let world = World::showing(Visibility::Public);
    let measuring = measured(&world);
    sleep(3 * SECOND).await;
    assert!(newest(&world).is_some() && !measuring.is_finished());
    world.shutdown.cancel();
    timeout(SECOND, measuring).await.expect("it goes on").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_cannot_be_measured_harms_nothing_else() {
    struct Broken;
    impl Machine for Broken {
        fn look(&mut self) -> Look {
            panic!("it is broken")
        }
    }
    let world = World::showing(Visibility::Public);
    let (sources, shutdown) = (sources(&world), world.shutdown.clone());
    let none = || -> io::Result<Broken> { Err(io::ErrorKind::NotFound.into()) };
    measure(sources.clone(), none, shutdown.clone()).await;
    measure(sources, || io::Result::Ok(Broken), shutdown).await;
    assert_eq!(world.get("/api/status").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_log_knows_how_much_it_holds() {
    let clock = Clock::system();
    let (folder, tail) = (tempfile::tempdir().unwrap(), tail::Bounds::default());
    let retention =
        || Retention { total: Bounds { events: 3, ..Bounds::NONE }, ..Retention::default() };
    let on_disk = || Embedded::open(folder.path(), clock, retention(), tail).unwrap();
    let (disk, memory) = (on_disk(), Memory::new(clock, retention(), tail));
    let mut last = Vec::new();
    for log in [&disk as &dyn Log, &memory] {
        assert_eq!(log.held(), Held::default());
        for data in ["1", "22", "333", "4444", "55555"] {
            let topics = vec![Topic::new(if data == "4444" { "b" } else { "a" }).unwrap()];
            let draft = Draft { topics, event_type: None, data: data.into(), private: false };
            log.append(draft, None).await.unwrap();
        }
        let three = log.held();
        assert_eq!(three.events, 3, "{log:?}");
        log.purge(Topic::new("b").unwrap(), u64::MAX).await.unwrap();
        let two = log.held();
        assert!(two.events == 2 && two.bytes < three.bytes, "{three:?} {two:?}");
        last.push(two);
    }
    assert_eq!(last[0], last[1]);
    drop(disk);
    assert_eq!(on_disk().held(), last[0]);
}
