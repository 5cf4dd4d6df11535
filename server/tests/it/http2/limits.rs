//! The head of a request over HTTP/2: how large it may be, and which hosts it may name.

use std::{fmt::Write, net::SocketAddr, time::Duration};

use belfry_hub::Clock;
use server::Config;

use super::{
    frames::*,
    peer::{Client, Comes},
};
use crate::world::World;

const KIB: usize = 1024;

/// HEADERS and CONTINUATION of a request without a body.
fn asks(head: &[u8]) -> Vec<u8> {
    let mut pieces = head.chunks(16 * KIB).peekable();
    let (mut frames, mut kind, mut flags) = (Vec::new(), HEADERS, END_STREAM);
    while let Some(piece) = pieces.next() {
        let last = if pieces.peek().is_none() { END_HEADERS } else { 0 };
        frames.extend(frame(kind, flags | last, 1, piece));
        (kind, flags) = (CONTINUATION, 0);
    }
    frames
}

/// A head with so many fields of one name.
fn many(name: &str, number: usize) -> Vec<u8> {
    head("GET", "/healthz", &vec![(name, "a=b"); number])
}

/// A head whose fields have so many bytes, as HTTP/2 counts them.
fn large(bytes: usize) -> Vec<u8> {
    head("GET", "/healthz", &[("x", &"x".repeat(bytes - 33))])
}

/// A target of so many bytes, with the authority.
fn long(bytes: usize) -> Vec<u8> {
    head("GET", &format!("/{}", "x".repeat(bytes - "belfry/".len())), &[])
}

/// What is said to a head: the status, and what follows it.
async fn said(address: SocketAddr, head: &[u8], status: u16) -> Result<String, String> {
    let mut client = Client::connect(address, false).await;
    client.send(&asks(head)).await;
    if !client.until(&Comes::Answer(1, status)).await {
        return Err(format!("{:?}", client.seen));
    }
    let data = client.seen.iter().filter(|frame| frame.kind == DATA);
    let body = data.flat_map(|frame| frame.contents.clone()).collect();
    Ok(String::from_utf8(body).unwrap())
}

async fn serving() -> (World, SocketAddr) {
    let world = World::with_clock(Clock::system(), Duration::from_secs(3600));
    let address = world.serve(Config::default()).await.0;
    (world, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_the_limits_of_http1_and_one_beyond_them_is_refused_with_a_problem() {
    let (_world, address) = serving().await;
    let mut wrong = String::new();
    for (what, head, status, problem) in [
        ("100 headers", many("x", 100), 200, ""),
        ("101 headers", many("x", 101), 431, "with at most 100 headers"),
        ("300 cookies", many("cookie", 300), 200, ""),
        (
            "300 cookies and 100 headers",
            [many("cookie", 300), fields(&[("x", "y"); 100])].concat(),
            431,
            "with at most 100 headers",
        ),
        ("64 KiB", large(64 * KIB), 200, ""),
        ("64 KiB and a byte", large(64 * KIB + 1), 431, "at most 65536 bytes"),
        ("120 KiB", large(120 * KIB), 431, "at most 65536 bytes"),
        // From here on it is h2 that answers, without a word.
        ("150 KiB", large(150 * KIB), 431, ""),
        ("a target of 16 KiB", long(16 * KIB), 404, ""),
        ("a target of 16 KiB and a byte", long(16 * KIB + 1), 414, "at most 16384 bytes"),
        ("a target of 60 KiB", long(60 * KIB), 414, "at most 16384 bytes"),
    ] {
        match said(address, &head, status).await {
            Ok(body)
                if problem.is_empty() || body.contains(problem) && body.contains("\"status\":") => {
            }
            Ok(other) | Err(other) => writeln!(wrong, "{what}: not {status}: {other}").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_far_beyond_the_limits_ends_the_connection_with_the_reason() {
    let (_world, address) = serving().await;
    for size in [200 * KIB, 1024 * KIB] {
        let mut client = Client::connect(address, false).await;
        client.send(&asks(&large(size))).await;
        assert!(client.until(&Comes::GoAway(ENHANCE_YOUR_CALM)).await, "{:?}", client.seen);
        assert!(client.until(&Comes::End).await, "{:?}", client.seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_for_which_there_is_no_type_resets_its_stream() {
    let (_world, address) = serving().await;
    let mut client = Client::connect(address, false).await;
    client.send(&asks(&long(70 * KIB))).await;
    assert!(client.until(&Comes::Reset(1, PROTOCOL_ERROR)).await, "{:?}", client.seen);
    assert!(client.goes_on().await, "{:?}", client.seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let (_world, address) = serving().await;
    let first = [(":method", "GET"), (":scheme", "http"), (":path", "/healthz")];
    let mut wrong = String::new();
    for (more, status) in [
        (&[(":authority", "belfry")][..], 200),
        (&[("host", "belfry")], 200),
        (&[(":authority", "belfry"), ("host", "belfry")], 200),
        (&[(":authority", "belfry:80"), ("host", "BELFRY")], 200),
        (&[], 400),
        (&[("host", "")], 400),
        (&[("host", "a"), ("host", "a")], 400),
        (&[("host", "a@b")], 400),
        (&[(":authority", "a@b")], 400),
        (&[(":authority", "belfry"), ("host", "other")], 400),
        (&[(":authority", "belfry"), ("host", "belfry:81")], 400),
        (&[(":authority", "belfry"), ("host", "")], 400),
    ] {
        let head = [fields(&first), fields(more)].concat();
        if let Err(other) = said(address, &head, status).await {
            writeln!(wrong, "{more:?}: not {status}: {other}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tunnel_is_made() {
    let (_world, address) = serving().await;
    let head = fields(&[(":method", "CONNECT"), (":authority", "elsewhere:443")]);
    said(address, &head, 405).await.unwrap();
}
