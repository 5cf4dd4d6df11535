//! Metrics: each is triggered and counts what it says; both formats can be parsed; who may see them.

mod cases;
mod edge;
mod promtool;
mod refusals;
mod scrape;
mod stage;

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use axum::{
    body::Body,
    http::{
        Request,
        header::{ACCEPT, ACCEPT_ENCODING},
    },
};
use http_body_util::BodyExt;
use server::{Config, metrics::Exposure};
use tokio::time::sleep;

use crate::{
    program::Program,
    transport::Transport,
    world::{World, text},
};
use scrape::{Scraped, anywhere, scrape};
use stage::{Case, on_disk};

/// Those that follow the process and not what it is asked: the kernel's figures, and what never changes.
const UNTRIGGERED: [&str; 8] = [
    "belfry_build",
    "belfry_budget_limit_bytes",
    "process_cpu_seconds",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
];

/// How many milliseconds what a connection does may take to be counted, beside the scrapes.
const SOON: u32 = 5000;

/// What an hour's token for the health reads.
pub(crate) async fn scraped(world: &World) -> Scraped {
    let token = world.token(&[], &["status"]);
    let answer = world.ask_with(&token, Request::get("/metrics")).await;
    assert_eq!(answer.status(), 200);
    scrape(&text(answer).await)
}

/// All cases: whether in virtual time, and what makes the metrics move.
const CASES: [(bool, &[Case]); 11] = [
    (true, cases::IN_VIRTUAL_TIME),
    (false, cases::IN_REAL_TIME),
    (true, refusals::IN_VIRTUAL_TIME),
    (true, edge::IN_VIRTUAL_TIME),
    (true, edge::OF_TRAFFIC[0]),
    (true, edge::OF_TRAFFIC[1]),
    (true, edge::OF_TRAFFIC[2]),
    (true, edge::OF_TRAFFIC[3]),
    (true, edge::OF_TRAFFIC[4]),
    (false, edge::IN_REAL_TIME[0]),
    (false, edge::IN_REAL_TIME[1]),
];

async fn check_all(virtually: bool) {
    for (_, cases) in CASES.iter().filter(|(is_virtual, _)| *is_virtual == virtually) {
        check(cases).await;
    }
}

