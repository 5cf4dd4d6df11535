//! Measures the machine that the server runs on: how busy and how full it is, by the kernel's counters.

use std::{
    net::IpAddr,
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::fs::statvfs;
use sysinfo::{
    Components, NetworkData, Networks, Pid, ProcessRefreshKind, ProcessesToUpdate, System,
    get_current_pid,
};
use wire::status::{Filled, Host};

use super::networks::{INTERFACES, counted};

/// Degrees Celsius beyond which no sensor of a running machine measures: some that measure nothing say 0,
/// 127 or 255.
const PLAUSIBLE: Range<f32> = 1.0..125.0;

/// What can be measured. Tests give one of their own.
pub trait Machine: Send + 'static {
    /// Measures. What is a rate, or a share of time, is one since the last look; it may take
    /// milliseconds, and wait for the disk.
    fn look(&mut self) -> Look;
}

/// What a look shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The machine.
    pub host: Host,
    /// Memory that this process has resident, in bytes; `None` where that cannot be seen.
    pub memory: Option<u64>,
}

/// The machine that this process runs on.
#[derive(Debug)]
pub struct ThisMachine {
    system: System,
    networks: Networks,
    sensors: Components,
    process: Pid,
    /// Where the log lies; `None` where it is in memory.
    folder: Option<PathBuf>,
    looked: Instant,
}

impl ThisMachine {
    /// Takes a first look, which the next counts from. `folder` is that of the log.
    ///
    /// # Errors
    /// Where the system does not say how it is.
    pub fn open(folder: Option<PathBuf>) -> Result<Self, sysinfo::Error> {
        let mut machine = Self {
            system: System::new()?,
            networks: Networks::new()?,
            sensors: Components::new()?,
            process: get_current_pid()?,
            folder,
            looked: Instant::now(),
        };
        machine.refresh();
        Ok(machine)
    }

    /// Reads all counters, and returns the time since they were read before.
    fn refresh(&mut self) -> Duration {
        let elapsed = self.looked.elapsed();
        self.looked = Instant::now();
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.networks.refresh(true);
        self.sensors.refresh(true);
        let (this, memory) = ([self.process], ProcessRefreshKind::nothing().with_memory());
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&this), false, memory);
        elapsed
    }

    /// Bytes per second over the networks that the machine is in, in and out; `None` where none can be
    /// seen.
    fn traffic(&self, elapsed: Duration) -> Option<(u64, u64)> {
        let names: Vec<_> =
            self.networks.iter().map(|(name, one)| (name.as_os_str(), is_network(one))).collect();
        if names.is_empty() {
            return None;
        }
        let counted = counted(Path::new(INTERFACES), &names);
        let bytes = counted.iter().filter_map(|name| self.networks.get(*name)).fold(
            (0_u64, 0_u64),
            |(received, sent), one| {
                (received.saturating_add(one.received()), sent.saturating_add(one.transmitted()))
            },
        );
        Some((per_second(bytes.0, elapsed), per_second(bytes.1, elapsed)))
    }

    fn disk(&self) -> Option<Filled> {
        let disk = statvfs(self.folder.as_ref()?).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        let used = disk.f_blocks.saturating_sub(disk.f_bfree);
        // As df does: what is reserved for the superuser is neither used nor there.
        Some(Filled { used: bytes(used), total: bytes(used.saturating_add(disk.f_bavail)) })
    }

    fn temperature(&self) -> Option<f64> {
        hottest(self.sensors.iter().filter_map(sysinfo::Component::temperature))
    }

    fn memory(&self) -> Option<Filled> {
        let (used, total) = (self.system.used_memory(), self.system.total_memory());
        // Where the kernel does not say, both are 0.
        (total > 0).then_some(Filled { used, total })
    }
}

impl Machine for ThisMachine {
    fn look(&mut self) -> Look {
        let elapsed = self.refresh();
        let load = System::load_average().ok();
        let (received, sent) = self.traffic(elapsed).unzip();
        let cores: Vec<_> = self.system.cpus().iter().map(|core| percent(core.usage())).collect();
        let host = Host {
            uptime_s: System::uptime().ok(),
            cpu: (!cores.is_empty()).then(|| percent(self.system.global_cpu_usage())),
            cores,
            load: load.map(|load| {
                [load.one, load.five, load.fifteen].map(|tasks| (tasks * 100.0).round() / 100.0)
            }),
            memory: self.memory(),
            disk: self.disk(),
            received,
            sent,
            temperature: self.temperature(),
        };
        let memory = self.system.process(self.process).map(sysinfo::Process::memory);
        Look { host, memory }
    }
}

