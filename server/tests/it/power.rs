//! The log on a disk that may lose power at any moment: what was promised is there when it is back.

use std::{fs, ops::Range, time::Instant};

use belfry_hub::{
    Clock,
    log::{Embedded, Retention},
    tail,
};
use fastrand::Rng;
use tempfile::TempDir;

use crate::{
    disk::{Disk, Fault, Kind},
    life::{Life, open},
};

/// Lives on a disk until it loses power, and gives back what is left of it then.
async fn live(life: &Life, disk: &Disk) -> Disk {
    if let Ok(log) = open(disk) {
        life.go_on(&log, disk).await;
    }
    let left = disk.after_cut();
    // A copy is looked at: what the next life finds must not have been mended.
    let opened = open(&left.copy());
    let opened = opened.unwrap_or_else(|why| panic!("{}: not opened: {why}", life.name));
    life.is_kept_by(&opened).await;
    left
}

/// The same in a folder, where a file is looked at before it is opened for writing.
async fn look_in_folder(life: &Life, left: &Disk) {
    let Some(file) = left.file() else { return };
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("log.redb"), file).unwrap();
    let log = Embedded::open(
        folder.path(),
        Clock::system(),
        Retention::default(),
        tail::Bounds::default(),
    );
    let log = log.unwrap_or_else(|why| panic!("{}: not opened: {why}", life.name));
    life.is_kept_by(&log).await;
}

#[test]
fn a_power_cut_at_any_operation_loses_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let begun = Instant::now();
    for nth in 1.. {
        let life = Life::named(format!("the power is cut at {nth}"));
        let disk = Disk::new(nth);
        disk.cut_at(nth);
        let left = runtime.block_on(live(&life, &disk));
        if disk.has_power() {
            println!("{nth} operations in {:?}", begun.elapsed());
            assert!(nth > 100, "only {nth}");
            break;
        }
        runtime.block_on(look_in_folder(&life, &left));
        // Once more, while it is repaired or soon after.
        left.cut_at(1 + nth % 40);
        runtime.block_on(live(&life, &left));
    }
}

/// Lets a disk for each seed lose power several times, after syncs that failed, and as it is repaired.
fn cut_in_a_row(seeds: Range<u64>, syncs_fail: bool, prepare: impl Fn(&Disk)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for seed in seeds {
        let mut random = Rng::with_seed(seed);
        let life = Life::named(format!("seed {seed}"));
        let mut disk = Disk::new(seed);
        prepare(&disk);
        for _ in 0..random.u8(1..5) {
            if random.bool() && syncs_fail {
                let (nth, times) = (random.u64(1..20), random.u64(1..3));
                disk.fail(Fault { kind: Some(Kind::Sync), nth, times, error: 5 });
            }
            disk.cut_at(random.u64(1..250));
            disk = runtime.block_on(live(&life, &disk));
        }
    }
}

#[test]
fn power_cuts_in_a_row_after_syncs_that_failed_lose_nothing() {
    cut_in_a_row(0..300, true, |_| {});
}

#[test]
#[should_panic(expected = "seed")]
fn a_disk_whose_syncs_do_nothing_is_found_out() {
    cut_in_a_row(0..20, false, Disk::lie);
}
