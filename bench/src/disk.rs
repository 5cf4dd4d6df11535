//! Measures the disk's own speed: how many syncs a second it can do for any program.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

const FOR: Duration = Duration::from_secs(2);
const PAGE: usize = 4096;
const PAGES: u64 = 4096;

/// How many times a second a page that is written over in a folder reaches the disk.
pub(crate) fn syncs_per_second(folder: &Path) -> io::Result<f64> {
    let file = File::create(folder.join("syncs"))?;
    for page in 0..PAGES {
        file.write_all_at(&[0; PAGE], page * PAGE as u64)?;
    }
    file.sync_all()?;
    let (begun, mut syncs) = (Instant::now(), 0_u32);
    while begun.elapsed() < FOR {
        file.write_all_at(&[1; PAGE], fastrand::u64(..PAGES) * PAGE as u64)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / begun.elapsed().as_secs_f64())
}