/// The hottest of what sensors say; `None` where none says anything that can be.
fn hottest(degrees: impl Iterator<Item = f32>) -> Option<f64> {
    degrees.filter(|one| PLAUSIBLE.contains(one)).reduce(f32::max).map(|it| tenths(it.into()))
}

/// Whether the machine can be reached by it from elsewhere.
fn is_network(network: &NetworkData) -> bool {
    network.ip_networks().iter().any(|one| is_reachable(one.addr))
}

fn is_reachable(address: IpAddr) -> bool {
    let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
    !address.is_loopback() && !link_local
}

/// A count as a rate: what came in `elapsed`, however long that was. Nothing where that is no time.
fn per_second(count: u64, elapsed: Duration) -> u64 {
    let micros = elapsed.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

fn percent(value: f32) -> f64 {
    tenths(value.into()).clamp(0.0, 100.0)
}

/// To one decimal: more says nothing, and costs bytes. What is not a number is 0, as JSON has no way to write it.
pub(super) fn tenths(value: f64) -> f64 {
    if value.is_finite() { (value * 10.0).round() / 10.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_by_the_time_that_has_passed() {
        assert_eq!(per_second(3000, Duration::from_secs(3)), 1000);
        assert_eq!(per_second(3000, Duration::from_millis(1500)), 2000);
        assert_eq!(per_second(u64::MAX, Duration::ZERO), u64::MAX);
        assert_eq!(per_second(0, Duration::ZERO), 0);
    }

    #[test]
    fn a_number_is_as_short_as_it_is_exact() {
        assert_eq!(serde_json::to_string(&percent(12.345_678)).unwrap(), "12.3");
        assert_eq!([percent(f32::NAN), percent(-1.0), percent(200.0)], [0.0, 0.0, 100.0]);
    }

    #[test]
    fn this_machine_says_how_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut machine = ThisMachine::open(Some(folder.path().into())).unwrap();
        std::thread::sleep(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL);
        let Look { host, memory } = machine.look();
        assert!(!host.cores.is_empty() && host.uptime_s > Some(0), "{host:?}");
        for full in [host.memory, host.disk] {
            assert!(full.is_some_and(|it| it.total > 0 && it.used <= it.total), "{host:?}");
        }
        let percents = host.cores.iter().chain(&host.cpu);
        assert!(percents.into_iter().all(|one| (0.0..=100.0).contains(one)), "{host:?}");
        let total = host.memory.unwrap().total;
        assert!(memory.is_some_and(|it| (100_000..total).contains(&it)), "{memory:?}");
        let in_memory = ThisMachine::open(None).unwrap().look().host;
        assert_eq!(in_memory.disk, None);
    }

    #[test]
    fn what_no_sensor_measures_is_dropped() {
        let nonsense = [f32::NAN, f32::INFINITY, -273.0, 0.0, 127.0, 255.0, 65_261.8];
        assert_eq!(hottest(nonsense.into_iter()), None);
        assert_eq!(hottest(nonsense.into_iter().chain([41.0, 61.25])), Some(61.3));
    }

    #[test]
    fn free_is_what_an_unprivileged_process_can_use() {
        let folder = tempfile::tempdir().unwrap();
        let disk = ThisMachine::open(Some(folder.path().into())).unwrap().disk().unwrap();
        let said = statvfs(folder.path()).unwrap();
        let free = (disk.total - disk.used).abs_diff(said.f_bavail * said.f_frsize);
        // Others write meanwhile.
        assert!(free < 100 << 20, "{disk:?}");
    }

    #[test]
    fn loopback_is_no_network() {
        let mut networks = Networks::new().unwrap();
        networks.refresh(true);
        let loopback = networks.iter().find(|(name, _)| *name == "lo").unwrap().1;
        assert!(!is_network(loopback));
        for (address, reachable) in [
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("169.254.1.1", true),
            ("127.0.0.1", false),
            ("::1", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_reachable(address.parse().unwrap()), reachable, "{address}");
        }
    }
}
