//! Successors that are killed while they take over.

use std::{
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rustix::process::Signal;

use super::{ByHand, connection, data, successor_of};
use crate::{connection::Connection, program::Program, serving::Serving};

/// How many successors are killed, each a little later after its start.
const ROUNDS: u64 = 24;

#[test]
fn a_successor_that_is_killed_at_any_point_leaves_the_log_to_its_predecessor() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let first = connection(&serving, &token).publish("a", "0").unwrap().unwrap();
    let stages: [&dyn Fn() -> ByHand; 4] = [
        &|| ByHand::connect(&program),
        &|| ByHand::begin(&program),
        &|| {
            let mut successor = ByHand::begin(&program);
            successor.says(r#""WantsLog""#);
            successor
        },
        &|| {
            let mut successor = ByHand::begin(&program);
            successor.has_log();
            successor
        },
    ];
    for (number, stage) in stages.iter().enumerate() {
        let successor = stage();
        let publishing = {
            let mut publisher = connection(&serving, &token);
            let data = (number + 1).to_string();
            thread::spawn(move || publisher.publish("a", &data).unwrap().unwrap())
        };
        // Those that find the log closed wait.
        thread::sleep(Duration::from_millis(50));
        drop(successor);
        let receipt = publishing.join().unwrap();
        assert_eq!(receipt.id.split('-').next(), first.id.split('-').next());
        serving.logged(if number == 0 {
            "refused a takeover"
        } else {
            "the takeover failed; carrying on"
        });
    }
    let history = connection(&serving, &token).history("a", "");
    assert_eq!(data(&history), ["0", "1", "2", "3", "4"]);
    // The next one makes it.
    let successor = successor_of(&program, &serving, &[]);
    assert_eq!(connection(&successor, &token).history("a", ""), history);
    assert_eq!(serving.ended().0, 0);
}

/// Publishes until told to stop or not answered, and returns what was.
fn publish_until(stopped: &AtomicBool, mut publisher: Connection, round: u64) -> Vec<String> {
    let mut answered = Vec::new();
    for number in 0.. {
        let data = format!("{round} {number}");
        // The predecessor has said that its connection ends, or the successor was killed with the log.
        let Ok(Ok(_)) = publisher.publish("a", &data) else { break };
        answered.push(data);
        if stopped.load(Ordering::Relaxed) {
            break;
        }
    }
    answered
}

#[test]
fn what_was_answered_outlives_a_successor_that_is_killed_at_any_time() {
    let program = Program::new();
    let mut serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let (mut answered, mut made_it) = (Vec::new(), 0);
    let arguments = ["--takeover", "--data-dir", "data", "--listen", "127.0.0.1:0", "--site", "."];
    for round in 0..ROUNDS {
        let (publisher, stopped) = (connection(&serving, &token), AtomicBool::new(false));
        thread::scope(|scope| {
            let publishing = scope.spawn(|| publish_until(&stopped, publisher, round));
            let mut successor = program.command(&arguments);
            successor.stdout(Stdio::null()).stderr(Stdio::null());
            let mut successor = successor.spawn().unwrap();
            thread::sleep(Duration::from_millis(4) * u32::try_from(round).unwrap());
            successor.kill().unwrap();
            successor.wait().unwrap();
            stopped.store(true, Ordering::Relaxed);
            answered.extend(publishing.join().unwrap());
        });
        if !connection_goes_on(&serving, &token) {
            made_it += 1;
            serving.signal(Signal::TERM);
            assert_eq!(serving.ended().0, 0);
            serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
        }
    }
    println!("{} answered, {made_it} of {ROUNDS} had taken over", answered.len());
    let history = connection(&serving, &token).history("a", "");
    let read = data(&history);
    let missing: Vec<_> = answered.iter().filter(|data| !read.contains(&data.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether a server accepts connections and has a log.
fn connection_goes_on(serving: &Serving, token: &str) -> bool {
    let connected = Connection::open(serving.address, token);
    connected.is_ok_and(|mut one| one.publish("b", "here").is_ok_and(|published| published.is_ok()))
}
