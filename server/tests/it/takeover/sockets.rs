//! Which sockets a successor gets, also where systemd opened them.

use std::{
    io::{Read, Write},
    net::TcpListener,
    os::unix::net::{UnixDatagram, UnixListener, UnixStream},
    process::Command,
    thread,
    time::Duration,
};

use rustix::process::Signal;

use super::SECOND;
use crate::{connection::Connection, program::Program, serving::Serving};

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

#[test]
fn a_file_that_another_program_has_put_in_the_place_of_a_socket_stays() {
    let program = Program::new();
    let unix = |name: &str| program.folder().join(name);
    let (gone, replaced) = (unix("gone.sock"), unix("replaced.sock"));
    let [at_gone, at_replaced] = [&gone, &replaced].map(|path| format!("unix:{}", path.display()));
    let arguments = ["--listen", &at_gone, "--listen", &at_replaced, "--data-dir", "data"];
    let serving = program.serves(&arguments);
    std::fs::remove_file(&gone).unwrap();
    std::fs::remove_file(&replaced).unwrap();
    let _others = UnixListener::bind(&replaced).unwrap();
    // It takes the one, and the other listens nowhere any more.
    let arguments = ["--takeover", "--listen", &at_gone, "--data-dir", "data"];
    let successor = program.serves(&arguments);
    assert_eq!(serving.ended().0, 0);
    assert!(replaced.exists());
    successor.signal(Signal::TERM);
    assert_eq!(successor.ended().0, 0);
    assert!(replaced.exists() && !gone.exists());
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
fn a_socket_that_systemd_opened_can_be_named_by_its_successor() {
    let program = Program::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let proxied = ["--proxy-protocol", &address, "--trusted-proxy", "127.0.0.1"];
    let serving = Serving::start(activated(&program, &socket, &proxied));
    let arguments = ["--takeover", "--site", ".", "--data-dir", "data", "--interval", "1h"];
    let arguments = [&arguments[..], &proxied].concat();
    let successor = Serving::start(program.command(&arguments));
    assert_eq!(successor.address, serving.address);
    assert_eq!(serving.ended().0, 0);
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
