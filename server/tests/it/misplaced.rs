//! A log that is deleted, moved away or replaced while it is served: nobody gets 2xx for what nobody will
//! find.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{connection::Connection, program::Program, serving::Serving};

const BOUND: Duration = Duration::from_secs(20);

/// A server that has published an event to `a`, and a connection to it.
fn published(program: &Program) -> (Serving, Connection) {
    let serving = program.serves(&["--data-dir", "data"]);
    let mut connection = Connection::open(serving.address, &program.token("data")).unwrap();
    connection.publish("a", "1").unwrap().unwrap();
    (serving, connection)
}

/// Publishes, and is refused; nor does the server count as ready. Returns why.
fn refused(connection: &mut Connection) -> String {
    let answer = connection.publish("a", "refused").unwrap().unwrap_err();
    assert_eq!(answer.status, 503, "{answer:?}");
    let ready = connection.ask("GET", "/readyz", "").unwrap();
    assert_eq!(ready.status, 503, "{ready:?}");
    assert_eq!(connection.ask("GET", "/healthz", "").unwrap().status, 200);
    answer.body
}

/// What is in the topic after another start.
fn after_a_restart(program: &Program, serving: Serving) -> Vec<String> {
    serving.signal(Signal::TERM);
    serving.ended();
    let serving = program.serves(&["--data-dir", "data"]);
    let mut connection = Connection::open(serving.address, &program.token("data")).unwrap();
    connection.history("a", "").into_iter().map(|(_, data)| data).collect()
}

#[test]
fn a_log_that_is_deleted_takes_no_more() {
    let program = Program::new();
    let (serving, mut connection) = published(&program);
    fs::remove_file(program.folder().join("data/log.redb")).unwrap();
    let why = refused(&mut connection);
    assert!(why.contains("data/log.redb was deleted"), "{why}");
    let line = serving.logged("refusing to publish until it is back");
    assert!(line.contains("ERROR") && line.contains("data/log.redb was deleted"), "{line}");
    // Once, however often it is asked.
    refused(&mut connection);
    serving.signal(Signal::TERM);
    let (code, log) = serving.ended();
    assert!(code == 0 && !log.contains("refusing to publish"), "{code} {log}");
    assert!(!program.folder().join("data/log.redb").exists(), "it was created again");
}

#[test]
fn a_folder_that_is_deleted_takes_no_more_and_a_second_server_is_not_mistaken_for_the_first() {
    let program = Program::new();
    let (serving, mut connection) = published(&program);
    fs::remove_dir_all(program.folder().join("data")).unwrap();
    fs::create_dir(program.folder().join("data")).unwrap();
    let why = refused(&mut connection);
    assert!(why.contains("the data directory data was deleted"), "{why}");
    // It cannot know of the first, which knows of it.
    let second = program.serves(&["--data-dir", "data"]);
    let mut other = Connection::open(second.address, &program.token("data")).unwrap();
    other.publish("a", "2").unwrap().unwrap();
    refused(&mut connection);
    drop(serving);
    assert_eq!(after_a_restart(&program, second), ["2"]);
}

#[test]
fn what_is_moved_back_takes_events_again() {
    let program = Program::new();
    let (serving, mut connection) = published(&program);
    for path in ["data", "data/log.redb"] {
        let (there, away) = (program.folder().join(path), program.folder().join("away"));
        fs::rename(&there, &away).unwrap();
        let why = refused(&mut connection);
        assert!(why.contains(&format!("{path} was moved away or replaced")), "{why}");
        // Another with the same content is another.
        copy(&away, &there);
        refused(&mut connection);
        remove(&there);
        fs::rename(&away, &there).unwrap();
        connection.publish("a", path).unwrap().unwrap();
        serving.logged("log is back in its place");
        assert_eq!(connection.ask("GET", "/readyz", "").unwrap().status, 200);
    }
    assert_eq!(after_a_restart(&program, serving), ["1", "data", "data/log.redb"]);
}

#[test]
fn it_is_noticed_where_nobody_publishes() {
    let program = Program::new();
    let (serving, mut connection) = published(&program);
    fs::rename(program.folder().join("data"), program.folder().join("away")).unwrap();
    let begun = Instant::now();
    while connection.ask("GET", "/readyz", "").unwrap().status == 200 {
        assert!(begun.elapsed() < BOUND, "it counts as ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    serving.logged("refusing to publish until it is back");
}

#[test]
fn a_lock_that_is_deleted_is_taken_again() {
    let program = Program::new();
    let (serving, mut connection) = published(&program);
    fs::remove_file(program.folder().join("data/lock")).unwrap();
    connection.publish("a", "2").unwrap().unwrap();
    serving.logged("data/lock was deleted; acquired it again");
    let (code, said) =
        program.ends(&["--site", ".", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    assert!(
        code == 1 && said.contains("another process is using the data directory"),
        "{code} {said}"
    );
}

#[test]
fn the_log_and_its_lock_are_for_their_owner_alone() {
    let program = Program::new();
    let (serving, _) = published(&program);
    let mode = |name: &str| {
        let path = program.folder().join("data").join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(["log.redb", "lock", "key"].map(mode), [0o600; 3]);
    drop(serving);
    // As an earlier version has left them.
    for name in ["log.redb", "lock"] {
        let path = program.folder().join("data").join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let serving = program.serves(&["--data-dir", "data"]);
    assert_eq!(["log.redb", "lock"].map(mode), [0o600; 2]);
    drop(serving);
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success());
}

fn remove(path: &Path) {
    let removed = std::process::Command::new("rm").arg("-rf").arg(path).status();
    assert!(removed.unwrap().success());
}
