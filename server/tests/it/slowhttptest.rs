//! Attacks by `slowhttptest`: it holds connections open by heads, bodies and reads that never end, while
//! others are served. A peer at a loopback address has no limit of its own, so only deadlines end them.

use std::{
    env, fs,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle, sleep},
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{connection::Connection, program::Program, serving::Serving};

/// How many connections, and how many more each second; `make slow` opens more.
const CONNECTIONS: usize = 200;

/// The longest that a request of somebody else takes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// How much later than its deadline a connection may end on a busy machine.
const LATE: u64 = 10;

/// What lingers after an early answer is closed after 5 s.
const LINGERS: u64 = 5;

/// One attack.
struct Attack<'a> {
    /// The flags of its mode.
    mode: &'a [&'a str],
    path: &'a str,
    /// By when each of its connections is closed, in seconds.
    within: u64,
}

/// How many connections to open; `None` where that is not asked for.
fn asked() -> Option<usize> {
    env::var("BELFRY_TEST_SLOW").ok().map(|number| number.parse().unwrap())
}

/// Opens a connection each 250 ms, publishes on it and asks whether the server is well; returns how often
/// that went well, and how long the slowest took.
fn visit(serving: &Serving, token: &str) -> (Arc<AtomicBool>, JoinHandle<(u32, Duration)>) {
    let (over, address, token) =
        (Arc::new(AtomicBool::new(false)), serving.address, token.to_owned());
    let until = over.clone();
    let visiting = thread::spawn(move || {
        let (mut visits, mut slowest) = (0, Duration::ZERO);
        while !until.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let mut connection = Connection::open(address, &token).unwrap();
            connection.publish("visits", "1").unwrap().unwrap();
            assert_eq!(connection.ask("GET", "/healthz", "").unwrap().status, 200);
            assert!(
                begun.elapsed() < ANSWERED_WITHIN,
                "{:?} after {visits} visits",
                begun.elapsed()
            );
            (visits, slowest) = (visits + 1, slowest.max(begun.elapsed()));
            sleep(Duration::from_millis(250));
        }
        (visits, slowest)
    });
    (over, visiting)
}

impl Attack<'_> {
    /// Attacks, and fails where a visitor is not served, or more than a hundredth of the connections is
    /// still open when all should be closed.
    fn is_withstood(&self, program: &Program, serving: &Serving, token: &str) {
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
        let connections = asked().unwrap_or(CONNECTIONS);
        let (number, rate) = (connections.to_string(), CONNECTIONS.to_string());
        let opened_within = connections.div_ceil(CONNECTIONS) as u64;
        let end = (opened_within + self.within + LATE).to_string();
        let url = format!("http://{}{}", serving.address, self.path);
        let (over, visiting) = visit(serving, token);
        let mut attack = Command::new("slowhttptest");
        attack.args(self.mode).args(["-c", &number, "-r", &rate, "-l", &end, "-p", "5"]);
        attack.args(["-u", &url, "-v", "1", "-g", "-o", "report"]).current_dir(program.folder());
        let output = attack.stdin(Stdio::null()).output().unwrap();
        over.store(true, Ordering::Relaxed);
        let (visits, slowest) = visiting.join().expect("a visitor was not served");
        let said = String::from_utf8_lossy(&output.stdout);

        let report = fs::read_to_string(program.folder().join("report.csv")).unwrap();
        let rows: Vec<Vec<usize>> = report.lines().skip(1).map(numbers).collect();
        let opened = rows.iter().map(|row| row[1] + row[3]).max().unwrap();
        assert!(opened * 100 >= connections * 99, "only {opened} were opened: {report}");
        let all = said.contains("No open connections left");
        let closed = if all { connections } else { rows.last().unwrap()[1] };
        println!(
            "{:?}: {closed} of {connections} closed within {} s; {visits} visits, the slowest {slowest:?}",
            self.mode,
            rows.len() - 1
        );
        assert!(
            closed * 100 >= connections * 99,
            "only {closed} of {connections}: {said}\n{report}"
        );
        // Its own visitor was served too.
        assert!(rows.iter().all(|row| row[4] > 0), "{report}");
    }
}

/// Seconds, how many are closed, pending and connected, and whether the server answers.
fn numbers(row: &str) -> Vec<usize> {
    row.split(',').map(|number| number.trim().parse().unwrap()).collect()
}

fn attacked() -> (Program, Serving, String) {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data"]);
    let token = program.token("data");
    (program, serving, token)
}

#[test]
fn heads_that_never_end_are_closed_after_10_s() {
    let (program, serving, token) = attacked();
    let mode = ["-H", "-i", "3"];
    Attack { mode: &mode, path: "/", within: 10 }.is_withstood(&program, &serving, &token);
}

#[test]
fn bodies_that_nobody_wants_are_closed_soon() {
    let (program, serving, token) = attacked();
    let mode = ["-B", "-i", "1"];
    let attack = Attack { mode: &mode, path: "/topics/a", within: LINGERS };
    attack.is_withstood(&program, &serving, &token);
}

/// A body that may be published has 30 s for each piece, and 180 s in all: a slow network needs that for a
/// large event. Only the holder of a token can use it up.
#[test]
fn bodies_that_never_end_are_closed_once_their_time_is_up() {
    let (program, serving, token) = attacked();
    // The tool has no flag for other headers.
    let kind = format!("text/plain\r\nAuthorization: Bearer {token}");
    // With a pause that is too long; or in pieces that are each in time.
    let (interval, within) = if asked().is_some() { ("10", 180) } else { ("40", 30) };
    let mode = ["-B", "-i", interval, "-f", &kind];
    let attack = Attack { mode: &mode, path: "/topics/a", within: within + LINGERS };
    attack.is_withstood(&program, &serving, &token);
}

/// The tool notices the end once it has read what lies in its own buffer, which takes it up to 10 s.
#[test]
fn readers_of_256_bytes_a_second_are_reset_after_30_s() {
    let (program, serving, token) = attacked();
    let mode = ["-X", "-n", "1", "-z", "256", "-w", "1", "-y", "512"];
    Attack { mode: &mode, path: "/big", within: 30 + 10 }.is_withstood(&program, &serving, &token);
}
