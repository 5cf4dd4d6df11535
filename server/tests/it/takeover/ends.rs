//! A server that ends during a takeover, or after one: what is under way is answered all the same.

use std::{fs, io::Write, thread};

use rustix::process::Signal;

use super::{ByHand, connection, data, successor_of};
use crate::{
    connection::{begin_publish, finish_publish, is_published},
    program::Program,
};

#[test]
fn a_request_that_comes_whole_during_the_drain_is_answered_from_the_new_log() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let publishing = begin_publish(serving.address, &token);
    let successor = successor_of(&program, &serving, &[]);
    serving.logged("handed over");
    serving.signal(Signal::TERM);
    serving.logged("draining");
    finish_publish(publishing, b"whole");
    assert_eq!(data(&connection(&successor, &token).history("a", "")), ["whole"]);
    assert_eq!(serving.ended().0, 0);
}

#[test]
fn a_server_that_is_to_end_while_nobody_has_the_log_answers_what_waits() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let mut publishing = begin_publish(serving.address, &token);
    let mut successor = ByHand::begin(&program);
    successor.has_log();
    publishing.get_mut().write_all(b"whole").unwrap();
    serving.signal(Signal::TERM);
    serving.logged("draining");
    drop(successor);
    is_published(publishing);
    assert_eq!(serving.ended().0, 0);
}

#[test]
fn a_server_that_can_never_take_its_log_back_ends() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let mut publisher = connection(&serving, &token);
    publisher.publish("a", "one").unwrap().unwrap();
    let mut successor = ByHand::begin(&program);
    successor.has_log();
    let waits = thread::spawn(move || publisher.ask("POST", "/topics/a", "two"));
    // As one does that converts it.
    let log = program.folder().join("data/log.redb");
    let converted = log.with_extension("new");
    fs::copy(&log, &converted).unwrap();
    fs::rename(&converted, &log).unwrap();
    drop(successor);
    serving.logged("cannot take the log back; exiting");
    let answered = waits.join().unwrap();
    assert!(answered.is_err() || answered.unwrap().status == 503);
    let (code, log) = serving.ended();
    assert!(code == 1 && log.contains("belfry: ended without its log"), "{code} {log}");
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    assert_eq!(data(&connection(&serving, &token).history("a", "")), ["one"]);
}
