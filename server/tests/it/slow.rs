//! A reader that is slow for long, and has much to catch up on, is not given up.

use std::{fmt::Write, time::Duration};

use belfry_hub::{
    Clock,
    event::{Draft, Topic},
    log::{Memory, Retention},
    tail,
};
use server::Config;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpSocket,
    time::{Instant, interval, timeout},
};

use crate::world::World;

const EVENTS: usize = 100_000;

/// 64 kbit/s, in tenths of a second.
const BYTES_A_TENTH: usize = 800;
const SLOW_FOR: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_at_64_kbit_s_is_not_cut_off_and_gets_100_000_events_once() {
    let clock = Clock::system();
    let few = tail::Bounds { events: 100, ..tail::Bounds::default() };
    let log = Memory::new(clock, Retention::default(), few);
    let world = World::with_log(clock, Duration::from_secs(3600), std::sync::Arc::new(log));
    let topic = Topic::new("a").unwrap();
    for number in 1..=EVENTS {
        let (topics, data) = (vec![topic.clone()], number.to_string());
        let draft = Draft { topics, event_type: None, data, private: false };
        world.hub.publish(draft, None).await.unwrap();
    }
    let (address, _serving) = world.serve(Config::default()).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let mut request = String::new();
    let begin = world.hub.log().cursor(0);
    write!(request, "GET /sse?topic=a&last_event_id={begin} HTTP/1.1\r\nHost: belfry\r\n\r\n")
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();

    let mut slowly = Vec::new();
    let (mut tenth, until) = (interval(Duration::from_millis(100)), Instant::now() + SLOW_FOR);
    while Instant::now() < until {
        tenth.tick().await;
        let mut piece = [0; BYTES_A_TENTH];
        stream.read_exact(&mut piece).await.unwrap();
        slowly.extend(piece);
    }
    let mut lines = BufReader::new(std::io::Cursor::new(slowly).chain(stream)).lines();
    let released = async {
        let mut expected = 1;
        while expected <= EVENTS {
            let line = lines.next_line().await.unwrap().expect("the stream was cut off");
            if let Some(data) = line.strip_prefix("data: ") {
                assert_eq!(data, expected.to_string());
                expected += 1;
            }
        }
    };
    timeout(Duration::from_secs(60), released).await.expect("the rest comes within a minute");
}
