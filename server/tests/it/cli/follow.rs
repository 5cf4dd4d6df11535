//! `belfry follow`: what it prints, where it goes on, when it ends.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, SystemTime},
};

use clap::Parser;
use rustix::process::Signal;
use server::cli::{self, CommandLine, remote::follow::Follow};
use wire::{event::Envelope, tick::Tick};

use super::{BOUND, ended, run, start, url};
use crate::{
    program::Program,
    scripted::{Answer, STREAM, Scripted, answer, event},
    serving::Serving,
};

const PROBLEM: &str = "content-type: application/problem+json\r\n";

/// A command that goes on: what it prints, line by line. Killed when dropped.
struct Running {
    child: Child,
    lines: Receiver<String>,
    notes: Receiver<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = start(&mut command);
        let lines = lines_of(child.stdout.take().unwrap());
        let notes = lines_of(child.stderr.take().unwrap());
        Self { child, lines, notes }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(BOUND).unwrap()
    }

    /// The next line of stderr that holds `words`.
    fn noted(&self, words: &str) -> String {
        loop {
            let note = self.notes.recv_timeout(BOUND).unwrap();
            if note.contains(words) {
                return note;
            }
        }
    }

    /// Its exit code, and the rest of what it prints.
    fn ended(mut self) -> (i32, Vec<String>) {
        let rest = self.lines.iter().collect();
        (self.child.wait().unwrap().code().unwrap(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    let read = BufReader::new(pipe).lines().map_while(Result::ok);
    thread::spawn(move || read.into_iter().try_for_each(|line| sender.send(line)));
    lines
}

fn follow(program: &Program, url: &str, arguments: &[&str]) -> Running {
    Running::start(program.command(&[&["follow", "--url", url], arguments].concat()))
}

fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Tick::from_micros(since.as_micros().try_into().unwrap()).to_string()
}

#[test]
fn the_time_is_followed_as_it_is_and_as_json() {
    let program = Program::new();
    let serving = program.serves(&["--interval", "100ms"]);
    let (code, out, notes) =
        run(&program, &["follow", "--url", &url(&serving), "time", "--count", "2"]);
    assert_eq!((code, &*notes), (0, ""));
    let times: Vec<_> = out.lines().collect();
    // A reader that comes in the millisecond of a tick is told the same one twice.
    assert!(times.len() == 2 && times[0] <= times[1], "{out}");
    assert!(times.iter().all(|time| time.len() == now().len() && time.ends_with('Z')), "{out}");

    let mut command = program.command(&["follow", "time", "--json", "--count", "1"]);
    command.env("BELFRY_URL", url(&serving));
    let (code, out, _) = ended(start(&mut command));
    let envelope: Envelope = serde_json::from_str(&out).unwrap();
    assert_eq!((code, envelope.topics, envelope.id), (0, vec!["time".to_owned()], None));
}

#[test]
fn a_follower_survives_the_servers_death() {
    let program = Program::new();
    let serving = program.serves(&["--interval", "100ms"]);
    let following = follow(&program, &url(&serving), &["time"]);
    following.line();
    serving.signal(Signal::KILL);
    following.noted("retrying in ");
    let dead = now();
    let address = serving.address.to_string();
    drop(serving);
    let _serving = Serving::start(program.command(&["--listen", &address, "--site", "."]));
    while following.line() < dead {}
}

#[test]
fn whoever_stops_reading_ends_the_follower() {
    let program = Program::new();
    let serving = program.serves(&[]);
    // Nothing is ever published to the second topic: it does not wait for an event to notice.
    for topic in ["time", "quiet"] {
        let mut command = program.command(&["follow", "--url", &url(&serving), topic]);
        let mut child = start(&mut command);
        serving.logged("client connected");
        drop(child.stdout.take());
        assert_eq!(ended(child), (0, String::new(), String::new()));
    }
}

#[test]
fn what_was_cut_off_is_read_on_from_the_last_whole_event() {
    let cut = STREAM.to_owned() + &event("x-1", "one") + "data: {}\nid: x-2\n";
    let moved = STREAM.to_owned() + "id: x-5\n\n";
    let last = STREAM.to_owned() + &event("x-6", "six");
    let scripted =
        Scripted::answering([Answer::Whole(cut), Answer::Whole(moved), Answer::Silent(last)]);
    let program = Program::new();
    let following = follow(&program, &scripted.url(), &["a", "--count", "2", "--after", "x-0"]);
    let first = scripted.asked();
    assert!(first.head.starts_with("get /sse?topic=a&format=json http/1.1\r\n"), "{first:?}");
    assert_eq!(first.header("accept"), Some("text/event-stream"));
    let from = [first, scripted.asked(), scripted.asked()];
    let from = from.each_ref().map(|asked| asked.header("last-event-id"));
    assert_eq!(from, [Some("x-0"), Some("x-1"), Some("x-5")]);
    assert_eq!(following.ended(), (0, vec!["one".into(), "six".into()]));
}

#[test]
fn the_place_of_a_gap_is_where_reading_goes_on_in_whichever_epoch() {
    let gap = "event: gap\ndata: {\"reason\":\"epoch\",\"after\":\"x-100\"}\nid: x-50\n\n";
    let restored = [STREAM, gap].concat();
    // The next event begins an epoch; the position moves on with a bare id, too.
    let goes_on = [STREAM, &event("y-51", "one"), "id: y-60\n\n"].concat();
    let damaged = "event: gap\ndata: {\"reason\":\"damaged\",\"after\":\"y-60\"}\nid: y-62\n\n";
    let scripted = Scripted::answering([
        Answer::Whole(restored),
        Answer::Whole(goes_on),
        Answer::Whole([STREAM, damaged].concat()),
        Answer::Silent([STREAM, &event("z-63", "two")].concat()),
    ]);
    let program = Program::new();
    let arguments = ["a", "--count", "2", "--after", "x-100"];
    let following = follow(&program, &scripted.url(), &arguments);
    let from = [(); 4].map(|()| scripted.asked());
    let from = from.each_ref().map(|asked| asked.header("last-event-id"));
    assert_eq!(from, [Some("x-100"), Some("x-50"), Some("y-60"), Some("y-62")]);
    assert_eq!(following.noted("gap"), "belfry: gap: epoch, after x-100");
    assert_eq!(following.noted("gap"), "belfry: gap: damaged, after y-60");
    assert_eq!(following.ended(), (0, vec!["one".into(), "two".into()]));
}

#[test]
fn a_busy_server_is_asked_again_and_one_that_refuses_is_not() {
    let busy = || answer("503 Service Unavailable", "retry-after: 1\r\n", "");
    let detail = r#"{"title":"Forbidden","status":403,"detail":"not for you"}"#;
    let scripted = Scripted::answering([
        busy(),
        Answer::Whole(STREAM.into()),
        Answer::Cut,
        answer("403 Forbidden", PROBLEM, detail),
    ]);
    let following = follow(&Program::new(), &scripted.url(), &["a"]);
    assert!(following.noted("503").contains(" answered 503 Service Unavailable; retrying in 1."));
    assert_eq!(following.noted("ended"), "belfry: the stream ended; retrying in 0.1 s");
    following.noted("cannot reach");
    assert_eq!(following.noted("403"), "belfry: not for you (403 Forbidden)");
    assert_eq!(following.ended(), (1, vec![]));
}

#[test]
fn a_gap_is_said_and_an_expired_token_is_the_end() {
    let gap = "event: gap\ndata: {\"reason\":\"expired\",\"after\":\"x-0\"}\nid: x-4\n\n";
    let stream = [STREAM, gap, &event("x-5", "five"), "event: expired\ndata: {}\n\n"].concat();
    let scripted = Scripted::answering([Answer::Silent(stream)]);
    let program = Program::new();
    let mut command = program.command(&["follow", "a", "--url", &scripted.url()]);
    let (code, out, notes) = ended(start(command.env("BELFRY_TOKEN", "t0ken")));
    assert_eq!((code, &*out), (1, "five\n"));
    assert_eq!(notes, "belfry: gap: expired, after x-0\nbelfry: the token has expired\n");
    assert_eq!(scripted.asked().header("authorization"), Some("bearer t0ken"));
}

#[test]
fn a_token_of_the_environment_that_is_not_accepted_is_done_without() {
    let refused = || {
        let problem = r#"{"title":"Unauthorized","status":401,"detail":"the token has expired"}"#;
        answer("401 Unauthorized", PROBLEM, problem)
    };
    let stream = || Answer::Silent(STREAM.to_owned() + &event("x-1", "one"));
    let program = Program::new();

    let scripted = Scripted::answering([refused(), stream()]);
    let mut command = program.command(&["follow", "a", "--count", "1", "--url", &scripted.url()]);
    let (code, out, notes) = ended(start(command.env("BELFRY_TOKEN", "t0ken")));
    assert_eq!((code, &*out), (0, "one\n"), "{notes}");
    assert_eq!(
        notes,
        "belfry: the server rejects BELFRY_TOKEN: the token has expired (401 Unauthorized); continuing \
         without it, with public events only\n"
    );
    assert_eq!(scripted.asked().header("authorization"), Some("bearer t0ken"));
    assert_eq!(scripted.asked().header("authorization"), None);

    // One that was said for this command is wanted.
    let scripted = Scripted::answering([refused()]);
    let mut command =
        program.command(&["follow", "a", "--token", "t0ken", "--url", &scripted.url()]);
    let (code, _, notes) = ended(start(command.env("BELFRY_TOKEN", "other")));
    assert_eq!((code, &*notes), (1, "belfry: the token has expired (401 Unauthorized)\n"));

    // Nothing is to be forgotten where nothing was said.
    let scripted = Scripted::answering([refused()]);
    let (code, _, notes) = run(&program, &["follow", "a", "--url", &scripted.url()]);
    assert_eq!((code, &*notes), (1, "belfry: the token has expired (401 Unauthorized)\n"));
}

#[test]
fn what_is_no_stream_is_not_followed() {
    let html = answer("200 OK", "content-type: text/html\r\n", "<html>");
    let scripted = Scripted::answering([html]);
    let url = scripted.url();
    let (code, _, notes) = run(&Program::new(), &["follow", "--url", &url, "a"]);
    assert_eq!((code, notes), (1, format!("belfry: {url} is not a Belfry server\n")));
}

#[test]
fn a_stream_that_has_fallen_silent_is_opened_again() {
    let scripted = Scripted::answering([
        Answer::Silent(STREAM.into()),
        Answer::Silent(STREAM.to_owned() + &event("x-1", "one")),
    ]);
    let url = scripted.url();
    let line = CommandLine::parse_from(["belfry", "follow", "--url", &url, "a", "--count", "1"]);
    let cli::Command::Follow(flags) = line.command() else { panic!() };
    let mut follow = Follow::from_flags(flags).unwrap();
    follow.silence = Duration::from_millis(200);
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    follow.run(&mut out, &mut notes).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "one\n");
    let notes = String::from_utf8(notes).unwrap();
    assert!(notes.starts_with("belfry: no data received for 200ms; retrying in "), "{notes}");
}
