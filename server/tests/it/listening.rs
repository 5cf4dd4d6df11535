//! Where the program listens: several addresses, unix sockets, sockets that it is given.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt, net::UnixStream},
    },
    process::{Command, Stdio},
};

use rustix::process::Signal;

use crate::{program::Program, proxies::free_port, serving::Serving};

/// Asks for the time, and returns what comes back; the server closes.
fn asked(mut stream: impl Read + Write) -> String {
    let request = b"GET /api/time HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    answer
}

#[test]
fn it_listens_wherever_it_is_told() {
    let program = Program::new();
    let path = program.folder().join("belfry.sock");
    let unix = format!("unix:{}", path.display());
    let port = free_port();
    let (four, six) = (format!("0.0.0.0:{port}"), format!("[::]:{port}"));
    let listen = ["--listen", &four, "--listen", &six, "--listen", &unix, "--unix-mode", "600"];
    let serving = program.serves(&listen);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    asked(TcpStream::connect(serving.address).unwrap());
    asked(TcpStream::connect(("127.0.0.1", port)).unwrap());
    asked(TcpStream::connect(("::1", port)).unwrap());
    let mut reader = UnixStream::connect(&path).unwrap();
    asked(reader.try_clone().unwrap());
    reader = UnixStream::connect(&path).unwrap();
    reader.write_all(b"GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("data: ")), "the stream ended");

    serving.signal(Signal::TERM);
    assert_eq!(lines.last().unwrap(), "", "a stream was cut instead of ended");
    assert_eq!(serving.ended().0, 0);
    assert!(!path.exists(), "the socket was left behind");
}

#[test]
fn after_sigint_no_socket_is_left_behind_either() {
    let program = Program::new();
    let path = program.folder().join("belfry.sock");
    let serving = program.serves(&["--listen", &format!("unix:{}", path.display())]);
    asked(UnixStream::connect(&path).unwrap());
    serving.signal(Signal::INT);
    assert_eq!(serving.ended().0, 0);
    assert!(!path.exists());
}

#[test]
fn a_socket_that_is_passed_replaces_the_default() {
    let program = Program::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = socket.local_addr().unwrap();
    // systemd passes from the third descriptor on, and says which process is meant.
    let mut command = Command::new("sh");
    command.args(["-c", r#"LISTEN_FDS=1 LISTEN_PID=$$ exec ./belfry "$@" 3<&0 0</dev/null"#, "sh"]);
    command.args(["--site", ".", "--data-dir", "data"]).current_dir(program.folder());
    command.stdin(Stdio::from(OwnedFd::from(socket)));
    let serving = Serving::start(command);
    assert_eq!(serving.address, address);
    asked(TcpStream::connect(address).unwrap());
}
