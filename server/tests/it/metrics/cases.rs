//! What makes each metric of the hub and its log move, and by how much.

use std::time::Duration;

use axum::{body::Body, http::Request};
use tokio::time::sleep;

use super::stage::{Case, SECOND, Stage, ageing, case, on_disk, quiet, short};
use crate::{
    disk::{Fault, Kind},
    status::heard,
};

pub(super) const IN_VIRTUAL_TIME: &[Case] = &[
    case!("belfry_publishes_total{result=\"stored\"}", Some(1.0), quiet, async |stage| {
        stage.world.publish("a", "1").await
    }),
    case!("belfry_publishes_total{result=\"refused\"}", Some(3.0), quiet, async |stage| {
        stage.publish("time", "k", b"1".to_vec()).await;
        stage.publish("a", "k", vec![0xff]).await;
        stage.world.ask(Request::post("/topics/a").body("1".into()).unwrap()).await
    }),
    case!("belfry_publishes_total{result=\"key_used\"}", Some(1.0), quiet, async |stage| {
        stage.publish("a", "k", b"1".to_vec()).await;
        stage.publish("a", "k", b"2".to_vec()).await
    }),
    case!("belfry_publishes_total{result=\"late\"}", Some(1.0), on_disk, async |stage| {
        stage.disk().hang(Kind::Sync);
        stage.publish("a", "k", b"1".to_vec()).await
    }),
    case!(
        "belfry_delivery_latency_seconds_bucket{le=\"0.0025\"}",
        Some(0.0),
        quiet,
        async |stage| { after_7_ms(stage).await }
    ),
    case!("belfry_delivery_latency_seconds_bucket{le=\"0.01\"}", Some(1.0), quiet, async |stage| {
        after_7_ms(stage).await
    }),
    case!("belfry_streams_ended_total{reason=\"shutdown\"}", Some(1.0), quiet, async |stage| {
        let mut body = stage.follow("").await;
        stage.world.shutdown.cancel();
        while heard(&mut body).await.is_some() {}
    }),
    case!("belfry_readers_behind", Some(1.0), quiet, async |stage| {
        let (mut busy, mut idle) = (stage.follow("").await, stage.follow("").await);
        stage.world.publish("a", "1").await;
        for body in [&mut busy, &mut idle] {
            heard(body).await.unwrap();
        }
        // One has come for more, and has it all.
        assert_eq!(heard(&mut idle).await, None);
        stage.world.publish("b", "2").await;
        (busy, idle)
    }),
    case!("belfry_lag_events", Some(3.0), quiet, async |stage| {
        let mut body = stage.follow("").await;
        stage.world.publish("a", "1").await;
        heard(&mut body).await.unwrap();
        for _ in 0..3 {
            stage.world.publish("a", "2").await;
        }
        body
    }),
    case!("belfry_gaps_total{reason=\"unknown\"}", Some(1.0), quiet, async |stage| {
        stage.follow("&last_event_id=nonsense").await
    }),
    case!("belfry_gaps_total{reason=\"epoch\"}", Some(1.0), quiet, async |stage| {
        stage.follow("&last_event_id=AAAAAAAAAAAAO-12").await
    }),
    case!("belfry_gaps_total{reason=\"expired\"}", Some(2.0), short, async |stage| {
        let first = stage.world.publish("a", "1").await.id;
        let mut slow = stage.follow("").await;
        for _ in 0..3 {
            stage.world.publish("a", "2").await;
        }
        // One that comes back, and one that has fallen behind.
        (stage.follow(&format!("&last_event_id={first}")).await, heard(&mut slow).await)
    }),
    case!("belfry_log_events", Some(2.0), quiet, async |stage| {
        stage.world.publish("a", "1").await;
        stage.world.publish("b", "2").await
    }),
    case!("belfry_log_bytes", None, quiet, async |stage| { stage.world.publish("a", "1").await }),
    case!("belfry_log_keys", Some(1.0), quiet, async |stage| {
        stage.publish("a", "k", b"1".to_vec()).await
    }),
    case!("belfry_log_last_sequence", Some(3.0), short, async |stage| {
        for _ in 0..3 {
            stage.world.publish("a", "1").await;
        }
    }),
    case!("belfry_tail_events", Some(1.0), short, async |stage| {
        for _ in 0..3 {
            stage.world.publish("a", "1").await;
        }
    }),
    case!("belfry_tail_bytes", None, quiet, async |stage| { stage.world.publish("a", "1").await }),
    case!("belfry_budget_used_bytes{budget=\"send\"}", Some(20_000.0), quiet, async |stage| {
        stage.reserved(20_000)
    }),
    case!("belfry_budget_used_bytes{budget=\"receive\"}", None, quiet, async |stage| {
        let publishing = stage.stuck();
        tokio::task::yield_now().await;
        publishing
    }),
    case!("belfry_http_responses_total{code=\"404\"}", Some(2.0), quiet, async |stage| {
        (stage.world.get("/nothing").await, stage.world.get("/chat/a/b").await)
    }),
    case!("belfry_connections_dropped_total{reason=\"cut\"}", Some(1.0), quiet, async |stage| {
        // One client may have a sixteenth of 64 MiB, and each may become 1 MiB.
        let stuck: Vec<_> = (0..5).map(|_| stage.stuck()).collect();
        sleep(3 * SECOND).await;
        stuck
    }),
];

