//! Real sockets: a thousand of them, one that closes, one that stops reading.

use std::{cell::Cell, net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::HOST},
};
use belfry_hub::Clock;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::Config;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    hub::publish,
    transport::{Transport, on_each_transport},
    world::World,
};

const SECOND: Duration = Duration::from_secs(1);

on_each_transport!(
    plain
    a_shutdown_with_1000_open_streams_takes_less_than_a_second,
    a_client_that_closes_is_gone_at_once,
    a_client_that_stops_reading_is_cut_after_its_writes_stall,
    a_client_that_reads_late_is_behind_until_it_has_all_in_order,
);

/// Opens a stream over a socket, and reads the beginning of the answer.
async fn reader(address: SocketAddr, socket: TcpSocket) -> TcpStream {
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(b"GET /sse HTTP/1.1\r\nHost: belfry\r\n\r\n").await.unwrap();
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.unwrap();
    assert_eq!(&beginning, b"HTTP/1.1 200");
    stream
}

async fn a_shutdown_with_1000_open_streams_takes_less_than_a_second() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let world = World::with_clock(Clock::system(), SECOND);
    let (address, serving) = world.serve(Config::default()).await;
    let mut readers = Vec::new();
    for _ in 0..1000 {
        readers.push(reader(address, TcpSocket::new_v4().unwrap()).await);
    }
    world.until_reading(1000, SECOND).await;

    world.shutdown.cancel();
    timeout(SECOND, serving).await.expect("still serving after a second").unwrap();
    assert_eq!(world.hub.reading(), 0);
    for mut reader in readers {
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(b"0\r\n\r\n"), "a stream was cut instead of ended");
    }
}

/// A shutdown while clients have connected, said this, and no more.
async fn shut_down_with_silent_clients(said: &[&[u8]]) {
    let world = World::with_clock(Clock::system(), SECOND);
    let (address, serving) = world.serve(Config::default()).await;
    let mut clients = Vec::new();
    for said in said {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(said).await.unwrap();
        clients.push(client);
    }
    // Who came before this one has been accepted.
    let request = Request::get("/healthz").header(HOST, "localhost").body(Body::empty()).unwrap();
    assert_eq!(Transport::current().ask(address, request).await.status(), StatusCode::OK);
    world.shutdown.cancel();
    timeout(5 * SECOND, serving).await.expect("silent clients are waited for").unwrap();
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_clients_that_say_nothing() {
    let silent = [&b""[..], b"P"];
    Transport::Http1.run(shut_down_with_silent_clients(&silent)).await;
    let shaking = [&b""[..], b"\x16\x03\x01\x02\x00\x01"];
    Transport::Http1OverTls.run(shut_down_with_silent_clients(&shaking)).await;
}

#[tokio::test]
async fn a_request_without_a_host_is_refused() {
    let world = World::with_clock(Clock::system(), SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

async fn a_client_that_closes_is_gone_at_once() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config::default()).await;
    let stream = reader(address, TcpSocket::new_v4().unwrap()).await;
    world.until_reading(1, SECOND).await;
    drop(stream);
    world.until_reading(0, SECOND).await;
}

async fn a_client_that_stops_reading_is_cut_after_its_writes_stall() {
    let world = World::with_clock(Clock::system(), Duration::from_millis(1));
    let config = Config {
        send_buffer: 16 * 1024,
        write_stall: Duration::from_millis(500),
        ..Config::default()
    };
    let (address, _) = world.serve(config).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let _stopped = reader(address, socket).await;
    let mut reading = reader(address, TcpSocket::new_v4().unwrap()).await;
    let draining = tokio::spawn(async move {
        let mut bytes = [0; 4096];
        while reading.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    });
    world.until_reading(2, SECOND).await;
    world.until_reading(1, 30 * SECOND).await;
    assert!(!draining.is_finished(), "who goes on reading was cut too");
    let counted = world.hub.counters().read();
    assert_eq!((counted.stalled, counted.vanished), (1, 0));
}

async fn a_client_that_reads_late_is_behind_until_it_has_all_in_order() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let (address, _) = world.serve(Config { send_buffer: 16 * 1024, ..Config::default() }).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(b"GET /sse?topic=a HTTP/1.1\r\nHost: belfry\r\n\r\n").await.unwrap();
        streams.push(BufReader::new(stream).lines());
    }
    world.until_reading(2, SECOND).await;
    // The next one.
    let published = Cell::new(0);
    let another = async || {
        published.set(published.get() + 1);
        let data = format!("{} {}", published.get(), "x".repeat(2000));
        publish(&world, "a", &data).await;
    };
    // Reads as far as that one, from some one on.
    let read = async |lines: &mut Lines<BufReader<TcpStream>>, from: u64| {
        for number in from..=published.get() {
            let begins = format!("data: {number} ");
            let event = async {
                while let Some(line) = lines.next_line().await.unwrap() {
                    if line.starts_with("data: ") {
                        assert!(line.starts_with(&begins), "{line:.20} comes instead of {number}");
                        return;
                    }
                }
                panic!("the stream ends before {number}");
            };
            timeout(5 * SECOND, event).await.expect("it does not come");
        }
    };
    // One reads all along, and the other not at all.
    let [late, reading] = &mut streams[..] else { panic!() };
    while world.hub.lag().events < 20 {
        another().await;
        assert!(published.get() < 5000, "nobody is behind");
        read(reading, published.get()).await;
    }
    assert_eq!(world.hub.lag().readers, 1);
    // A task has it by then.
    sleep(SECOND * 3 / 2).await;
    another().await;
    read(reading, published.get()).await;
    let lag = world.hub.lag();
    assert!(lag.readers == 1 && lag.events >= 20, "{lag:?}");
    read(late, 1).await;
    another().await;
    for one in &mut streams {
        read(one, published.get()).await;
    }
    let caught_up = async {
        while world.hub.lag().readers > 0 {
            sleep(SECOND / 100).await;
        }
    };
    timeout(SECOND, caught_up).await.expect("it counts as one that is behind for ever");
    // What is sent is counted afterwards.
    let delivered = || world.hub.counters().read().delivered;
    let counted = async {
        while delivered() < 2 * published.get() {
            sleep(SECOND / 100).await;
        }
    };
    timeout(SECOND, counted).await.expect("not all are counted");
    assert_eq!(delivered(), 2 * published.get());
}
