//! A takeover under load: of all requests and all events of all streams none is lost.

use std::{
    env,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use tokio::{
    runtime::Runtime,
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};

use super::{
    client::{Follower, Requester},
    successor_of,
};
use crate::{drain::streams, program::Program, serving::Serving};

/// How many requests there are, and how many of them publish; `BELFRY_TEST_TAKEOVERS` multiplies them with the
/// takeovers.
const REQUESTS: usize = 10_000;
const PUBLISHES: usize = 1_000;

/// How many clients send them at once.
const CLIENTS: usize = 16;

/// What is known of the requests so far.
#[derive(Default)]
struct Load {
    begun: AtomicUsize,
    done: AtomicUsize,
    connections: AtomicUsize,
}

/// Sends requests until all were begun: each client in its own way.
async fn load(number: usize, load: Arc<Load>, address: SocketAddr, token: String, all: usize) {
    // Every fourth opens a connection for each request.
    let mut requester = Requester::new(address, &token, number % 4 != 3);
    loop {
        let count = load.begun.fetch_add(1, Ordering::Relaxed);
        if count >= all {
            break;
        }
        let (method, path, body) = match count % 10 {
            0 => ("POST", "/topics/a", format!("event {count}")),
            1 => ("GET", "/", String::new()),
            2 | 3 => ("GET", "/topics/a?limit=3", String::new()),
            _ => ("GET", "/api/time", String::new()),
        };
        let begun = Instant::now();
        if let Err(error) = requester.ask(method, path, &body).await {
            panic!(
                "{method} {path} of client {number} failed after {:?}: {error}",
                begun.elapsed()
            );
        }
        load.done.fetch_add(1, Ordering::Relaxed);
        // So that a connection is also waiting for its next request when it is handed over.
        sleep(Duration::from_millis(fastrand::u64(0..10))).await;
    }
    load.connections.fetch_add(requester.connections as usize, Ordering::Relaxed);
}

/// Has every follower open its first stream.
async fn begin(number: usize, address: SocketAddr) -> Vec<JoinHandle<Follower>> {
    let begun = join_all((0..number).map(async |_| {
        let mut follower = Follower::new(address, "a");
        let stream = follower.begin().await.unwrap();
        (follower, stream)
    }));
    let follow = |(mut follower, stream): (Follower, _)| {
        tokio::spawn(async move {
            follower.until(stream, "the last").await.unwrap();
            follower
        })
    };
    begun.await.into_iter().map(follow).collect()
}

#[test]
fn no_request_and_no_event_is_lost() {
    let takeovers = env::var("BELFRY_TEST_TAKEOVERS").map_or(1, |number| number.parse().unwrap());
    let followers = streams();
    let program = Program::new();
    let first = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let (address, token) = (first.address, program.token("data"));
    Runtime::new().unwrap().block_on(async {
        let followers = begin(followers, address).await;
        let all = REQUESTS * takeovers;
        let so_far = Arc::new(Load::default());
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| tokio::spawn(load(number, so_far.clone(), address, token.clone(), all)))
            .collect();
        let mut serving = first;
        for number in 0..takeovers {
            let half = number * REQUESTS + REQUESTS / 2;
            while so_far.done.load(Ordering::Relaxed) < half {
                assert!(!clients.iter().any(JoinHandle::is_finished), "a client has failed");
                sleep(Duration::from_millis(5)).await;
            }
            let successor = successor_of(&program, &serving, &[]);
            println!("{}", serving.logged("handed over"));
            spawn_blocking(move || left(serving)).await.unwrap();
            serving = successor;
        }
        for client in clients {
            client.await.unwrap();
        }
        assert_eq!(so_far.done.load(Ordering::Relaxed), all);
        let mut last = Requester::new(address, &token, false);
        last.ask("POST", "/topics/a", "the last").await.unwrap();
        let mut streams = 0;
        let sequences: Vec<u64> = (1..=(PUBLISHES * takeovers) as u64 + 1).collect();
        for follower in join_all(followers).await {
            let follower = follower.unwrap();
            streams += follower.streams;
            let shown: Vec<_> = follower.shown.iter().map(|(sequence, _)| *sequence).collect();
            assert_eq!(shown, sequences);
        }
        let connections = so_far.connections.load(Ordering::Relaxed);
        println!("{all} requests on {connections} connections, {streams} streams");
    });
}

/// Waits until a server that was taken over has ended, as one should.
fn left(serving: Serving) {
    let begun = Instant::now();
    let (code, log) = serving.ended();
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains("timed out"), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?} to end", begun.elapsed());
}
