//! Memory is bounded in total: a thousand readers that do not read and a thousand answers that nobody
//! takes, while others are served.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream},
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::{connection::Connection, program::Program, serving::Serving};

const MIB: u64 = 1 << 20;

/// What the budget is by default, and what all else may take.
const BUDGET: u64 = 256 * MIB;
const REST: u64 = 64 * MIB;

/// How many of each kind.
const EACH: u16 = 1000;

/// It is watched for so long, and longer where the machine is too busy to fill the budget by then.
const WATCHED: Duration = Duration::from_secs(10);
const AT_MOST: Duration = Duration::from_secs(20);

/// The longest that anything takes which has nothing to do with it, however busy the machine is.
const SOON: Duration = Duration::from_secs(10);

/// Asks from an address of its own, with a small buffer, and reads nothing.
fn ask(server: SocketAddr, number: u16, path: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let [high, low] = (number + 256).to_be_bytes();
    let from = SocketAddrV4::new(Ipv4Addr::new(127, 1, high, low), 0);
    socket.bind(&SocketAddr::V4(from).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream
}

/// Reads a stream up to some words, which have to come soon.
fn read_to(stream: &mut TcpStream, words: &str) {
    let (mut said, mut piece) = (String::new(), [0; 4096]);
    while !said.contains(words) {
        let read = stream.read(&mut piece).expect("it comes soon");
        assert!(read > 0, "the stream ended: {said}");
        said += std::str::from_utf8(&piece[..read]).unwrap();
    }
}

fn publish(publisher: &mut Connection, topic: &str, data: &str) -> String {
    publisher.publish(topic, data).unwrap().unwrap().id
}

/// How many bytes the program takes, by a field of what the kernel says of it.
fn memory(serving: &Serving, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    let kib = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() * 1024
}

#[test]
fn a_thousand_who_do_not_read_and_a_thousand_unread_answers_stay_within_the_budget() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data"]);
    let server = serving.address;
    let mut publisher = Connection::open(server, &program.token("data")).unwrap();
    let large = "a".repeat(1 << 20);
    let first = publish(&mut publisher, "big", &large);
    let begin = first.replace("-1", "-0");
    // Twice as much as the tail holds, so that what it takes is not counted below.
    let last = (0..20).map(|_| publish(&mut publisher, "big", &large)).last().unwrap();
    let token = program.token("data");
    Connection::open(server, &token).unwrap().replay("big", &begin, &last);
    let before = memory(&serving, "VmRSS");

    let mut reading = ask(server, 65_000, "/sse?topic=small");
    reading.set_read_timeout(Some(SOON)).unwrap();
    read_to(&mut reading, "retry:");
    let mut unread = Vec::new();
    for number in 0..EACH {
        let cursor =
            if number % 2 == 0 { format!("&last_event_id={begin}") } else { String::new() };
        unread.push(ask(server, number, &format!("/sse?topic=big{cursor}")));
        unread.push(ask(server, EACH + number, "/topics/big?limit=1000"));
    }
    let begun = Instant::now();
    let (mut rounds, mut slowest) = (0, Duration::ZERO);
    let grown = |field: &str| memory(&serving, field).saturating_sub(before);
    let is_full = || grown("VmHWM") > BUDGET / 2;
    while begun.elapsed() < WATCHED || (!is_full() && begun.elapsed() < AT_MOST) {
        if rounds % 10 == 0 {
            publish(&mut publisher, "big", &large);
        }
        let round = Instant::now();
        let id = publish(&mut publisher, "small", &rounds.to_string());
        read_to(&mut reading, &id);
        assert_eq!(publisher.ask("GET", "/healthz", "").unwrap().status, 200);
        slowest = slowest.max(round.elapsed());
        rounds += 1;
    }
    let (peak, now) = (grown("VmHWM"), grown("VmRSS"));
    println!(
        "{} MiB before, {} MiB more at most, {} MiB more now; {rounds} rounds, the slowest {slowest:?}",
        before / MIB,
        peak / MIB,
        now / MIB
    );
    assert!(peak <= BUDGET + REST, "it took {} MiB more", peak / MIB);
    // Not because nobody got anything.
    assert!(peak > BUDGET / 8, "it took only {} MiB more", peak / MIB);
    assert!(slowest < SOON, "others waited for {slowest:?}");
    drop(unread);
}
