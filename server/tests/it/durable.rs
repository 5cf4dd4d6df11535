//! The promise of a publish, kept by the real program: what it answered with 2xx outlives `kill -9`.

use std::{collections::BTreeMap, thread, time::Duration};

use fastrand::Rng;
use rustix::process::Signal;

use crate::{connection::Connection, program::Program, serving::Serving};

const ROUNDS: u64 = 50;
const PUBLISHERS: u64 = 4;

/// Publishes until the server is gone, and returns what it has answered: id and data.
fn publish_until_killed(mut connection: Connection, name: &str) -> Vec<(u64, String, String)> {
    let mut answered = Vec::new();
    for number in 0.. {
        let data = format!("{name} number {number} {}", "x".repeat(number % 300));
        match connection.publish("chat", &data) {
            Ok(Ok(receipt)) => answered.push((receipt.sequence, receipt.id, data)),
            Ok(Err(refused)) => panic!("refused: {refused:?}"),
            Err(_) => break,
        }
    }
    answered
}

/// Has several publish at once, and kills the server at some moment.
fn kill_while_publishing(serving: &Serving, token: &str, seed: u64) -> Vec<(u64, String, String)> {
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|publisher| {
            let connection = Connection::open(serving.address, token).unwrap();
            let name = format!("round {seed} publisher {publisher}");
            thread::spawn(move || publish_until_killed(connection, &name))
        })
        .collect();
    thread::sleep(Duration::from_micros(Rng::with_seed(seed).u64(1_000..120_000)));
    serving.signal(Signal::KILL);
    publishers.into_iter().flat_map(|publisher| publisher.join().unwrap()).collect()
}

#[test]
fn what_was_answered_outlives_kill_9() {
    let program = Program::new();
    let mut token = String::new();
    let mut answered = BTreeMap::new();
    let mut read = Vec::new();
    for seed in 0..=ROUNDS {
        let serving = program.serves(&["--data-dir", "data"]);
        if seed == 0 {
            token = program.token("data");
        }
        // What the rounds before left, twice over: read, and followed.
        let last = read.last().map_or("", |(id, _): &(String, String)| id).to_owned();
        let mut connection = Connection::open(serving.address, &token).unwrap();
        let came = connection.history("chat", &last);
        if let (Some((first, _)), Some((through, _))) = (read.first().or(came.first()), came.last())
        {
            let after = if last.is_empty() { before(first) } else { last };
            assert_eq!(connection.replay("chat", &after, through), came, "round {seed}");
        }
        read.extend(came);
        let ids: BTreeMap<_, _> = read.iter().cloned().collect();
        assert_eq!(ids.len(), read.len(), "round {seed}: something came twice");
        for (id, data) in answered.values() {
            assert_eq!(ids.get(id), Some(data), "round {seed}: {id} is lost");
        }
        if seed < ROUNDS {
            for (sequence, id, data) in kill_while_publishing(&serving, &token, seed) {
                let twice = answered.insert(sequence, (id, data));
                assert_eq!(twice, None, "round {seed}: {sequence} was given twice");
            }
        }
    }
    let order: Vec<_> = answered.values().map(|(id, _)| id).collect();
    let read: Vec<_> = read.iter().map(|(id, _)| id).filter(|id| order.contains(id)).collect();
    assert_eq!(read, order);
    println!("{} answered, {ROUNDS} rounds", answered.len());
}

/// The id of the place before the first event.
fn before(first: &str) -> String {
    let (epoch, sequence) = first.rsplit_once('-').unwrap();
    format!("{epoch}-{}", sequence.parse::<u64>().unwrap() - 1)
}
