//! The program as an operator meets it: flags, exit codes, signals, the log.

use std::{
    fs,
    io::{BufRead, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{serving::Serving, world::site_in};

/// The program in a folder of its own, with a site and the list of hashes beside it.
pub(crate) struct Program(TempDir);

impl Program {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        site_in(folder.path());
        fs::write(folder.path().join("big"), vec![b'.'; 32 << 20]).unwrap();
        // By a process of its own: what this one has open for writing, a child that another test
        // starts meanwhile has open too, and such a file cannot be run.
        let belfry = folder.path().join("belfry");
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_belfry")).arg(belfry).status();
        assert!(copied.unwrap().success());
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.0.path().join("belfry"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_clear().env("HOME", self.0.path());
        command
    }

    /// A line of shell that ends in the program.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(self.0.path()).stdin(Stdio::null());
        shell.env("XDG_DATA_HOME", self.0.path().join("data"));
        shell
    }

    /// Runs it to its end, which has to come within a second.
    pub(crate) fn ends(&self, arguments: &[&str]) -> (i32, String) {
        let begun = Instant::now();
        let Output { status, stderr, .. } = self.command(arguments).output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(1), "took {:?}", begun.elapsed());
        (status.code().unwrap(), String::from_utf8(stderr).unwrap())
    }

    /// A token for everything, by the key of a server that was started before.
    pub(crate) fn token(&self, data_dir: &str) -> String {
        let rights = ["--publish", "*", "--read", "*", "--purge", "*"];
        let arguments = [&["token", "--data-dir", data_dir][..], &rights].concat();
        let output = self.command(&arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub(crate) fn serves(&self, arguments: &[&str]) -> Serving {
        let arguments = [&["--listen", "127.0.0.1:0", "--site", "."], arguments].concat();
        Serving::start(self.command(&arguments))
    }
}

#[test]
fn bad_configuration_is_one_line_and_exit_code_2() {
    let program = Program::new();
    for (arguments, said) in [
        (
            &["--listen", "here"][..],
            r#"belfry: invalid value "here" for --listen: must have the form 127.0.0.1:3000"#,
        ),
        (
            &["--interval", "3"][..],
            r#"belfry: invalid value "3" for --interval: must be a number with a unit"#,
        ),
        (
            &["--data-dir", ""][..],
            r#"belfry: invalid value "" for --data-dir: must name a directory"#,
        ),
        (
            &["token", "--publish", "a", "--data-dir", ""][..],
            r#"belfry: invalid value "" for --data-dir: must name a directory"#,
        ),
        (
            &["--publish-deadline", "0s"][..],
            "belfry: invalid value \"0s\" for --publish-deadline: must be from 100ms",
        ),
        (&["--drain", "1s"][..], "belfry: invalid value \"1s\" for --drain: must be from 2s to 1h"),
        (
            &["--interval", "5ms"][..],
            r#"belfry: invalid value "5ms" for --interval: must be from 100ms to 1h"#,
        ),
        (&["--log", "server=loud"][..], r#"belfry: invalid value "server=loud" for --log: "#),
        (&["--lisen", "x"][..], "belfry: unexpected argument '--lisen' found; see belfry --help"),
        (&["--listen"][..], "belfry: a value is required for '--listen <ADDRESS>'"),
    ] {
        let (code, log) = program.ends(arguments);
        assert_eq!(code, 2, "{log}");
        assert!(log.starts_with(said), "{log:?} does not start with {said:?}");
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}

#[test]
fn what_keeps_it_from_serving_is_one_line_and_exit_code_1() {
    let program = Program::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, log) = program.ends(&["--site", ".", "--listen", &address]);
    assert_eq!(
        (code, log),
        (1, format!("belfry: cannot listen on {address}: Address already in use (os error 98)\n"))
    );

    let (code, log) = program.ends(&["--site", "nowhere"]);
    assert_eq!(code, 1);
    assert!(
        log.starts_with(
            "belfry: the site file nowhere/pkg/belfry.abc.js is missing; run `make build`, then start \
             belfry in the root of its repository, or pass the path of target/site as --site"
        ),
        "{log}"
    );
    assert_eq!(log.lines().count(), 1, "{log}");

    fs::remove_file(program.0.path().join("hash.txt")).unwrap();
    let (code, log) = program.ends(&["--site", "."]);
    assert_eq!(code, 1);
    assert!(
        log.contains("hash.txt: No such file or directory (os error 2); `make build`"),
        "{log}"
    );
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[test]
fn a_variable_stands_for_its_flag_and_is_named_where_it_is_wrong() {
    let program = Program::new();
    let said = |arguments: &[&str], variable: &str, value: &str| {
        let output = program.command(arguments).env(variable, value).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for (arguments, variable, value, wrong) in [
        (&[][..], "BELFRY_INTERVAL", "3", "3"),
        (&["serve"], "BELFRY_EPHEMERAL", "maybe", "maybe"),
        (&[], "BELFRY_RETAIN_TOPIC", "a=1,-,-;b", "b"),
        (&[], "LEPTOS_SITE_ADDR", "here", "here"),
        (&["follow", "a"], "BELFRY_URL", "ftp://a", "ftp://a"),
    ] {
        let (code, log) = said(arguments, variable, value);
        assert!(
            log.starts_with(&format!("belfry: invalid value \"{wrong}\" for {variable}: ")),
            "{log}"
        );
        assert_eq!(code, 2, "{log}");
    }
    let (_, log) = said(&["--listen", "there"], "BELFRY_LISTEN", "here");
    assert!(log.starts_with("belfry: invalid value \"there\" for --listen: "), "{log}");
    let (code, log) = said(&["token", "--read", "a"], "BELFRY_DATA_DIR", "nowhere");
    assert!(code == 1 && log.contains("nowhere/key"), "{log}");
    // An empty one is none.
    let (code, log) = said(&["token", "--read", "a"], "BELFRY_DATA_DIR", "");
    assert!(code == 1 && log.contains("/.local/share/belfry/key"), "{log}");
    let mut help = program.command(&["publish", "--help"]);
    let help = help.env("BELFRY_TOKEN", "t0ken").output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    assert!(help.contains("[env: BELFRY_TOKEN]") && !help.contains("t0ken"), "{help}");
}

#[test]
fn the_help_names_every_flag_variable_signal_and_exit_code() {
    let output = Program::new().command(&["--help"]).output().unwrap();
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn the_log_says_who_comes_and_goes() {
    let serving = Program::new().serves(&["--interval", "100ms"]);
    let first = serving.reader();
    let first_address = first.get_ref().local_addr().unwrap();
    let line = serving.logged("client connected");
    assert!(line.ends_with(&format!("address={first_address} readers=1")), "{line}");

    let second = serving.reader();
    let line = serving.logged("client connected");
    assert!(line.ends_with("readers=2"), "{line}");

    drop(first);
    let line = serving.logged("client disconnected");
    let (start, rest) = line.split_once(" duration_ms=").unwrap();
    assert!(start.ends_with(&format!("address={first_address}")), "{line}");
    let (duration_ms, rest) = rest.split_once(" events=").unwrap();
    duration_ms.parse::<u64>().unwrap();
    let (events, rest) = rest.split_once(' ').unwrap();
    assert!(events.parse::<u64>().unwrap() >= 2, "{line}");
    assert_eq!(rest, "readers=1");

    drop(second);
    let line = serving.logged("client disconnected");
    assert!(line.ends_with("readers=0"), "{line}");
}

#[test]
fn the_descriptor_limit_is_raised_as_far_as_is_allowed() {
    let program = Program::new();
    let serving = Serving::start(
        program.shell("ulimit -S -n 40; exec ./belfry --listen 127.0.0.1:0 --site ."),
    );
    let readers: Vec<_> = (0..100).map(|_| serving.reader()).collect();
    drop(readers);
}

#[test]
fn a_stdout_that_nobody_reads_is_no_reason_to_panic() {
    let program = Program::new();
    for arguments in [&["--help"][..], &["--site", ".", "--listen", "127.0.0.1:0"][..]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = program.command(arguments);
        let mut child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = child.stderr.take().unwrap();
        if arguments.len() > 1 {
            kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        }
        let mut said = String::new();
        log.read_to_string(&mut said).unwrap();
        child.wait().unwrap();
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_log_that_nobody_reads_does_not_stop_the_streams() {
    let program = Program::new();
    let serving = Serving::start(program.shell(
        "mkfifo log; sleep 30 < log & exec ./belfry --listen 127.0.0.1:0 --site . --interval 100ms 2> log",
    ));
    let mut reading = serving.reader();
    for _ in 0..2000 {
        drop(serving.reader());
    }
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert!(reading.read_line(&mut line).unwrap() > 0, "the stream ended");
    }
}

#[test]
fn sigterm_ends_the_streams_and_then_the_program() {
    let serving = Program::new().serves(&[]);
    let mut reader = serving.reader();
    serving.signal(Signal::TERM);
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the stream was cut instead of ended: {rest:?}");
    let (code, log) = serving.ended();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("client disconnected"), "{log}");
}

#[test]
fn sigint_ends_the_program_at_once() {
    let serving = Program::new().serves(&[]);
    let _reader = serving.reader();
    serving.signal(Signal::INT);
    assert_eq!(serving.ended().0, 0);
}

#[test]
fn a_second_signal_ends_a_drain_that_hangs() {
    let serving = Program::new().serves(&[]);
    // An answer that nobody reads is under way when the drain begins, and keeps it waiting.
    let mut stuck = TcpStream::connect(serving.address).unwrap();
    stuck.write_all(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut byte = [0];
    stuck.read_exact(&mut byte).unwrap();
    serving.signal(Signal::TERM);
    serving.logged("draining");
    let begun = Instant::now();
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended().0, 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
}