async fn check(cases: &[Case]) {
    for Case { sample, by, stage, trigger } in cases {
        let stage = stage();
        let before = scraped(&stage.world).await.value(sample);
        let _held = trigger(&stage).await;
        let moved = async || scraped(&stage.world).await.value(sample) - before;
        let is_right = |moved: f64| by.map_or(moved > 0.0, |by| moved == by);
        // What a connection does may come a moment later.
        for _ in 0..SOON {
            if is_right(moved().await) {
                break;
            }
            sleep(Duration::from_millis(1)).await;
        }
        let moved = moved().await;
        assert!(is_right(moved), "{sample} has moved by {moved}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_metric_counts_what_happens() {
    check_all(true).await;
}

#[tokio::test]
async fn each_metric_of_disks_and_sockets_counts_what_happens() {
    check_all(false).await;
}

#[tokio::test(start_paused = true)]
async fn each_metric_of_streams_counts_what_happens_whatever_sends_them() {
    for transport in [Transport::Memory, Transport::Http1, Transport::Writer] {
        transport.run(check(cases::OF_STREAMS)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_counted_that_no_test_triggers() {
    let stage = on_disk();
    for transport in [Transport::Http1, Transport::Http1OverTls] {
        transport.run(stage.world.serve(Config::default())).await;
    }
    // A listener is counted once its task runs.
    for _ in 0..SOON {
        if stage.world.tally.all_traffic().len() == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let scraped = scraped(&stage.world).await;
    let is_of = |name: &str, families: &[&str]| {
        families.iter().any(|family| name.split('{').next().unwrap_or_default().starts_with(family))
    };
    // Of a histogram one number counts for all; and there is one for each status code.
    let rest = ["belfry_http_responses", "belfry_build"];
    let exposed: BTreeSet<_> = scraped
        .samples
        .keys()
        .map(|sample| anywhere(sample))
        .filter(|sample| !["_bucket", "_sum"].iter().any(|part| sample.contains(part)))
        .filter(|sample| !is_of(sample, &UNTRIGGERED) && !is_of(sample, &rest))
        .collect();
    let cases = CASES.iter().flat_map(|(_, cases)| *cases).chain(cases::OF_STREAMS);
    let cases = cases.map(|case| case.sample.to_owned());
    let cases: BTreeSet<_> =
        cases.filter(|case| !case.contains("_bucket") && !is_of(case, &rest)).collect();
    assert_eq!(exposed, cases);
    assert_eq!(scraped.families.keys().filter(|name| is_of(name, &rest)).count(), rest.len());
}

#[tokio::test(start_paused = true)]
async fn the_documents_list_every_metric_and_no_other() {
    let stage = on_disk();
    let families = scraped(&stage.world).await.families;
    let exposed: BTreeSet<String> = families
        .iter()
        .map(|(name, kind)| match &**kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.clone(),
        })
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    for document in ["operations.md", "operations.zh-CN.md"] {
        let text = std::fs::read_to_string(format!("{folder}/{document}")).unwrap();
        let rows = text.lines().filter(|line| {
            ["| `belfry_", "| `process_"].iter().any(|begin| line.starts_with(begin))
        });
        let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`'));
        let listed: BTreeSet<String> =
            names.filter(|name| name.contains('_')).map(str::to_owned).collect();
        assert_eq!(listed, exposed, "{document}");
    }
}

#[tokio::test(start_paused = true)]
async fn both_formats_hold_the_same_values() {
    let world = World::exposing(Exposure::Public);
    world.publish("a", "1").await;
    let get = async |accept: &'static str| {
        let request = Request::get("/metrics").header(ACCEPT, accept);
        let answer = world.ask(request.body(Body::empty()).unwrap()).await;
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        (content_type, scrape(&text(answer).await))
    };
    let (content_type, open) = get("application/openmetrics-text;version=1.0.0").await;
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let (content_type, plain) = get("text/plain;version=0.0.4").await;
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    let values = |scraped: &Scraped| {
        let mut values = scraped.samples.clone();
        // These move on by themselves, or count the other request.
        values.retain(|name, _| !name.starts_with("process_") && !name.contains("_http_"));
        values
    };
    assert_eq!(values(&open), values(&plain));
    assert!(open.samples.len() > 60, "{open:?}");
}

#[tokio::test(start_paused = true)]
async fn the_status_and_the_metrics_say_the_same() {
    let world = World::exposing(Exposure::Public);
    for _ in 0..3 {
        world.publish("a", "1").await;
    }
    let (scraped, held) = (scraped(&world).await, world.hub.log().held());
    let counted = world.hub.counters().read();
    for (sample, value) in [
        ("belfry_log_events", held.events),
        ("belfry_log_bytes", held.bytes),
        ("belfry_log_last_sequence", world.hub.log().tail().last()),
        ("belfry_events_delivered_total", counted.delivered),
        ("belfry_readers", world.hub.reading().into()),
    ] {
        assert_eq!(scraped.value(sample), value as f64, "{sample}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_process_shows_its_figures_though_the_status_is_off() {
    let world = World::exposing(Exposure::Token);
    let scraped = scraped(&world).await;
    for name in UNTRIGGERED.iter().filter(|name| name.starts_with("process_")) {
        let sample =
            if *name == "process_cpu_seconds" { "process_cpu_seconds_total" } else { name };
        assert!(scraped.value(sample) > 0.0, "{sample}");
    }
    let build = format!("belfry_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(scraped.value(&build), 1.0);
    let budgets = [&world.budgets.send, &world.budgets.receive];
    for (name, budget) in ["send", "receive"].into_iter().zip(budgets) {
        let sample = format!("belfry_budget_limit_bytes{{budget=\"{name}\"}}");
        assert_eq!(scraped.value(&sample), budget.limit() as f64);
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_are_for_whom_they_are_meant() {
    for (exposure, [without, useless, with]) in [
        (Exposure::Public, [200, 200, 200]),
        (Exposure::Token, [401, 403, 200]),
        (Exposure::At(([127, 0, 0, 1], 9464).into()), [404, 404, 404]),
        (Exposure::Off, [404, 404, 404]),
    ] {
        let world = World::exposing(exposure);
        let (no_use, token) = (world.token(&["*"], &["metrics"]), world.token(&[], &["status"]));
        assert_eq!(world.get("/metrics").await.status(), without, "{exposure:?}");
        for (token, expected) in [(no_use, useless), (token, with)] {
            let answer = world.ask_with(&token, Request::get("/metrics")).await;
            assert_eq!(answer.status(), expected, "{exposure:?}");
        }
    }
    let said = text(World::exposing(Exposure::Token).get("/metrics").await).await;
    assert!(said.contains("`belfry token --read status`"), "{said}");
}

#[test]
fn an_address_of_its_own_serves_metrics_and_health_and_nothing_else() {
    let program = Program::new();
    let serving = program.serves(&["--metrics", "127.0.0.1:0"]);
    let line = serving.logged("metrics are at http://");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let ask = |address: &str, path: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for (path, status) in [("/metrics", 200), ("/healthz", 200), ("/", 404), ("/sse", 404)] {
        let answer = ask(address, path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {answer}");
    }
    assert!(ask(address, "/metrics").contains("belfry_log_ready 1"));
    assert!(ask(&serving.address.to_string(), "/metrics").starts_with("HTTP/1.1 4"));
}

#[tokio::test(start_paused = true)]
async fn metrics_are_compressed_for_those_who_ask() {
    let world = World::exposing(Exposure::Public);
    let request = Request::get("/metrics").header(ACCEPT_ENCODING, "gzip");
    let answer = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.starts_with(&[0x1f, 0x8b]));
}
