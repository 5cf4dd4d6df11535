//! How a program that serves ends: what its readers, those under way and systemd are told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixDatagram,
    process::Stdio,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Request, Response, header::HOST},
};
use futures::future::join_all;
use rustix::{
    process::{Resource, Rlimit, Signal, getrlimit, setrlimit},
    time::{ClockId, Timespec, clock_gettime},
};
use rustls::RootCertStore;

use crate::{
    connection::{Connection, begin_publish, finish_publish},
    program::Program,
    serving::Serving,
    transport::{Transport, on_each_transport, trusting},
    world::{next, text},
};

const SECOND: Duration = Duration::from_secs(1);

/// As many streams as there are descriptors for, at most a thousand.
pub(crate) fn streams() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let most = maximum.unwrap_or(u64::MAX).saturating_sub(200);
    usize::try_from(most).unwrap_or(usize::MAX).min(1000)
}

on_each_transport!(
    sockets
    a_thousand_readers_are_sent_away_at_once_and_come_back_one_by_one,
    curl_takes_the_end_of_its_stream_for_one,
);

/// A program that speaks as the test does, and the certificates to trust.
fn serving(program: &Program, arguments: &[&str]) -> (Serving, RootCertStore) {
    let writers = match Transport::current() {
        Transport::Http1 => Some("0"),
        Transport::Writer => Some("2"),
        _ => None,
    };
    if let Some(writers) = writers {
        let arguments = [&["--writers", writers], arguments].concat();
        return (program.serves(&arguments), RootCertStore::empty());
    }
    let tls = ["--tls-self-signed", "--data-dir", "data"];
    let serving = program.serves(&[&tls, arguments].concat());
    let trusted = trusting(&program.folder().join("data/self-signed.pem"));
    (serving, trusted)
}

/// Opens streams, as many over each connection as it takes at most, and reads each until its first event.
async fn readers(number: usize, serving: &Serving, trusted: &RootCertStore) -> Vec<Body> {
    let transport = Transport::current();
    let at_once = if transport == Transport::Http2OverTls { 100 } else { 1 };
    let mut readers = Vec::new();
    while readers.len() < number {
        let mut connected = transport.connect_with(serving.address, trusted).await;
        for _ in 0..at_once.min(number - readers.len()) {
            let request = Request::get("/sse").header(HOST, "localhost").body(Body::empty());
            let mut reader = connected.ask(request.unwrap()).await.into_body();
            let mut said = Vec::new();
            while !said.windows(6).any(|said| said == b"\ndata:") {
                said.extend(next(&mut reader).await.unwrap());
            }
            readers.push(reader);
        }
    }
    readers
}

/// What the rest of a stream says about when to come back, in milliseconds; fails if it is cut.
async fn retry_of(reader: Body) -> u64 {
    let rest = text(Response::new(reader)).await;
    let retry = rest.trim_end().rsplit("retry: ").next().unwrap();
    retry.parse().unwrap_or_else(|_| panic!("{rest:?} does not end in a retry"))
}

async fn a_thousand_readers_are_sent_away_at_once_and_come_back_one_by_one() {
    let (number, program) = (streams(), Program::new());
    let (serving, trusted) = serving(&program, &["--drain", "9s", "--interval", "1h"]);
    let readers = readers(number, &serving, &trusted).await;
    serving.signal(Signal::TERM);
    serving.logged("draining");
    let begun = Instant::now();
    while TcpStream::connect(serving.address).is_ok() {
        assert!(begun.elapsed() < 5 * SECOND, "it goes on accepting");
    }
    let mut retries = join_all(readers.into_iter().map(retry_of)).await;
    let (code, log) = serving.ended();
    assert_eq!(code, 0, "{log}");
    assert!(begun.elapsed() < 9 * SECOND, "took {:?}", begun.elapsed());
    assert!(!log.contains("timed out"), "{log}");

    retries.sort_unstable();
    assert!(retries[0] >= 1000 && *retries.last().unwrap() <= 9000, "{retries:?}");
    // Of a thousand about 125 come in each of the eight seconds.
    for second in 1..9_u64 {
        let within = second * 1000..(second + 1) * 1000;
        let come = retries.iter().filter(|retry| within.contains(retry)).count();
        assert!((number / 20..=number / 4).contains(&come), "{come} of {number} in {within:?}");
    }
}

