//! The promise of a publish, seen in the system calls of the real program, and with some that fail.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{connection::Connection, program::Program, serving::Serving};

const BOUND: Duration = Duration::from_secs(20);

/// The program under `strace`, which stands beside it: killing the program ends both.
fn traced(program: &Program, arguments: &[&str]) -> Serving {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-q", "-o", "trace"]).args(arguments);
    command.args(["./belfry", "serve", "--listen", "127.0.0.1:0", "--site", "."]);
    command.args(["--data-dir", "data"]).current_dir(program.folder());
    Serving::start(command)
}

/// Kills the program, and returns the trace when it is whole.
fn trace_of(program: &Program, serving: Serving) -> String {
    drop(serving);
    let begun = Instant::now();
    loop {
        let trace = fs::read_to_string(program.folder().join("trace")).unwrap();
        // Of the thread that made the file; all are killed at once.
        let thread = trace.split_inclusive(' ').next().unwrap_or_default();
        let ended = |line: &str| line.starts_with(thread) && line.contains("+++ killed");
        if trace.lines().any(ended) {
            return trace;
        }
        assert!(begun.elapsed() < BOUND, "the trace has no end: {trace}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Each system call, with the lines of the trace where it began and where it was done.
struct Call {
    begun: usize,
    done: usize,
    text: String,
}

/// Reads a trace, and puts together what was interrupted by other threads.
fn calls(trace: &str) -> Vec<Call> {
    let (mut calls, mut open) = (Vec::new(), BTreeMap::new());
    for (line, text) in trace.lines().enumerate() {
        let Some((thread, text)) = text.split_once(' ') else { continue };
        let text = text.trim_start();
        if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
            open.insert(thread, (line, begun.to_owned()));
        } else if let Some((_, rest)) = text.split_once(" resumed>") {
            let Some((begun, text)) = open.remove(thread) else { continue };
            calls.push(Call { begun, done: line, text: text + rest });
        } else {
            calls.push(Call { begun: line, done: line, text: text.to_owned() });
        }
    }
    calls
}

#[test]
fn no_publish_is_answered_before_its_sync_has_returned() {
    let program = Program::new();
    let names =
        "trace=pwrite64,fdatasync,fsync,rename,renameat,renameat2,write,writev,sendto,sendmsg";
    let serving = traced(&program, &["-y", "-s", "20000", "-e", names]);
    let token = program.token("data");
    let publishers: Vec<_> = (0..4)
        .map(|publisher| {
            let mut connection = Connection::open(serving.address, &token).unwrap();
            let publish = move |number| {
                let data = format!("<{publisher} {number}>");
                let receipt = connection.publish("a", &data).unwrap().unwrap();
                (data, receipt.id)
            };
            thread::spawn(move || (0..20).map(publish).collect::<Vec<_>>())
        })
        .collect();
    let published: Vec<_> = publishers.into_iter().flat_map(|one| one.join().unwrap()).collect();
    let trace = trace_of(&program, serving);
    let calls = calls(&trace);
    let find = |what: &str, after: usize, fits: &dyn Fn(&str) -> bool| {
        let call = calls.iter().find(|call| call.begun > after && fits(&call.text));
        call.unwrap_or_else(|| panic!("{what}: not in the trace after line {after}: {trace}"))
    };
    // The file gets its name, and then the folder is synced.
    let named =
        find("the name", 0, &|call| call.starts_with("rename") && call.contains("log.redb"));
    let folder = |call: &str| call.starts_with("fsync(") && call.contains("/data>") && ok(call);
    let folder = find("the folder's sync", named.done, &folder);
    let used = find("its first use", named.done, &|call| call.starts_with("pwrite64("));
    assert!(folder.done < used.begun, "it is used before its name is on the disk: {trace}");
    for (data, id) in published {
        let written = find(&data, 0, &|call| call.starts_with("pwrite64(") && call.contains(&data));
        let synced = |call: &str| call.starts_with("fdatasync(") && ok(call);
        let synced = find("a sync", written.done, &synced);
        let answer =
            |call: &str| call.contains("HTTP/1.1 200") && call.contains(&format!("{id}\\\""));
        let answered = find("an answer", 0, &answer);
        assert!(answered.begun > synced.done, "{data} is answered too early");
    }
}

fn ok(call: &str) -> bool {
    call.trim_end().ends_with("= 0")
}

#[test]
fn where_syncs_fail_publishes_get_503_and_work_again_afterwards() {
    let program = Program::new();
    // Made without faults. They are counted by thread: these are of the one that writes, and recovers.
    let serving = program.serves(&["--data-dir", "data"]);
    serving.signal(Signal::TERM);
    serving.ended();
    let failing = "inject=fdatasync:error=EIO:when=4..10";
    let serving = traced(&program, &["-e", "trace=fdatasync", "-e", failing]);
    let token = program.token("data");
    let open = || Connection::open(serving.address, &token).unwrap();
    let (mut publisher, mut probe) = (open(), open());
    assert_eq!(probe.ask("GET", "/readyz", "").unwrap().status, 200);
    let (mut answered, mut refused, mut unready) = (Vec::new(), 0, 0);
    let begun = Instant::now();
    while answered.len() < 20 {
        assert!(begun.elapsed() < BOUND, "{answered:?}, {refused} refused, {unready} unready");
        let data = format!("{} after {refused}", answered.len());
        match publisher.publish("a", &data).unwrap() {
            Ok(receipt) => answered.push((receipt.id, data)),
            Err(answer) => {
                assert_eq!(answer.status, 503, "{answer:?}");
                assert!(answer.head.contains("application/problem+json"), "{answer:?}");
                refused += 1;
                let probed = probe.ask("GET", "/readyz", "").unwrap();
                assert!([200, 503].contains(&probed.status), "{probed:?}");
                unready += u32::from(probed.status == 503);
            }
        }
    }
    assert!(refused > 0 && unready > 0, "{refused} refused, {unready} unready");
    assert_eq!(probe.ask("GET", "/readyz", "").unwrap().status, 200);
    let there = open().history("a", "");
    let lost = answered.iter().find(|event| !there.contains(event));
    assert_eq!(lost, None, "{there:?}");
    let trace = trace_of(&program, serving);
    assert_eq!(trace.matches("(INJECTED)").count(), 7, "{trace}");
}
