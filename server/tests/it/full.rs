//! A full disk: publishes are refused, everything else goes on, and so do publishes once there is room.

use std::{
    fs::{self, File},
    io::{BufRead, Write},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Signal, geteuid};

use crate::{connection::Connection, program::Program, serving::Serving};

const BOUND: Duration = Duration::from_secs(20);

/// A volume in memory; unmounted when dropped.
pub(crate) struct Volume(PathBuf);

impl Volume {
    pub(crate) fn mount(folder: &Path, options: &str) -> Self {
        fs::create_dir(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
        assert!(mount.status().unwrap().success());
        Self(folder.into())
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: what still has a file open there may be about to end.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Writes zeroes until the disk is full but for `left` bytes.
fn fill(ballast: &Path, left: usize) {
    let mut file = File::create(ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length - left as u64).unwrap();
}

#[test]
fn needs_root_a_full_disk_refuses_publishes_and_nothing_else() {
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let program = Program::new();
    let _volume = Volume::mount(&program.folder().join("volume"), "size=24m");
    let serving = program.serves(&["--data-dir", "volume/data", "--interval", "100ms"]);
    let token = program.token("volume/data");
    let mut connection = Connection::open(serving.address, &token).unwrap();
    let mut answered = Vec::new();
    let mut publish = |connection: &mut Connection| {
        let data = format!("{} {}", answered.len(), "x".repeat(2000));
        let published = connection.publish("a", &data).unwrap();
        published.map(|receipt| answered.push((receipt.id, data)))
    };
    for _ in 0..50 {
        publish(&mut connection).unwrap();
    }
    let mut reader = serving.reader();
    let ballast = program.folder().join("volume/ballast");
    // Less than is asked for before a batch; and nothing at all.
    for left in [3 << 20, 0] {
        fill(&ballast, left);
        for _ in 0..10 {
            let refused = publish(&mut connection).unwrap_err();
            assert_eq!(refused.status, 507, "{refused:?}");
            assert!(refused.head.contains("application/problem+json"), "{refused:?}");
            assert!(refused.body.contains("no room"), "{refused:?}");
        }
        let unready = connection.ask("GET", "/readyz", "").unwrap();
        assert!(unready.status == 503 && unready.body.contains("the disk is full"), "{unready:?}");
        assert_eq!(connection.ask("GET", "/healthz", "").unwrap().status, 200);
        assert!(connection.history("a", "").len() >= 50);
        let mut line = String::new();
        for _ in 0..9 {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended");
        }
        fs::remove_file(&ballast).unwrap();
        let begun = Instant::now();
        while let Err(refused) = publish(&mut connection) {
            assert!(begun.elapsed() < BOUND, "there is room again, but {refused:?}");
        }
        assert_eq!(connection.ask("GET", "/readyz", "").unwrap().status, 200);
    }
    drop(serving);
    // As it is opened again, the disk is full again.
    fill(&ballast, 0);
    let serving = program.serves(&["--data-dir", "volume/data"]);
    let mut connection = Connection::open(serving.address, &token).unwrap();
    assert_eq!(connection.history("a", ""), answered);
}

#[test]
fn needs_root_publishes_until_the_disk_is_full_are_kept() {
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let program = Program::new();
    let _volume = Volume::mount(&program.folder().join("volume"), "size=12m");
    let serving = program.serves(&["--data-dir", "volume/data"]);
    let token = program.token("volume/data");
    let mut connection = Connection::open(serving.address, &token).unwrap();
    let mut answered = Vec::new();
    let refused = loop {
        let data = format!("{} {}", answered.len(), "x".repeat(60_000));
        match connection.publish("a", &data).unwrap() {
            Ok(receipt) => answered.push((receipt.id, data)),
            Err(refused) => break refused,
        }
    };
    assert!(refused.status == 507 && answered.len() > 20, "{}: {refused:?}", answered.len());
    assert_eq!(connection.history("a", ""), answered);
    drop(serving);
    let serving = program.serves(&["--data-dir", "volume/data"]);
    let mut connection = Connection::open(serving.address, &token).unwrap();
    assert_eq!(connection.history("a", ""), answered);
    // Removing makes room, in the file.
    let removed = connection.ask("DELETE", "/topics/a", "").unwrap();
    assert!(removed.body.contains(&answered.len().to_string()), "{removed:?}");
}

#[test]
fn a_limit_of_file_sizes_is_a_full_disk() {
    let program = Program::new();
    let limited = "ulimit -f 65536; exec ./belfry --listen 127.0.0.1:0 --site . --data-dir data";
    let serving = Serving::start(program.shell(limited));
    let token = program.token("data");
    let mut connection = Connection::open(serving.address, &token).unwrap();
    let mut answered = Vec::new();
    let refused = loop {
        assert!(answered.len() < 1000, "there is no limit");
        let data = format!("{} {}", answered.len(), "x".repeat(60_000));
        match connection.publish("a", &data).unwrap() {
            Ok(receipt) => answered.push((receipt.id, data)),
            Err(refused) => break refused,
        }
    };
    assert!(refused.status == 507 && refused.body.contains("no room"), "{refused:?}");
    assert!(answered.len() > 20, "{}", answered.len());
    assert_eq!(connection.history("a", ""), answered);
    // Lower than where the log writes when it is closed: that fails too, and is survived.
    serving.limit_file_sizes(4096);
    assert_eq!(connection.publish("a", "1").unwrap().unwrap_err().status, 507);
    assert_eq!(connection.ask("GET", "/readyz", "").unwrap().status, 503);
    serving.signal(Signal::TERM);
    let (code, log) = serving.ended();
    assert_eq!(code, 0, "{log}");
}
