//! What the kernel hides from the server, as systemd does with `ProcSubset=pid`.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use rustix::process::geteuid;
use wire::status::{Finding, Status, Trouble};

use crate::{program::Program, serving::Serving};

/// The next measurement that a server pushes.
fn measured(serving: &Serving) -> Status {
    let mut stream = TcpStream::connect(serving.address).unwrap();
    stream.write_all(b"GET /sse?topic=status HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let pushed = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
    serde_json::from_str(&pushed.expect("the stream ended")).unwrap()
}

#[test]
fn needs_root_what_the_kernel_hides_is_no_zero() {
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let program = Program::new();
    let seen = measured(&program.serves(&["--data-dir", "seen"]));
    assert!(seen.host.memory.is_some() && seen.host.cpu.is_some(), "{seen:?}");
    assert!(seen.host.load.is_some() && seen.belfry.memory.is_some(), "{seen:?}");

    let belfry = "exec ./belfry --listen 127.0.0.1:0 --site . --data-dir hidden";
    let hidden = format!("mount -t proc -o subset=pid proc /proc && {belfry}");
    let serving = Serving::start(program.shell(&format!("exec unshare --mount sh -c '{hidden}'")));
    let Status { host, belfry, findings, .. } = measured(&serving);
    assert_eq!((host.cpu, host.load, host.memory), (None, None, None));
    assert_eq!(host.cores, Vec::<f64>::new());
    // What does not stand in /proc is seen all the same.
    assert!(host.disk.is_some() && host.uptime_s > Some(0), "{host:?}");
    assert!(belfry.memory.is_some(), "{belfry:?}");
    let of_hidden = |one: &Finding| matches!(one.what, Trouble::Processor | Trouble::Memory);
    assert!(!findings.iter().any(of_hidden), "{findings:?}");
}
