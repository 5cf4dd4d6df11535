//! The figures of this process that the client libraries of Prometheus agree on.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// This process, as the kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    /// Processor time since the start, in milliseconds.
    pub(super) cpu_ms: u64,
    /// Resident memory, in bytes.
    pub(super) resident: u64,
    /// Address space, in bytes.
    pub(super) address_space: u64,
    /// When it was started, in seconds since the Unix epoch.
    pub(super) started_s: u64,
    /// Open descriptors; `None` where that cannot be seen.
    pub(super) descriptors: Option<usize>,
    /// How many there may be.
    pub(super) most_descriptors: Option<usize>,
}

impl Process {
    /// Asks the kernel; `None` where it does not tell.
    pub(super) fn look() -> Option<Self> {
        let (mut system, this): (System, Pid) = (System::new().ok()?, get_current_pid().ok()?);
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[this]), false, what);
        let process = system.process(this)?;
        Some(Self {
            cpu_ms: process.accumulated_cpu_time(),
            resident: process.memory(),
            address_space: process.virtual_memory(),
            started_s: process.start_time(),
            descriptors: process.open_files(),
            most_descriptors: process.open_files_limit(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        time::{Duration, Instant, SystemTime, UNIX_EPOCH},
    };

    use super::*;

    #[test]
    fn its_figures_follow_what_it_does() {
        let before = Process::look().unwrap();
        let files: Vec<_> = (0..20).map(|_| File::open("/dev/null").unwrap()).collect();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(100) {
            std::hint::spin_loop();
        }
        let after = Process::look().unwrap();
        assert!(after.cpu_ms > before.cpu_ms, "{before:?} {after:?}");
        // Other tests open and close some meanwhile.
        assert!(after.descriptors.unwrap() >= files.len(), "{after:?}");
        assert!(after.most_descriptors >= after.descriptors, "{after:?}");
        assert!((100_000..after.address_space).contains(&after.resident), "{after:?}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now - 3600..=now).contains(&after.started_s), "{after:?}");
    }
}
