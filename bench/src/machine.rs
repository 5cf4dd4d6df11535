//! Reads from `/proc` what the machine is, its processor time and memory.

use std::{
    fmt::{self, Display, Formatter},
    fs, thread,
};

use nix::sys::resource::{Resource, getrlimit};
use serde::Serialize;

/// What a run was measured on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    processor: String,
    processors: usize,
    memory_mib: u64,
    kernel: String,
    system: String,
    descriptors: u64,
}

/// Clock ticks a second, as Linux counts them for programs.
const TICKS: f64 = 100.0;

impl Machine {
    pub(crate) fn here() -> Self {
        let limit = getrlimit(Resource::RLIMIT_NOFILE);
        let release = text("/proc/sys/kernel/osrelease");
        Self {
            processor: field("/proc/cpuinfo", "model name", ':'),
            processors: processors() as usize,
            memory_mib: kib(&field("/proc/meminfo", "MemTotal", ':')) / 1024,
            kernel: release.split('-').next().unwrap_or_default().trim().into(),
            system: field("/etc/os-release", "PRETTY_NAME", '=').trim_matches('"').into(),
            descriptors: limit.map_or(0, |(_, hard)| hard),
        }
    }
}

/// A file's text, or nothing where there is no such file.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of the first line with that name.
fn field(path: &str, name: &str, separator: char) -> String {
    let text = text(path);
    let values = text.lines().filter_map(|line| line.split_once(separator));
    let value = values.into_iter().find(|(field, _)| field.trim() == name);
    value.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

fn kib(value: &str) -> u64 {
    value.trim_end_matches("kB").trim().parse().unwrap_or_default()
}

/// Seconds that the processors were idle, all together, since the machine started. The kernel measures
/// these, where of the busy ones it only takes samples.
pub(crate) fn idle_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    // user, nice, system, idle, iowait
    let fields = line.split_whitespace().skip(4).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// How many processors there are.
pub(crate) fn processors() -> f64 {
    thread::available_parallelism().map_or(1.0, |count| count.get() as f64)
}

/// What of this process is in memory, in KiB.
pub(crate) fn resident_kib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(f64::NAN)
}

/// The value below which so much of `sorted` lies, from 0 to 1.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let index = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

/// The median of several rounds, with the least and the most.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    pub(crate) fn of(rounds: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = rounds.collect();
        sorted.sort_by(f64::total_cmp);
        let [median, least, most] = [0.5, 0.0, 1.0].map(|part| quantile(&sorted, part));
        Self { median, least, most }
    }
}

impl Display for Spread {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let digits = formatter.precision().unwrap_or(2);
        let Self { median, least, most } = self;
        write!(formatter, "{median:.digits$} ({least:.digits$}–{most:.digits$})")
    }
}
