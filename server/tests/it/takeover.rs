//! A takeover: a server takes the place of another, and whoever is served does not notice.

mod client;
mod ends;
mod killed;
mod load;
mod over_http2;
mod readers;
mod sockets;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    time::Duration,
};

use rustix::process::{Signal, geteuid};
use wire::topics::History;

use crate::{
    connection::{Connection, begin_publish, finish_publish},
    program::Program,
    serving::Serving,
};

const SECOND: Duration = Duration::from_secs(1);

/// A server that takes over from another, which listens on TCP first of all.
fn successor_of(program: &Program, serving: &Serving, more: &[&str]) -> Serving {
    let arguments = [&["--takeover", "--data-dir", "data", "--interval", "1h"], more].concat();
    let successor = program.serves(&arguments);
    assert_eq!(successor.address, serving.address);
    successor
}

/// What a successor says, by hand.
struct ByHand(UnixStream);

impl ByHand {
    fn connect(program: &Program) -> Self {
        let socket = UnixStream::connect(program.folder().join("data/takeover.sock")).unwrap();
        socket.set_read_timeout(Some(20 * SECOND)).unwrap();
        Self(socket)
    }

    fn says(&mut self, message: &str) {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        self.0.write_all(&[&length, message.as_bytes()].concat()).unwrap();
    }

