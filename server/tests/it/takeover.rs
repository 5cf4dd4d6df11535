//! A takeover: a server takes the place of another, and whoever is served does not notice.

mod client;
mod load;
mod over_http2;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixDatagram, UnixStream},
    },
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rustix::process::{Signal, geteuid};

use crate::{connection::Connection, program::Program, serving::Serving};

/// How many successors are killed, each a little later after its start.
const ROUNDS: u64 = 24;

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
    // The server waits for the body of a publish.
    let mut publishing = TcpStream::connect(serving.address).unwrap();
    publishing.set_read_timeout(Some(20 * SECOND)).unwrap();
    let head = format!(
        "POST /topics/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    );
    publishing.write_all(head.as_bytes()).unwrap();
    let mut publishing = BufReader::new(publishing);
    let mut line = String::new();
    publishing.read_line(&mut line).unwrap();

    let successor = successor_of(&program, &serving, &[]);
    serving.logged("handed over");
    let mut new = connection(&successor, &token);
    new.publish("a", "two").unwrap().unwrap();
    let mut answers = kept.iter_mut();
    let published = answers.next().unwrap().ask("POST", "/topics/a", "three").unwrap();
    assert!(published.status == 200 && published.head.contains("connection: close"));
    publishing.get_mut().write_all(b"whole").unwrap();
    let mut answer = String::new();
    publishing.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 200 "), "{answer}");
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
    assert!(code == 0 && log.contains("the takeover failed; going on as before"), "{log}");
    assert!(!path.exists());
}

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
            "the takeover failed; going on"
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
    assert!(log.contains("it belongs to the user 65534"), "{log}");
    let mut by_hand = ByHand::connect(&program);
    // The server may have closed it by now.
    let _ = by_hand.0.write_all(b"\0\0\0\x17{\"Hello\":{\"version\":1}}");
    let mut nothing = Vec::new();
    let _ = by_hand.0.read_to_end(&mut nothing);
    assert_eq!(nothing, b"");
    serving.logged("refused a takeover by another user");
}

#[test]
fn sockets_are_matched_with_what_is_configured_now() {
    let program = Program::new();
    let unix = |name: &str| program.folder().join(name);
    let (kept, left, new) = (unix("kept.sock"), unix("left.sock"), unix("new.sock"));
    let [at_kept, at_left, at_new] =
        [&kept, &left, &new].map(|path| format!("unix:{}", path.display()));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ends = ["--data-dir", "data", "--metrics", &free, "--interval", "1h"];
    let arguments = [&["--listen", &at_kept, "--listen", &at_left][..], &ends].concat();
    let serving = program.serves(&arguments);
    let arguments =
        [&["--takeover", "--listen", &at_kept, "--listen", &at_new][..], &ends].concat();
    let successor = program.serves(&arguments);
    assert_eq!(successor.address, serving.address);
    assert_eq!(serving.ended().0, 0);
    let asked = |mut stream: UnixStream| {
        let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    };
    asked(UnixStream::connect(&kept).unwrap());
    asked(UnixStream::connect(&new).unwrap());
    UnixStream::connect(&left).unwrap_err();
    assert!(!left.exists());
    let mut scraped = Connection::open(free.parse().unwrap(), "none").unwrap();
    assert_eq!(scraped.ask("GET", "/metrics", "").unwrap().status, 200);
    successor.signal(Signal::TERM);
    assert_eq!(successor.ended().0, 0);
    assert!(!kept.exists() && !new.exists());
}

/// A program with a socket as its third descriptor, as systemd starts one.
fn activated(program: &Program, socket: &TcpListener, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"LISTEN_FDS=1 LISTEN_PID=$$ exec ./belfry "$@" 3<&0 0</dev/null"#, "sh"]);
    command.args(["--site", ".", "--data-dir", "data", "--interval", "1h"]).args(arguments);
    command.current_dir(program.folder());
    command.stdin(std::os::fd::OwnedFd::from(socket.try_clone().unwrap()));
    command
}

#[test]
fn a_socket_that_systemd_opened_is_passed_on() {
    let program = Program::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let notified = UnixDatagram::bind(program.folder().join("notify")).unwrap();
    notified.set_read_timeout(Some(20 * SECOND)).unwrap();
    let told = || {
        let mut message = [0; 200];
        let length = notified.recv(&mut message).expect("nothing is told");
        String::from_utf8(message[..length].to_vec()).unwrap().trim_end().to_owned()
    };
    let mut command = activated(&program, &socket, &[]);
    command.env("NOTIFY_SOCKET", program.folder().join("notify")).env("WATCHDOG_USEC", "200000");
    let serving = Serving::start(command);
    while told() != "READY=1" {}
    // As `ExecReload=` starts it: without what systemd tells the main process alone.
    let arguments = ["--takeover", "--site", ".", "--data-dir", "data", "--interval", "1h"];
    let successor = Serving::start(program.command(&arguments));
    assert_eq!(successor.address, socket.local_addr().unwrap());
    let (mut main, mut ready) = (false, false);
    while !(main && ready) {
        let told = told();
        main |= told == format!("MAINPID={}", successor.id());
        ready |= told == "READY=1";
        assert_ne!(told, "STOPPING=1");
    }
    let (code, log) = serving.ended();
    assert!(code == 0 && !log.contains("timed out"), "{log}");
    // What comes from now on comes from the successor.
    notified.set_nonblocking(true).unwrap();
    while notified.recv(&mut [0; 200]).is_ok() {}
    notified.set_nonblocking(false).unwrap();
    assert_eq!(told(), "WATCHDOG=1");
}

#[test]
fn a_restart_behind_a_socket_of_systemd_loses_no_connection() {
    let program = Program::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut serving = Serving::start(activated(&program, &socket, &[]));
    let address = serving.address;
    let clients: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(move || {
                for number in 0..150 {
                    let mut connection = Connection::open(address, "none").unwrap();
                    let answered = connection.ask("GET", "/healthz", "");
                    assert_eq!(answered.unwrap().status, 200, "request {number}");
                    thread::sleep(Duration::from_millis(10));
                }
            })
        })
        .collect();
    for _ in 0..2 {
        thread::sleep(Duration::from_millis(400));
        serving.signal(Signal::TERM);
        assert_eq!(serving.ended().0, 0);
        serving = Serving::start(activated(&program, &socket, &[]));
    }
    for client in clients {
        client.join().unwrap();
    }
}
