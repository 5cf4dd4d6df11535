//! More connections than there may be: who is refused, and what works throughout.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{connection::Connection, program::Program, serving::Serving};

/// How many clients open a stream, and how many descriptors the server may have.
const CLIENTS: usize = 400;
const DESCRIPTORS: usize = 256;

fn open(server: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
    stream
}

/// The status of the answer.
fn status(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[test]
fn publishing_and_health_work_throughout_and_streams_without_room_get_503() {
    let program = Program::new();
    let line = format!(
        "ulimit -n {DESCRIPTORS}; exec ./belfry --listen 127.0.0.1:0 --site . --data-dir data"
    );
    let serving = Serving::start(program.shell(&line));
    let token = program.token("data");
    let publish = || {
        let mut publisher = Connection::open(serving.address, &token).unwrap();
        publisher.publish("a", "x").unwrap().unwrap();
    };
    let mut streams = Vec::new();
    for number in 0..CLIENTS {
        streams.push(open(serving.address, "/sse"));
        if number % 50 == 0 {
            publish();
            assert_eq!(status(&mut open(serving.address, "/healthz")), 200, "{number}");
        }
    }
    let statuses: Vec<u16> = streams.iter_mut().map(status).collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(200) + count(503), CLIENTS, "{statuses:?}");
    // A few descriptors were taken by what was not a stream at the time.
    let most = DESCRIPTORS - DESCRIPTORS / 4;
    assert!((most - 20..=most).contains(&count(200)), "{} have a stream", count(200));
    publish();
    assert_eq!(status(&mut open(serving.address, "/robots.txt")), 200);
    // What was not a stream has left a few places.
    let mut refused = open(serving.address, "/sse");
    while status(&mut refused) == 200 {
        streams.push(refused);
        assert!(streams.len() < 2 * CLIENTS, "nobody is refused");
        refused = open(serving.address, "/sse");
    }
    let mut said = String::new();
    refused.read_to_string(&mut said).unwrap();
    assert!(said.starts_with(" Service Unavailable\r\n"), "{said}");
    for part in ["retry-after: ", "connection: close\r\n", "application/problem+json"] {
        assert!(said.contains(part), "{said}");
    }
    // Who leaves makes room.
    drop(streams);
    let mut stream = open(serving.address, "/sse");
    for _ in 0..100 {
        if status(&mut stream) == 200 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
        stream = open(serving.address, "/sse");
    }
    panic!("nobody has made room");
}

#[test]
fn there_is_room_for_as_many_as_are_allowed_however_many_listeners_wait() {
    let program = Program::new();
    let more = ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"];
    let flags = ["--ephemeral", "--max-connections", "2"];
    let serving = program.serves(&[&flags[..], &more].concat());
    let mut streams = [(); 3].map(|()| {
        let mut stream = open(serving.address, "/sse");
        (status(&mut stream), stream)
    });
    assert_eq!(streams.each_mut().map(|(status, _)| *status), [200, 200, 503]);
}

#[test]
fn who_reads_the_metrics_takes_room_like_all_others() {
    let program = Program::new();
    let flags = ["--ephemeral", "--max-connections", "2", "--metrics", "127.0.0.1:0"];
    let serving = program.serves(&flags);
    let line = serving.logged("metrics are at http://");
    let metrics = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let metrics: SocketAddr = metrics.parse().unwrap();
    let mut held = open(metrics, "/healthz");
    assert_eq!(status(&mut held), 200);
    let mut streams = [(); 2].map(|()| {
        let mut stream = open(serving.address, "/sse");
        (status(&mut stream), stream)
    });
    assert_eq!(streams.each_mut().map(|(status, _)| *status), [200, 503]);
    // Beyond the limit too they are read, and the connection is closed.
    let mut answer = String::new();
    open(metrics, "/metrics").read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}