    fn hears(&mut self) -> String {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let mut message = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut message).unwrap();
        String::from_utf8(message).unwrap()
    }

    /// Begins as a successor does. The sockets that are passed to it are closed again.
    fn begin(program: &Program) -> Self {
        let mut successor = Self::connect(program);
        successor.says(r#"{"Hello":{"version":1}}"#);
        assert!(successor.hears().starts_with(r#"{"Sockets":"#));
        let mut mark = [0];
        successor.0.read_exact(&mut mark).unwrap();
        successor
    }

    /// Has the log closed.
    fn has_log(&mut self) {
        self.says(r#""WantsLog""#);
        assert_eq!(self.hears(), r#""LogIsFree""#);
    }
}

fn connection(serving: &Serving, token: &str) -> Connection {
    Connection::open(serving.address, token).unwrap()
}

fn data(history: &[(String, String)]) -> Vec<&str> {
    history.iter().map(|(_, data)| &**data).collect()
}

#[test]
fn where_there_is_nobody_it_starts_normally() {
    let program = Program::new();
    let serving = program.serves(&["--takeover", "--data-dir", "data"]);
    serving.logged("no server to take over");
    drop(serving);
    // Another was killed.
    let serving = program.serves(&["--takeover", "--data-dir", "data"]);
    serving.logged("no server to take over");
}

#[test]
fn a_log_in_memory_cannot_be_taken_over() {
    let (code, log) = Program::new().ends(&["--site", ".", "--ephemeral", "--takeover"]);
    assert_eq!(code, 2, "{log}");
    assert!(log.contains("must not be combined with --ephemeral"), "{log}");
}

#[test]
fn a_request_on_an_old_connection_is_answered_from_the_new_log() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let mut old = connection(&serving, &token);
    old.publish("a", "one").unwrap().unwrap();
    let mut kept: Vec<_> = (0..4).map(|_| connection(&serving, &token)).collect();
    for connection in &mut kept {
        assert_eq!(connection.ask("GET", "/api/time", "").unwrap().status, 200);
    }
    let publishing = begin_publish(serving.address, &token);

    let successor = successor_of(&program, &serving, &[]);
    serving.logged("handed over");
    let mut new = connection(&successor, &token);
    new.publish("a", "two").unwrap().unwrap();
    let mut answers = kept.iter_mut();
    let published = answers.next().unwrap().ask("POST", "/topics/a", "three").unwrap();
    assert!(published.status == 200 && published.head.contains("connection: close"));
    finish_publish(publishing, b"whole");
    let history = answers.next().unwrap().history("a", "");
    assert_eq!(data(&history), ["one", "two", "three", "whole"]);
    let purged = answers.next().unwrap().ask("DELETE", "/topics/a", "").unwrap();
    assert_eq!(purged.body, "{\"removed\":4}\n", "{purged:?}");
    let listed = answers.next().unwrap().ask("GET", "/topics", "").unwrap();
    assert!(listed.body.contains(r#""topic":"a""#), "{listed:?}");
    assert_eq!(new.history("a", "").len(), 1);
    assert_eq!(serving.ended().0, 0);
}

#[test]
fn a_position_of_the_new_log_is_known_on_an_old_connection() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    connection(&serving, &token).publish("a", "one").unwrap().unwrap();
    let mut kept: Vec<_> = (0..4).map(|_| connection(&serving, &token)).collect();
    for connection in &mut kept {
        assert_eq!(connection.ask("GET", "/api/time", "").unwrap().status, 200);
    }
    let successor = successor_of(&program, &serving, &[]);
    serving.logged("handed over");
    let mut kept = kept.iter_mut();
    let mut new = connection(&successor, &token);
    let two = new.publish("a", "two").unwrap().unwrap();
    // Its epoch is not known here yet.
    assert_eq!(kept.next().unwrap().history("a", &two.id), []);
    let three = kept.next().unwrap().publish("a", "three").unwrap().unwrap();
    // Now it is, but not how far it goes.
    assert_eq!(data(&kept.next().unwrap().history("a", &two.id)), ["three"]);
    let before = format!("/topics/a?before={}", three.id);
    let answered = kept.next().unwrap().ask("GET", &before, "").unwrap();
    let History { events, gap, spans, .. } = serde_json::from_str(&answered.body).unwrap();
    assert!(events.len() == 2 && !gap, "{answered:?}");
    assert!(spans.iter().any(|span| three.id.starts_with(&span.epoch)), "{answered:?}");
}

#[test]
fn a_successor_that_cannot_start_changes_nothing() {
    let program = Program::new();
    let path = program.folder().join("belfry.sock");
    let unix = format!("unix:{}", path.display());
    let serving = program.serves(&["--listen", &unix, "--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let mut publisher = connection(&serving, &token);
    let mut reader = serving.reader();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (more, said) in [
        (&["--site", "nowhere"][..], "the site file"),
        (&["--site", ".", "--listen", &unix, "--listen", &address], "cannot listen on"),
        (&["--site", ".", "--tls-cert", "none", "--tls-key", "none"], "none"),
        (&["--site", ".", "--interval", "3"], "invalid value"),
    ] {
        let arguments = [&["--takeover", "--data-dir", "data"][..], more].concat();
        let output = program.command(&arguments).output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && log.contains(said), "{log}");
        publisher.publish("a", said).unwrap().unwrap();
    }
    // Its own socket is still there, and its streams go on.
    assert!(UnixStream::connect(&path).is_ok());
    serving.signal(Signal::TERM);
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    let (code, log) = serving.ended();
    assert!(code == 0 && log.contains("the takeover failed; carrying on as before"), "{log}");
    assert!(!path.exists());
}

#[test]
fn a_second_takeover_at_the_same_time_is_refused() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let first = ByHand::begin(&program);
    let arguments = ["--takeover", "--site", ".", "--data-dir", "data"];
    let (code, log) = program.ends(&arguments);
    let said = "belfry: cannot take over from the running server: another takeover is under way\n";
    assert_eq!((code, &*log), (1, said));
    drop(first);
    serving.logged("the takeover failed");
    let successor = successor_of(&program, &serving, &[]);
    assert_eq!(serving.ended().0, 0);
    // It can be taken over too.
    let third = successor_of(&program, &successor, &[]);
    assert_eq!(successor.ended().0, 0);
    assert_eq!(third.reader().get_ref().peer_addr().unwrap(), third.address);
}

#[test]
fn a_log_that_is_being_backed_up_is_not_taken_over() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let mut publisher = connection(&serving, &program.token("data"));
    for _ in 0..8 {
        publisher.publish("a", &"x".repeat(1 << 20)).unwrap().unwrap();
    }
    // It reads nothing.
    let backup = UnixStream::connect(program.folder().join("data/backup.sock")).unwrap();
    let mut byte = [0];
    (&backup).read_exact(&mut byte).unwrap();
    let output = program.command(&["--takeover", "--site", ".", "--data-dir", "data"]).output();
    let log = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(log.contains("belfry: a backup or a long read is under way"), "{log}");
    publisher.publish("a", "goes on").unwrap().unwrap();
    drop(backup);
}

#[test]
fn another_user_gets_nothing() {
    if !geteuid().is_root() {
        return;
    }
    let program = Program::new();
    let all = fs::Permissions::from_mode(0o777);
    fs::set_permissions(program.folder(), all).unwrap();
    let nobody = "exec setpriv --reuid 65534 --regid 65534 --clear-groups ./belfry --site .";
    let serving = Serving::start(
        program.shell(&format!("{nobody} --data-dir data --listen 127.0.0.1:0 --interval 1h")),
    );
    let (code, log) = program.ends(&["--takeover", "--site", ".", "--data-dir", "data"]);
    assert_eq!(code, 1);
    assert!(log.contains("it belongs to user 65534"), "{log}");
    let mut by_hand = ByHand::connect(&program);
    // The server may have closed it by now.
    let _ = by_hand.0.write_all(b"\0\0\0\x17{\"Hello\":{\"version\":1}}");
    let mut nothing = Vec::new();
    let _ = by_hand.0.read_to_end(&mut nothing);
    assert_eq!(nothing, b"");
    serving.logged("refused a takeover by another user");
}
