//! Requests that do not come, in virtual time.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::{Duration, Instant},
};

use belfry_hub::client::Address;

use super::*;
use crate::{edge::lingering::Lingering, tally::Tally};

fn pair() -> (Heads<DuplexStream>, DuplexStream, Owed) {
    let (ours, theirs) = duplex(64 * 1024);
    let owed = Owed::new(Lingering::default(), [192, 0, 2, 7].into());
    let refusals = Refusals::new(Address::Unknown, Tally::default(), false);
    (Heads::new(ours, owed.clone(), (Waits::default(), refusals)), theirs, owed)
}

/// Reads until the end; after how many seconds it came, and what the client has got.
async fn end(mut ours: Heads<DuplexStream>, mut theirs: DuplexStream) -> (u64, String) {
    let begun = Instant::now();
    tokio::io::copy(&mut ours, &mut tokio::io::sink()).await.unwrap();
    drop(ours);
    let mut answer = String::new();
    theirs.read_to_string(&mut answer).await.unwrap();
    (begun.elapsed().as_secs(), answer)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_ends_after_10_s() {
    let (ours, theirs, _) = pair();
    assert_eq!(end(ours, theirs).await, (10, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_in_drops_is_answered_with_408_10_s_after_its_first_byte() {
    let (ours, theirs, _) = pair();
    let (mut reading, mut writing) = tokio::io::split(theirs);
    let dripping = tokio::spawn(async move {
        sleep(Duration::from_secs(9)).await;
        while writing.write_all(b"a").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let begun = Instant::now();
    let mut ours = ours;
    tokio::io::copy(&mut ours, &mut tokio::io::sink()).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 19);
    drop(ours);
    let mut answer = String::new();
    reading.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-type: application/problem+json\r\n"), "{answer}");
    dripping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_head_that_began_a_while_ago_has_what_is_left_of_its_time() {
    let (ours, mut theirs, _) = pair();
    let begun = Instant::now();
    sleep(Duration::from_secs(7)).await;
    theirs.write_all(b"POST").await.unwrap();
    let (waited, answer) = end(ours.since(Some(begun)), theirs).await;
    assert_eq!(waited, 3);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_ends_without_a_word_after_75_s() {
    let (mut ours, mut theirs, owed) = pair();
    for _ in 0..2 {
        theirs.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        ours.read_exact(&mut [0; 18]).await.unwrap();
        owed.begins(false, false);
        owed.is_made();
        owed.flushed();
    }
    // As some clients do.
    theirs.write_all(b"\r\n").await.unwrap();
    assert_eq!(end(ours, theirs).await, (75, String::new()));
}

#[tokio::test(start_paused = true)]
async fn who_is_being_answered_is_not_hurried() {
    let (mut ours, mut theirs, owed) = pair();
    theirs.write_all(b"GET /sse HTTP/1.1\r\n\r\n").await.unwrap();
    ours.read_exact(&mut [0; 21]).await.unwrap();
    owed.begins(false, false);
    // A stream owes no more than its beginning.
    owed.has_begun();
    owed.flushed();
    let long = Duration::from_secs(3600);
    tokio::time::timeout(long, ours.read_u8()).await.expect_err("it ended");
    owed.is_made();
    owed.flushed();
    assert_eq!(end(ours, theirs).await.0, 75);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_breaks_off_is_answered_with_400() {
    let (ours, mut theirs, _) = pair();
    theirs.write_all(b"GET / HTTP/1.1\r\nHost: bel").await.unwrap();
    theirs.shutdown().await.unwrap();
    let (_, answer) = end(ours, theirs).await;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
}
