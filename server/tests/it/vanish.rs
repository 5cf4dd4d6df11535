//! A client that vanishes: its packets are dropped, in network namespaces of the test's own.

use std::{
    process::{Command, Stdio, id},
    time::{Duration, Instant},
};

use rustix::process::geteuid;

use crate::{program::Program, serving::Serving};

/// Runs a command of the distribution, which has to succeed.
fn run(line: &str) {
    let mut words = line.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Two hosts with a cable between them; gone when dropped.
struct Hosts {
    server: String,
    client: String,
}

impl Hosts {
    fn new() -> Self {
        let hosts =
            Self { server: format!("belfry-s{}", id()), client: format!("belfry-c{}", id()) };
        let Self { server, client } = &hosts;
        run(&format!("ip netns add {server}"));
        run(&format!("ip netns add {client}"));
        run(&format!("ip link add cable netns {server} type veth peer name cable netns {client}"));
        for (host, address) in [(server, "192.0.2.1/24"), (client, "192.0.2.2/24")] {
            run(&format!("ip -n {host} address add {address} dev cable"));
            run(&format!("ip -n {host} link set cable up"));
            run(&format!("ip -n {host} link set lo up"));
        }
        hosts
    }

    /// A command that runs on a host.
    fn on(host: &str, command: &Command) -> Command {
        let mut on = Command::new("ip");
        on.args(["netns", "exec", host]).arg(command.get_program()).args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            on.current_dir(folder);
        }
        on
    }

    /// From now on nothing leaves the client's host and nothing reaches it, without a word.
    fn cut(&self) {
        let nft = |words: &str| run(&format!("ip netns exec {} nft add {words}", self.client));
        nft("table inet cut");
        for hook in ["input", "output"] {
            nft(&format!(
                "chain inet cut {hook} {{ type filter hook {hook} priority 0; policy drop; }}"
            ));
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in [&self.server, &self.client] {
            let _ = Command::new("ip").args(["netns", "delete", host]).status();
        }
    }
}

#[test]
fn needs_root_a_client_that_vanishes_is_gone_within_45_s() {
    // Where there is no root, `make unit` skips this by its name, unless it runs in CI.
    assert!(geteuid().is_root(), "needs root; or skip it: cargo test -- --skip needs_root");
    let hosts = Hosts::new();
    let program = Program::new();
    let flags = ["--listen", "192.0.2.1:0", "--site", ".", "--data-dir", "data"];
    let belfry = program.command(&[&flags[..], &["--metrics", "public"]].concat());
    let serving = Serving::start(Hosts::on(&hosts.server, &belfry));
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--no-buffer", &format!("http://{}/sse", serving.address)]);
    let mut reading = Hosts::on(&hosts.client, &curl).stdout(Stdio::null()).spawn().unwrap();
    serving.logged("client connected");

    hosts.cut();
    let begun = Instant::now();
    serving.logged_within("client disconnected", Duration::from_secs(60));
    let gone_after = begun.elapsed();
    reading.kill().unwrap();
    reading.wait().unwrap();
    assert!(gone_after < Duration::from_secs(45), "gone after {gone_after:?}");

    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "20", &format!("http://{}/metrics", serving.address)]);
    let metrics = Hosts::on(&hosts.server, &curl).output().unwrap().stdout;
    let metrics = String::from_utf8(metrics).unwrap();
    let counted = "belfry_connections_dropped_total{reason=\"vanished\"} 1\n";
    assert!(metrics.contains(counted), "{metrics}");
}
