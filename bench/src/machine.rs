//! Reads the machine's processor time and memory from `/proc`.

use std::{
    fmt::{self, Display, Formatter},
    fs, thread,
};

/// Clock ticks a second, as Linux counts them for programs.
const TICKS: f64 = 100.0;

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
#[derive(Clone, Copy, Debug)]
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
