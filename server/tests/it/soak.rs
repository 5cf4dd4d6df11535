//! Memory and descriptors stay flat while readers come and go and some stall: for half a minute with many of
//! them, or with fewer for as long as `make soak` says.

use std::{
    collections::VecDeque,
    env, fs,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

use socket2::{Domain, SockRef, Socket, Type};

use crate::{connection::Connection, program::Program, serving::Serving};

/// How many read at once, and how many of those that have stalled are kept.
const READERS: usize = 100;
const STALLED: usize = 20;
/// One of so many stalls: 5 %.
const STALLS: usize = 20;

/// All events are of this size; before it begins, so many bytes of them are published: more than the tail
/// holds and the log retains, so that neither grows from then on.
const EVENT: usize = 16 << 10;
const FILL: usize = 48 << 20;
/// So many read them.
const FIRST: usize = 6;
const FLAGS: [&str; 10] = [
    "--data-dir",
    "data",
    "--retain",
    "-,-,8MiB",
    "--max-connection-rate",
    "off",
    "--max-publish-rate",
    "off",
    "--log",
    "warn",
];
/// Meanwhile, one is published so often: the sockets of those who have stalled are full within four seconds.
const PUBLISH_EVERY: Duration = Duration::from_millis(400);

/// It is looked at in five parts, and so often in each.
const PARTS: u32 = 5;
const SAMPLES: u32 = 20;
/// The median of the last part may be larger than that of the second by so much.
const MORE: f64 = 1.05;
const MORE_MIB: f64 = 4.0;

/// Until the server has closed what was left, even what it only notices by its deadlines.
const CLOSED_WITHIN: Duration = Duration::from_secs(90);

/// How long it takes, and how far apart readers come.
fn asked() -> (Duration, Duration) {
    match env::var("BELFRY_TEST_SOAK") {
        Ok(seconds) => {
            (Duration::from_secs(seconds.parse().unwrap()), Duration::from_secs(60) / 500)
        }
        Err(_) => (Duration::from_secs(30), Duration::from_millis(10)),
    }
}

/// Those who come and go.
struct Crowd {
    server: SocketAddr,
    publisher: Connection,
    /// The id of the last event.
    last: String,
    readers: VecDeque<TcpStream>,
    stalled: VecDeque<TcpStream>,
    come: usize,
}

impl Crowd {
    /// Nobody but who publishes.
    fn new(server: SocketAddr, token: &str) -> Self {
        let publisher = Connection::open(server, token).unwrap();
        let (readers, stalled) = (VecDeque::new(), VecDeque::new());
        let mut crowd = Self { server, publisher, last: String::new(), readers, stalled, come: 0 };
        crowd.publish();
        crowd
    }

    /// Fills log and tail, also with what the tail keeps of an event once somebody reads it.
    fn fill(&mut self) {
        (0..FIRST).for_each(|_| self.exchange());
        for _ in 0..FILL / EVENT {
            self.publish();
            self.read();
        }
    }

    fn publish(&mut self) {
        self.last = self.publisher.publish("soak", &".".repeat(EVENT)).unwrap().unwrap().id;
    }

    /// One more comes, and the first leaves where there are enough.
    fn exchange(&mut self) {
        self.come += 1;
        if self.come.is_multiple_of(STALLS) {
            self.stalled.push_back(open(self.server, 4096, "/sse?topic=soak"));
            self.stalled.drain(..self.stalled.len().saturating_sub(STALLED));
            return;
        }
        let path = match self.come % 3 {
            0 => "/sse".to_owned(),
            1 => "/sse?topic=soak&topic=readers".to_owned(),
            _ => format!("/sse?topic=soak&last_event_id={}", self.last),
        };
        let reader = open(self.server, 64 << 10, &path);
        reader.set_nonblocking(true).unwrap();
        self.readers.push_back(reader);
        if self.readers.len() > READERS {
            let leaving = self.readers.pop_front().unwrap();
            // Some end with a reset.
            let linger = self.come.is_multiple_of(4).then_some(Duration::ZERO);
            SockRef::from(&leaving).set_linger(linger).unwrap();
        }
    }

    /// The readers read what has come.
    fn read(&mut self) {
        let mut piece = [0; 16 << 10];
        for reader in &mut self.readers {
            loop {
                match reader.read(&mut piece) {
                    Ok(0) => panic!("a stream has ended"),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("a stream has ended: {error}"),
                }
            }
        }
    }

    /// Readers come and go for so long; returns the memory of the server meanwhile, in MiB.
    fn come_and_go(&mut self, serving: &Serving, length: Duration, apart: Duration) -> Vec<f64> {
        let begun = Instant::now();
        let (mut coming, mut publishing, mut sampling) = (begun, begun, begun);
        let mut memory = vec![];
        while begun.elapsed() < length {
            sleep(coming.saturating_duration_since(Instant::now()));
            coming += apart;
            self.exchange();
            self.read();
            if publishing.elapsed() > PUBLISH_EVERY {
                publishing = Instant::now();
                self.publish();
            }
            if sampling.elapsed() > length / SAMPLES {
                sampling = Instant::now();
                memory.push(memory_mib(serving));
            }
        }
        // However busy the machine is, there is one.
        memory.push(memory_mib(serving));
        memory
    }
}

/// Opens a stream on a connection that takes so many bytes which nobody reads.
fn open(server: SocketAddr, buffer: usize, path: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(buffer).unwrap();
    socket.connect(&server.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream
}

/// What the program takes, without its own file and others: how much of those is in memory depends on the
/// machine.
fn memory_mib(serving: &Serving) -> f64 {
    let sizes = fs::read_to_string(format!("/proc/{}/smaps_rollup", serving.id())).unwrap();
    let line = sizes.lines().find_map(|line| line.strip_prefix("Pss_Anon:")).unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024.0
}

fn descriptors(serving: &Serving) -> usize {
    fs::read_dir(format!("/proc/{}/fd", serving.id())).unwrap().count()
}

/// Waits until the program has just so many descriptors.
fn has_descriptors(serving: &Serving, wanted: usize) {
    let begun = Instant::now();
    while descriptors(serving) != wanted {
        let open = descriptors(serving);
        assert!(begun.elapsed() < CLOSED_WITHIN, "{open} descriptors are open, not {wanted}");
        sleep(Duration::from_millis(50));
    }
}

fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Whether what was taken in the last part is more than in the second, beyond what may be. In the first,
/// buffers and threads still grow to their size.
fn grows(parts: &[Vec<f64>]) -> bool {
    median(&parts[parts.len() - 1]) > median(&parts[1]) * MORE + MORE_MIB
}

#[test]
fn memory_and_descriptors_stay_flat_while_readers_come_and_go_and_some_stall() {
    let (length, apart) = asked();
    let program = Program::new();
    let serving = program.serves(&FLAGS);
    let mut crowd = Crowd::new(serving.address, &program.token("data"));
    let before = descriptors(&serving);
    crowd.fill();
    let mut parts = vec![];
    for part in 1..=PARTS {
        parts.push(crowd.come_and_go(&serving, length / PARTS, apart));
        crowd.stalled.clear();
        // Those who read are there, and nobody else.
        has_descriptors(&serving, before + crowd.readers.len());
        let memory = median(&parts[parts.len() - 1]);
        println!("part {part}: {memory:.1} MiB, {} have come", crowd.come);
    }
    crowd.readers.clear();
    has_descriptors(&serving, before);
    assert!(!grows(&parts), "its memory grows, in MiB: {parts:.1?}");
}

#[test]
fn memory_grows_that_is_larger_at_the_end_than_after_the_first_part() {
    let parts = |medians: [f64; 5]| medians.map(|median| vec![0.0, median, 1000.0]).to_vec();
    assert!(!grows(&parts([20.0, 60.0, 61.0, 64.0, 66.0])));
    assert!(grows(&parts([20.0, 60.0, 62.0, 65.0, 68.0])));
}
