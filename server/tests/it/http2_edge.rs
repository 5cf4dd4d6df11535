//! What holds for each connection holds over HTTP/2 too: how large a head is, and what becomes of one that is over
//! a limit.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::HOST, request},
};
use belfry_hub::Clock;
use hyper::client::conn::http2::SendRequest;
use server::{
    Config,
    web::{
        client::trust::{Proxy, Trust},
        limits::Limits,
    },
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use wire::problem::ProblemDocument;

use crate::{
    transport::{absolute, speak_http2},
    world::{World, text},
};

const SECOND: Duration = Duration::from_secs(1);

async fn connect(address: SocketAddr) -> SendRequest<Body> {
    speak_http2(TcpStream::connect(address).await.unwrap()).await
}

/// The status of the answer, which is a problem unless it is 200.
async fn status(sender: &mut SendRequest<Body>, request: request::Builder) -> StatusCode {
    let request = request.header(HOST, "belfry.test").body(Body::empty()).unwrap();
    let answer = sender.send_request(absolute(request)).await.unwrap().map(Body::new);
    let status = answer.status();
    if status != StatusCode::OK {
        let problem: ProblemDocument = serde_json::from_str(&text(answer).await).unwrap();
        assert_eq!(problem.status, status.as_u16());
    }
    status
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_with_a_problem() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let mut sender = connect(address).await;
    let with = |number: usize, length: usize| {
        let mut request = Request::get("/healthz");
        for number in 0..number {
            request = request.header(format!("x-{number}"), "x".repeat(length));
        }
        request
    };
    for (request, expected) in [
        (with(98, 0), 200),
        (with(101, 0), 431),
        (with(1, 60 * 1024), 200),
        (with(1, 66 * 1024), 431),
        (Request::get(format!("/healthz?{}", "x".repeat(16_000))), 200),
        (Request::get(format!("/healthz?{}", "x".repeat(17_000))), 414),
    ] {
        assert_eq!(status(&mut sender, request).await, expected);
    }
}

#[tokio::test]
async fn a_connection_over_a_limit_ends_with_its_first_answer() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    // With another proxy declared, this machine is held to limits.
    let proxies = vec![Proxy::read("192.0.2.1").unwrap()];
    let trust = Trust { proxies, ..Trust::default() };
    let limits = Limits { connection_rate: Some(1), ..Limits::default() };
    let (address, _) = world.serve(Config { trust, limits, ..Config::default() }).await;
    let (mut first, mut second) = (connect(address).await, connect(address).await);
    let health = || Request::get("/healthz");
    assert_eq!(status(&mut first, health()).await, 200);
    assert_eq!(status(&mut second, health()).await, 429);
    let closed = timeout(5 * SECOND, async {
        while !second.is_closed() {
            sleep(SECOND / 100).await;
        }
    });
    closed.await.expect("who is refused once is refused for as long as it asks");
    // One a second may come.
    sleep(SECOND).await;
    assert_eq!(status(&mut connect(address).await, health()).await, 200);
    assert_eq!(status(&mut first, health()).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_connection_over_a_limit_that_asks_for_nothing_ends_after_10_s() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let limits = Limits { connections: Some(1), ..Limits::default() };
    let (address, _) = world.serve(Config { limits, ..Config::default() }).await;
    let (mut first, second) = (connect(address).await, connect(address).await);
    assert_eq!(status(&mut first, Request::get("/healthz")).await, 200);
    sleep(12 * SECOND).await;
    assert!(second.is_closed() && !first.is_closed());
}
