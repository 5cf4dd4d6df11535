//! Thousands of clients that connect at once: the kernel drops none of them.

use std::{env, fs, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::program::Program;

/// How many; below the usual `somaxconn` of 4,096, so that it does not matter how fast they are accepted.
const CLIENTS: usize = 2000;

/// How often a queue of connections was full, in this network namespace.
fn overflows() -> (u64, u64) {
    let table = fs::read_to_string("/proc/net/netstat").unwrap();
    let mut lines = table.lines().filter_map(|line| line.strip_prefix("TcpExt: "));
    let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
    let of = |name| {
        let mut both = names.split(' ').zip(values.split(' '));
        both.find(|(found, _)| *found == name).unwrap().1.parse().unwrap()
    };
    (of("ListenOverflows"), of("ListenDrops"))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_accepted_and_greeted_and_the_kernel_drops_none() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let clients = env::var("BELFRY_TEST_BURST").map_or(CLIENTS, |number| number.parse().unwrap());
    let program = Program::new();
    let serving = program.serves(&["--ephemeral"]);
    let (address, before, begun) = (serving.address, overflows(), Instant::now());
    let mut greeted = JoinSet::new();
    for _ in 0..clients {
        greeted.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
            let mut beginning = [0; 12];
            stream.read_exact(&mut beginning).await.unwrap();
            assert_eq!(&beginning, b"HTTP/1.1 200");
            stream
        });
    }
    let streams = timeout(Duration::from_secs(120), greeted.join_all()).await.expect("some wait");
    assert_eq!(streams.len(), clients);
    assert_eq!(overflows(), before, "the kernel has dropped some");
    println!("{clients} were greeted within {:?}", begun.elapsed());
}
