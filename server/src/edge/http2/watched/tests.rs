//! What a client may send, in virtual time.

use std::net::Ipv4Addr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::timeout,
};

use super::*;
use crate::edge::lingering::Lingering;

const BEGIN: &[u8; PREFACE] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, 1], contents].concat()
}

fn watched(socket: DuplexStream) -> Watched<DuplexStream> {
    let owed = Owed::new(Lingering::default(), Ipv4Addr::LOCALHOST.into());
    Watched::new(socket, owed, Tally::default())
}

/// How many of the frames are read, in pieces of some length, before reading fails.
async fn passed(frames: &[u8], piece: usize) -> usize {
    let (mut client, server) = duplex(1 << 20);
    let (mut watched, mut read) = (watched(server), 0_usize);
    client.write_all(&[BEGIN, frames].concat()).await.unwrap();
    drop(client);
    let mut bytes = vec![0; piece];
    loop {
        match watched.read(&mut bytes).await {
            Ok(0) | Err(_) => return read.saturating_sub(PREFACE),
            Ok(more) => read += more,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn frames_that_carry_nothing_are_limited_and_others_are_not() {
    for (name, one, limited) in [
        ("PING", frame(6, 0, &[0; 8]), true),
        ("SETTINGS", frame(4, 0, &[]), true),
        ("RST_STREAM", frame(3, 0, &[0; 4]), true),
        ("PRIORITY", frame(2, 0, &[0; 5]), true),
        ("CONTINUATION", frame(9, 0, &[]), true),
        ("unknown", frame(77, 0, &[1, 2, 3]), true),
        ("empty DATA", frame(0, 0, &[]), true),
        ("the end of DATA", frame(0, END_STREAM, &[]), false),
        ("DATA", frame(0, 0, &[1]), false),
        ("HEADERS", frame(1, 4, &[1, 2, 3]), false),
        ("WINDOW_UPDATE", frame(8, 0, &[0; 4]), false),
    ] {
        let all = one.repeat(1200);
        let expected = if limited { 1000 * one.len() } else { all.len() };
        for piece in [one.len(), 1] {
            let passed = passed(&all, piece).await;
            let least = expected.saturating_sub(PREFACE + one.len());
            assert!(passed >= least && passed <= expected + one.len(), "{name}: {passed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_more_may_come_in_each_second() {
    let (mut client, server) = duplex(1 << 20);
    let mut watched = watched(server);
    client.write_all(BEGIN).await.unwrap();
    let pings = frame(6, 0, &[0; 8]).repeat(100);
    let mut bytes = vec![0; BEGIN.len() + pings.len()];
    for second in 0..100 {
        client.write_all(&pings).await.unwrap();
        let from = if second == 0 { 0 } else { BEGIN.len() };
        watched.read_exact(&mut bytes[from..]).await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    client.write_all(&pings.repeat(11)).await.unwrap();
    let mut rest = vec![0; pings.len() * 11];
    assert!(watched.read_exact(&mut rest).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_head_has_to_be_finished_within_10_s() {
    let begun = |flags| [&BEGIN[..], &frame(1, flags, &[1, 2, 3])].concat();
    let all = begun(END_HEADERS);
    for (bytes, fails) in [
        (&begun(0)[..], true),
        (&all, false),
        // The frame says that it is the last, but does not all come.
        (&all[..all.len() - 2], true),
    ] {
        let (mut client, server) = duplex(1024);
        let mut watched = watched(server);
        client.write_all(bytes).await.unwrap();
        watched.read_exact(&mut vec![0; bytes.len()]).await.unwrap();
        sleep(Duration::from_secs(9)).await;
        client.write_all(&[0; 1]).await.unwrap();
        watched.read_u8().await.unwrap();
        let waited = Instant::now();
        let reading = tokio::spawn(async move { watched.read_u8().await.is_err() });
        let mut goodbye = vec![0; calm(1, TOO_SLOW.0).len()];
        let said = timeout(Duration::from_secs(5), client.read_exact(&mut goodbye)).await;
        assert_eq!((said.is_ok(), waited.elapsed().as_secs()), (fails, if fails { 1 } else { 5 }));
        if fails {
            assert_eq!(goodbye, calm(1, TOO_SLOW.0));
            assert!(reading.await.unwrap(), "it goes on");
        } else {
            reading.abort();
        }
    }
}

/// How many seconds reading goes on, up to a minute, after these bytes and nothing more.
async fn read_for(bytes: &[u8]) -> u64 {
    let (mut client, server) = duplex(1024);
    let mut watched = watched(server);
    client.write_all(bytes).await.unwrap();
    let (begun, mut rest) = (Instant::now(), Vec::new());
    let reading = watched.read_to_end(&mut rest);
    let _ = timeout(Duration::from_secs(60), reading).await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn the_preface_and_all_of_a_heads_last_frame_have_to_come_within_10_s() {
    let head = frame(1, END_HEADERS, &[1, 2, 3]);
    let last = [frame(1, 0, &[1]), frame(9, END_HEADERS, &[])].concat();
    for (bytes, seconds) in [
        (vec![], 10),
        (BEGIN[..PREFACE - 1].to_vec(), 10),
        (BEGIN.to_vec(), 60),
        ([BEGIN, &head[..head.len() - 1]].concat(), 10),
        ([BEGIN, &head[..]].concat(), 60),
        ([BEGIN, &last[..]].concat(), 60),
    ] {
        assert_eq!(read_for(&bytes).await, seconds, "{bytes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn why_a_connection_is_ended_is_counted() {
    for (bytes, rule) in [
        ([BEGIN, &frame(6, 0, &[0; 8]).repeat(1001)[..]].concat(), Rule::Frames),
        (BEGIN[..PREFACE - 1].to_vec(), Rule::HeadTimeout),
        ([BEGIN, &frame(1, 0, &[1])[..]].concat(), Rule::HeadTimeout),
    ] {
        let (mut client, server) = duplex(1 << 20);
        let owed = Owed::new(Lingering::default(), Ipv4Addr::LOCALHOST.into());
        let tally = Tally::default();
        let mut watched = Watched::new(server, owed, tally.clone());
        client.write_all(&bytes).await.unwrap();
        watched.read_to_end(&mut Vec::new()).await.unwrap_err();
        let counted: Vec<_> = tally.refusals().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [(rule, 1)]);
    }
}
