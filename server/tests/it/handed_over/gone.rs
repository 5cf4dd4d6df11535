//! Readers that stop reading or vanish while a writer has their sockets.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use belfry_hub::Clock;
use server::Config;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};
use tracing::{Level, subscriber::set_default};

use super::{SECOND, until};
use crate::{hub::publish, transport::Transport, world::World};

/// A reader of `a` that a writer has, and that takes little before it reads.
async fn reading(world: &World, config: Config) -> TcpStream {
    let config = Config { send_buffer: 16 * 1024, ..config };
    let (address, _) = Transport::Writer.run(world.serve(config)).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    socket.write_all(b"GET /sse?topic=a HTTP/1.1\r\nHost: belfry\r\n\r\n").await.unwrap();
    until(&mut socket, "retry: ").await;
    socket
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn who_stops_reading_is_cut_counted_and_logged() {
    let log = Log::default();
    let lines = tracing_subscriber::fmt().with_ansi(false).with_writer({
        let log = log.clone();
        move || log.clone()
    });
    let _logging = set_default(lines.with_max_level(Level::DEBUG).finish());
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    let config = Config { write_stall: SECOND / 2, ..Config::default() };
    let socket = reading(&world, config).await;
    while world.hub.lag().readers == 0 {
        publish(&world, "a", &"x".repeat(2000)).await;
        // A log in memory does not wait.
        tokio::task::yield_now().await;
    }
    // A socket that takes no more may have room for a little again, without being read.
    for _ in 0..20 {
        publish(&world, "a", &"x".repeat(2000)).await;
    }
    world.until_reading(0, 5 * SECOND).await;
    let counted = world.hub.counters().read();
    assert_eq!((counted.stalled, counted.vanished, world.hub.lag().readers), (1, 0, 0));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let says = |line: &&str| {
        line.contains("connection failed") && line.contains("the client stopped reading")
    };
    let line = logged.lines().find(says).unwrap_or_else(|| panic!("{logged}"));
    let port = socket.local_addr().unwrap().port().to_string();
    assert!(line.contains(&format!("peer=127.0.0.1:{port} ")), "{line}");
}

#[tokio::test(start_paused = true)]
async fn who_has_vanished_is_gone_and_counted_though_nothing_is_sent_to_it() {
    let world = World::with_clock(Clock::system(), 3600 * SECOND);
    // Without a network that can be cut: whoever has not acknowledged something at once is taken for gone.
    let (vanished_after, write_stall) = (Duration::ZERO, 3600 * SECOND);
    let config = Config { vanished_after, write_stall, ..Config::default() };
    let _socket = reading(&world, config).await;
    // More than the reader takes, and less than its socket does.
    for _ in 0..6 {
        publish(&world, "a", &"x".repeat(2000)).await;
    }
    assert_eq!((world.hub.reading(), world.hub.lag().readers), (1, 0));
    // Before there is a heartbeat.
    world.until_reading(0, 10 * SECOND).await;
    let counted = world.hub.counters().read();
    assert_eq!((counted.stalled, counted.vanished), (0, 1));
}
