//! Coming back while a publisher runs at full speed: nothing lost, nothing twice, in order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use belfry_hub::{
    Clock,
    cursor::Cursor,
    event::{Draft, Topic},
    log::{Bounds, Memory, Retention},
    tail,
};

use crate::{
    transport::on_each_transport,
    world::{World, next},
};

on_each_transport!(real_time replay_meets_live_a_thousand_times);

/// What a stream says, as far as these tests look at it.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Event { sequence: u64, data: String },
    Gap { on_from: u64 },
    Position(u64),
}

/// Reads what a piece of a stream says.
fn heard(piece: &str) -> Vec<Heard> {
    let mut said = Vec::new();
    for event in piece.split_terminator("\n\n") {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        let Some(id) = field("id: ").and_then(Cursor::parse) else { continue };
        let sequence = id.sequence;
        said.push(match (field("event: "), field("data: ")) {
            (Some("gap"), Some(_)) => Heard::Gap { on_from: sequence },
            (None | Some("purged"), Some(data)) => Heard::Event { sequence, data: data.into() },
            (None, None) => Heard::Position(sequence),
            other => panic!("nobody published {other:?}"),
        });
    }
    said
}

pub(crate) async fn piece(body: &mut Body) -> Vec<Heard> {
    piece_after(&mut Vec::new(), body).await
}

/// The same after what has come of it already. On its way, a piece may be cut anywhere: whoever stops waiting for it
/// keeps what there is.
pub(crate) async fn piece_after(bytes: &mut Vec<u8>, body: &mut Body) -> Vec<Heard> {
    while !bytes.ends_with(b"\n\n") {
        bytes.extend(next(body).await.unwrap());
    }
    heard(std::str::from_utf8(&std::mem::take(bytes)).unwrap())
}

pub(crate) fn draft(topics: &[&str], data: String) -> Draft {
    let topics = topics.iter().map(|name| Topic::new(name).unwrap()).collect();
    Draft { topics, event_type: None, data, private: false }
}

/// A publisher runs at full speed over a tail of 32 events, so that readers are handed over from the
/// log to the tail, and fall out of it, all the time.
async fn replay_meets_live_a_thousand_times() {
    let clock = Clock::system();
    let keep = Bounds { events: 20_000, ..Bounds::NONE };
    let log = Memory::new(
        clock,
        Retention { total: keep, rules: Vec::new() },
        tail::Bounds { events: 32, ..tail::Bounds::default() },
    );
    let world = Arc::new(World::with_log(clock, Duration::from_secs(3600), Arc::new(log)));
    let stop = Arc::new(AtomicBool::new(false));
    let publishing = tokio::spawn({
        let (world, stop) = (world.clone(), stop.clone());
        async move {
            let mut count = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                count += 1;
                world.hub.publish(draft(&["a"], count.to_string()), None).await.unwrap();
                world.hub.publish(draft(&["b"], "other".into()), None).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    for round in 0..1000 {
        // Some come back from far behind, some from the newest event.
        let last = world.hub.log().tail().last();
        let back = last.saturating_sub([0, 3, 40, 400, 2000][round % 5]);
        let cursor = world.hub.log().cursor(back);
        let query = format!("/sse?topic=a&last_event_id={cursor}");
        let mut body = world.get(&query).await.into_body();
        let mut expected = None;
        let (mut events, mut at) = (0, back);
        while events < 60 {
            for said in piece(&mut body).await {
                match said {
                    Heard::Position(sequence) => assert_eq!((sequence, events), (back, 0)),
                    Heard::Gap { .. } => panic!("a gap after {back}"),
                    Heard::Event { sequence, data } => {
                        let count: u64 = data.parse().unwrap();
                        // The events of `a` have the odd sequences: none is left out.
                        assert_eq!(sequence, 2 * count - 1);
                        assert_eq!(
                            count,
                            expected.unwrap_or(back.div_ceil(2) + 1),
                            "round {round}"
                        );
                        assert!(sequence > at);
                        (expected, at) = (Some(count + 1), sequence);
                        events += 1;
                    }
                }
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    publishing.await.unwrap();
}
