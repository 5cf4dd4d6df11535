//! How much memory a process and the kernel have in use.

use crate::{Result, machine::text, process::Process};

const PAGE: u64 = 4096;

/// In bytes.
pub(super) struct Memory {
    process: u64,
    kernel: u64,
}

/// By how much it has grown, for each stream.
pub(super) struct Grown {
    pub(super) process: f64,
    pub(super) kernel: f64,
}

impl Memory {
    pub(super) fn now(process: &Process) -> Result<Self> {
        Ok(Self { process: process.private_memory()?, kernel: slabs() + socket_buffers() })
    }

    pub(super) fn since(&self, before: &Self, streams: usize) -> Grown {
        let each = |now: u64, before: u64| (now as f64 - before as f64) / streams as f64;
        Grown {
            process: each(self.process, before.process),
            kernel: each(self.kernel, before.kernel),
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
