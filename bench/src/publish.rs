//! How many events a second are published, each on disk before its answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    Result, disk,
    machine::{busy_seconds, processors, quantile},
    served::{Connection, Served},
};

const PUBLISHERS: [usize; 4] = [1, 8, 64, 256];
const FOR: Duration = Duration::from_secs(5);
const TOPICS: usize = 16;
const DATA: &str = "a quarter of a kilobyte is what an event most often has, with its names and braces and \
    a number or two; so this sentence goes on until there are two hundred bytes of it, give or take.";

/// From this share of what the disk's syncs allow, they are what bounds the speed.
const ENOUGH: f64 = 0.6;
/// Busy beyond this share, the processors are.
const SATURATED: f64 = 0.85;

/// Measures and prints a table, for so many publishers or for several numbers of them.
pub(crate) fn measure(publishers: Option<usize>) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!(
        "## Publish: events of {} bytes, {TOPICS} topics, each publisher waits for its answer\n",
        DATA.len()
    );
    println!(
        "| publishers | events/s | p50 ms | p99 ms | events a commit | commits/s | syncs/s of the disk | of syncs × events a commit | processors busy | bound by |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|");
    for publishers in publishers.map_or(PUBLISHERS.to_vec(), |count| vec![count]) {
        runtime.block_on(run(publishers))?;
    }
    println!(
        "\nA commit writes 10 to 50 pages and then syncs; the disk's own figure is for one page.\n"
    );
    Ok(())
}

async fn run(publishers: usize) -> Result<()> {
    let served = Served::start().await?;
    let before = disk::syncs_per_second(served.folder())?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut publishing = Vec::new();
    for number in 0..publishers {
        let mut connection = Connection::open(&served).await?;
        let stop = stop.clone();
        publishing.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                connection.publish(&format!("bench/{}", number % TOPICS), DATA).await?;
                waits.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(waits)
        }));
    }
    let (begun, commits, busy) = (Instant::now(), served.log.commits(), busy_seconds());
    tokio::time::sleep(FOR).await;
    let (seconds, commits) = (begun.elapsed().as_secs_f64(), served.log.commits() - commits);
    let busy = (busy_seconds() - busy) / seconds / processors();
    stop.store(true, Ordering::Relaxed);
    let mut waits = Vec::new();
    for one in publishing {
        waits.extend(one.await??);
    }
    waits.sort_by(f64::total_cmp);
    let events = waits.len() as f64;
    let syncs = f64::midpoint(before, disk::syncs_per_second(served.folder())?);
    let (rate, a_commit) = (events / seconds, events / commits as f64);
    let share = rate / (syncs * a_commit);
    println!(
        "| {publishers} | {rate:.0} | {:.2} | {:.2} | {a_commit:.1} | {:.0} | {syncs:.0} | {:.0} % | {:.0} % | {} |",
        quantile(&waits, 0.5),
        quantile(&waits, 0.99),
        commits as f64 / seconds,
        share * 100.0,
        busy * 100.0,
        if share >= ENOUGH {
            "the disk's syncs"
        } else if busy >= SATURATED {
            "the processors"
        } else {
            "the commit and the round trip in turn"
        },
    );
    served.stop().await;
    Ok(())
}
