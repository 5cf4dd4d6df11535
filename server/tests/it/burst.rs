//! Thousands of clients that connect at once, and again after a crash: the kernel drops none of them, and
//! none misses anything.

use std::{env, fs, net::SocketAddr, process::Command, sync::Arc, time::Duration};

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{connection::Connection, program::Program, serving::Serving};

/// How many, where there are descriptors for so many; below the usual `somaxconn` of 4,096, so that it does
/// not matter how fast they are accepted.
const CLIENTS: u64 = 2000;

/// How many where `somaxconn` is the test's own.
const MANY: u64 = 5000;

/// What this process has open beside them.
const OTHERS: u64 = 200;

/// The longest that all of them wait.
const BOUND: Duration = Duration::from_secs(120);

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

/// How many clients there can be: the program has descriptors of its own.
fn clients() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let wanted = env::var("BELFRY_TEST_BURST").map_or(CLIENTS, |number| number.parse().unwrap());
    wanted.min(maximum.unwrap_or(u64::MAX).saturating_sub(OTHERS))
}

/// A stream, and the data of its events after a cursor, until an event has this id.
async fn follow(
    address: SocketAddr,
    after: &str,
    through: &str,
) -> (BufReader<TcpStream>, Vec<String>) {
    let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
    // Without chunks.
    let request = format!("GET /sse?topic=news HTTP/1.0\r\nLast-Event-ID: {after}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut line, mut heard) = (String::new(), Vec::new());
    loop {
        line.clear();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "the stream ended: {heard:?}");
        assert!(!line.starts_with("event: gap"), "a gap after {heard:?}");
        if let Some(data) = line.strip_prefix("data: ") {
            heard.push(data.trim_end().to_owned());
        }
        if line.strip_prefix("id: ").is_some_and(|id| id.trim_end() == through) {
            return (stream, heard);
        }
    }
}

/// Connects all of them at once, and returns their streams once each has heard what comes between.
async fn come(
    clients: u64,
    address: SocketAddr,
    [after, through]: [&str; 2],
    expected: &'static [&str],
) -> Vec<BufReader<TcpStream>> {
    let (before, begun) = (overflows(), Instant::now());
    let (after, through) = (Arc::<str>::from(after), Arc::<str>::from(through));
    let mut coming = JoinSet::new();
    for _ in 0..clients {
        let (after, through) = (after.clone(), through.clone());
        coming.spawn(async move {
            let (stream, heard) = follow(address, &after, &through).await;
            assert_eq!(heard, expected);
            stream
        });
    }
    let streams = timeout(BOUND, coming.join_all()).await.expect("some wait");
    assert_eq!(overflows(), before, "the kernel has dropped some");
    println!("{clients} have heard {expected:?} within {:?}", begun.elapsed());
    streams
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_greeted_and_after_a_crash_resumed_and_the_kernel_drops_none() {
    let (program, clients) = (Program::new(), clients());
    let serving = program.serves(&["--data-dir", "data"]);
    let (address, token) = (serving.address, program.token("data"));
    let publish = |data: &str| {
        let mut connection = Connection::open(address, &token).unwrap();
        connection.publish("news", data).unwrap().unwrap().id
    };
    let (first, second) = (publish("1"), publish("2"));
    let streams = come(clients, address, [&first, &second], &["2"]).await;

    // Killed, without a word.
    drop(serving);
    let address_again = address.to_string();
    let again = ["--site", ".", "--data-dir", "data", "--listen", &address_again];
    let _serving = Serving::start(program.command(&again));
    drop(streams);
    publish("3");
    let last = publish("4");
    come(clients, address, [&second, &last], &["3", "4"]).await;
}

/// The same test with more clients, in a network namespace of its own.
#[test]
fn needs_root_all_five_thousand_are_greeted_and_resumed() {
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let here = env::current_exe().unwrap();
    let test = "burst::all_are_greeted_and_after_a_crash_resumed_and_the_kernel_drops_none";
    let inside = "ip link set lo up && echo 8192 > /proc/sys/net/core/somaxconn && exec \"$@\"";
    let mut within = Command::new("unshare");
    within.args(["--net", "sh", "-c", inside, "sh"]).arg(here);
    within.args(["--exact", test, "--nocapture"]).env("BELFRY_TEST_BURST", MANY.to_string());
    let output = within.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
}