/// Those of streams, whatever sends them.
pub(super) const OF_STREAMS: &[Case] = &[
    case!("belfry_events_delivered_total", Some(2.0), quiet, async |stage| {
        let (mut one, mut two) = (stage.follow("").await, stage.follow("").await);
        stage.world.publish("a", "1").await;
        (heard(&mut one).await, heard(&mut two).await)
    }),
    case!("belfry_delivery_latency_seconds_count", Some(3.0), quiet, async |stage| {
        stage.world.publish("a", "of before").await;
        let mut body = stage.follow("&last=1").await;
        heard(&mut body).await.unwrap();
        // In one piece.
        for _ in 0..3 {
            stage.world.publish("a", "1").await;
        }
        heard(&mut body).await
    }),
    case!("belfry_readers", Some(2.0), quiet, async |stage| {
        (stage.follow("").await, stage.world.get("/sse").await)
    }),
    case!("belfry_streams_ended_total{reason=\"left\"}", Some(1.0), quiet, async |stage| {
        drop(stage.follow("").await);
    }),
    case!("belfry_streams_ended_total{reason=\"expired\"}", Some(1.0), quiet, async |stage| {
        let mut body = stage.signed_in(&stage.world.token(&[], &["a"])).await;
        sleep(3601 * SECOND).await;
        while heard(&mut body).await.is_some() {}
    }),
    case!("belfry_streams_ended_total{reason=\"revoked\"}", Some(1.0), quiet, async |stage| {
        let sign_in = Request::post("/login").body(stage.world.token(&[], &["a"]).into()).unwrap();
        let answer = stage.world.ask(sign_in).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let token = cookie["belfry-token=".len()..].split(';').next().unwrap();
        let mut body = stage.signed_in(token).await;
        let out = Request::delete("/login")
            .header("cookie", format!("belfry-token={token}"))
            .header("sec-fetch-site", "same-origin");
        stage.world.ask(out.body(Body::empty()).unwrap()).await;
        while heard(&mut body).await.is_some() {}
    }),
    case!("belfry_streams_ended_total{reason=\"age\"}", Some(1.0), ageing, async |stage| {
        let mut body = stage.follow("").await;
        sleep(11 * SECOND).await;
        while heard(&mut body).await.is_some() {}
    }),
];

async fn after_7_ms(stage: &Stage) -> Body {
    let mut body = stage.follow("").await;
    stage.world.publish("a", "1").await;
    sleep(Duration::from_millis(7)).await;
    heard(&mut body).await.unwrap();
    body
}

pub(super) const IN_REAL_TIME: &[Case] = &[
    case!("belfry_publishes_total{result=\"full\"}", Some(1.0), on_disk, async |stage| {
        stage.disk().set_room(0);
        stage.publish("a", "k", b"1".to_vec()).await
    }),
    case!("belfry_publishes_total{result=\"unavailable\"}", Some(1.0), on_disk, async |stage| {
        stage.disk().fail(Fault { kind: Some(Kind::Write), nth: 1, times: 100, error: 5 });
        stage.publish("a", "k", b"1".to_vec()).await
    }),
    case!("belfry_log_ready", Some(-1.0), on_disk, async |stage| {
        stage.disk().set_room(0);
        stage.publish("a", "k", b"1".to_vec()).await
    }),
    case!("belfry_log_commit_duration_seconds_count", Some(2.0), on_disk, async |stage| {
        stage.world.publish("a", "1").await;
        stage.world.publish("a", "2").await
    }),
    case!("belfry_gaps_total{reason=\"damaged\"}", Some(1.0), on_disk, async |stage| {
        follow_damage(stage).await
    }),
    case!("belfry_log_damaged_total", None, on_disk, async |stage| { follow_damage(stage).await }),
];

/// Follows what can no longer be read.
async fn follow_damage(stage: &Stage) -> Body {
    let begin = stage.world.hub.log().cursor(0);
    stage.world.publish("a", "damage me").await;
    // So that it is no longer in memory.
    for _ in 0..4 {
        stage.world.publish("b", &"x".repeat(100_000)).await;
    }
    stage.disk().damage("damage me");
    stage.follow(&format!("&last_event_id={begin}")).await
}