async fn curl_takes_the_end_of_its_stream_for_one() {
    let program = Program::new();
    let (serving, _) = serving(&program, &[]);
    let port = serving.address.port();
    let (how, version) = match Transport::current() {
        Transport::Http1OverTls => ("--cacert data/self-signed.pem --http1.1 https", "1.1"),
        Transport::Http2OverTls => ("--cacert data/self-signed.pem --http2 https", "2"),
        _ => ("http", "1.1"),
    };
    let line = format!("exec curl -sSN -w 'over %{{http_version}}' {how}://localhost:{port}/sse");
    let mut curl = program.shell(&line);
    let mut curl = curl.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(curl.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0);
    }
    serving.signal(Signal::TERM);
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let ended = curl.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
    assert!(rest.contains("retry: "), "{rest}");
    assert!(rest.ends_with(&format!("over {version}")), "{rest}");
    assert_eq!(serving.ended().0, 0);
}

#[test]
fn a_publish_under_way_is_finished() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data"]);
    let token = program.token("data");
    let publishing = begin_publish(serving.address, &token);
    serving.signal(Signal::TERM);
    serving.logged("draining");
    finish_publish(publishing, b"whole");
    assert_eq!(serving.ended().0, 0);
    let serving = program.serves(&["--data-dir", "data"]);
    let history = Connection::open(serving.address, &token).unwrap().history("a", "");
    assert_eq!(history.iter().map(|(_, data)| &**data).collect::<Vec<_>>(), ["whole"]);
}

/// What systemd is told next.
fn told(socket: &UnixDatagram) -> String {
    let mut message = [0; 200];
    let length = socket.recv(&mut message).expect("nothing is told");
    str::from_utf8(&message[..length]).unwrap().trim_end().to_owned()
}

#[test]
fn systemd_is_told_when_everything_is_loaded_again() {
    let program = Program::new();
    for flags in [&[][..], &["--tls-self-signed"]] {
        let path = program.folder().join(format!("notify{}", flags.len()));
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(20 * SECOND)).unwrap();
        let mut command = program.command(&["--listen", "127.0.0.1:0", "--site", "."]);
        command.args(["--data-dir", "data"]).args(flags).env("NOTIFY_SOCKET", &path);
        let serving = Serving::start(command);
        assert_eq!(told(&socket), "READY=1");
        for _ in 0..2 {
            let before = clock_gettime(ClockId::Monotonic);
            serving.signal(Signal::HUP);
            let message = told(&socket);
            let (first, began) = message.split_once('\n').unwrap();
            assert_eq!(first, "RELOADING=1");
            let began: i64 = began.strip_prefix("MONOTONIC_USEC=").unwrap().parse().unwrap();
            let after = clock_gettime(ClockId::Monotonic);
            let micros = |at: Timespec| at.tv_sec * 1_000_000 + at.tv_nsec / 1_000;
            assert!((micros(before)..=micros(after)).contains(&began), "{began}");
            assert_eq!(told(&socket), "READY=1");
        }
    }
}

#[test]
fn who_has_said_nothing_is_not_waited_for() {
    let serving = Program::new().serves(&[]);
    let silent: Vec<_> = [&b""[..], b"PRI * HTTP/2.0\r\n"]
        .into_iter()
        .map(|bytes| {
            let mut socket = TcpStream::connect(serving.address).unwrap();
            socket.write_all(bytes).unwrap();
            socket
        })
        .collect();
    // Those before it have been accepted by then.
    drop(serving.reader());
    let begun = Instant::now();
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended().0, 0);
    assert!(begun.elapsed() < 5 * SECOND, "took {:?}", begun.elapsed());
    drop(silent);
}

#[test]
fn systemd_is_told_when_it_serves_that_it_lives_and_when_it_ends() {
    let program = Program::new();
    let socket = UnixDatagram::bind(program.folder().join("notify")).unwrap();
    socket.set_read_timeout(Some(20 * SECOND)).unwrap();
    let mut command = program.command(&["--listen", "127.0.0.1:0", "--site", "."]);
    command.env("NOTIFY_SOCKET", program.folder().join("notify")).env("WATCHDOG_USEC", "100000");
    let serving = Serving::start(command);
    assert_eq!(told(&socket), "READY=1");
    // It takes connections by then.
    TcpStream::connect(serving.address).unwrap();
    for _ in 0..3 {
        assert_eq!(told(&socket), "WATCHDOG=1");
    }
    serving.signal(Signal::TERM);
    while told(&socket) != "STOPPING=1" {}
    assert_eq!(serving.ended().0, 0);
}
