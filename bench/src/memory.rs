//! How much memory a process and the kernel have in use.

use std::{net::SocketAddr, process::Command};

use crate::{Result, machine::text, process::Process};

const PAGE: u64 = 4096;

/// In bytes.
pub(crate) struct Memory {
    process: u64,
    slabs: u64,
    buffers: u64,
}

/// By how much it has grown, in bytes for each stream.
pub(crate) struct Grown {
    pub(crate) process: f64,
    /// Objects of the kernel.
    pub(crate) slabs: f64,
    /// What sockets hold that is not read yet.
    pub(crate) buffers: f64,
}

impl Memory {
    pub(crate) fn now(process: &Process) -> Result<Self> {
        Ok(Self { process: process.private_memory()?, slabs: slabs(), buffers: socket_buffers() })
    }

    pub(crate) fn since(&self, before: &Self, streams: usize) -> Grown {
        let each = |now: u64, before: u64| (now as f64 - before as f64) / streams as f64;
        Grown {
            process: each(self.process, before.process),
            slabs: each(self.slabs, before.slabs),
            buffers: each(self.buffers, before.buffers),
        }
    }
}

/// Objects of the kernel that are in use. Only root may read this; for others it stays nothing.
fn slabs() -> u64 {
    let text = text("/proc/slabinfo");
    // name, active objects, all objects, bytes of one
    let sizes = text.lines().skip(2).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let active: u64 = fields.next()?.parse().ok()?;
        Some(active * fields.nth(1)?.parse::<u64>().ok()?)
    });
    sizes.sum()
}

/// What sockets hold that is not read yet.
fn socket_buffers() -> u64 {
    let text = text("/proc/net/sockstat");
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"));
    let pages = line.and_then(|line| line.rsplit_once("mem ")?.1.trim().parse::<u64>().ok());
    pages.unwrap_or_default() * PAGE
}

/// Bytes that the kernel holds to be sent on the connections of a server, with what it keeps ready for
/// more, as `ss` says; none where that is missing.
pub(crate) fn send_queues(server: SocketAddr) -> Option<u64> {
    let port = format!(":{}", server.port());
    let mut ss = Command::new("ss");
    let said = ss.args(["-tmnH", "state", "established", "sport", "=", &port]).output().ok()?;
    Some(str::from_utf8(&said.stdout).ok()?.lines().filter_map(send_queue).sum())
}

/// Of a line such as `skmem:(r0,rb131072,t0,tb131072,f3968,w131200,o0,bl0,d0)`.
fn send_queue(line: &str) -> Option<u64> {
    let (_, fields) = line.split_once("skmem:(")?;
    let of =
        |name: char| fields.split(',').find_map(|field| field.strip_prefix(name)?.parse().ok());
    Some(of('f').unwrap_or(0) + of('w').unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::send_queue;

    #[test]
    fn a_send_queue_is_what_is_queued_and_what_is_kept_ready() {
        let line = "\t skmem:(r0,rb131072,t0,tb131072,f3968,w131200,o0,bl0,d0)";
        assert_eq!(send_queue(line), Some(135_168));
        assert_eq!(send_queue("0 0 127.0.0.1:80 127.0.0.1:1234"), None);
    }
}
