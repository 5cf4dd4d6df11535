//! Measures how many events a second can be published, each on disk before its answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    Result, disk,
    machine::{idle_seconds, processors, quantile},
    results::{Cell, Results, Row, Table, column},
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

/// Measures a given number of publishers, or several numbers.
pub(crate) fn measure(publishers: Option<usize>, results: &mut Results) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let publishers = publishers.map_or(PUBLISHERS.to_vec(), |count| vec![count]);
    let rows = publishers.into_iter().map(|publishers| runtime.block_on(run(publishers)));
    results.add(Table {
        name: "publish".into(),
        title: format!(
            "Publish: events of {} bytes, {TOPICS} topics, each publisher waits for its answer",
            DATA.len()
        ),
        columns: vec![
            column("events/s", 0),
            column("p50 ms", 2),
            column("p99 ms", 2),
            column("events a commit", 1),
            column("commits/s", 0),
            column("syncs/s of the disk", 0),
            column("of syncs × events a commit, %", 0),
            column("processors busy, %", 0),
            column("bound by", 0),
            column("with a log in memory: events/s", 0),
            column("with a log in memory: processors busy, %", 0),
        ],
        rows: rows.collect::<Result<_>>()?,
        note: "A commit writes 10 to 50 pages and then syncs; the disk's own figure is for one page. With a log in memory the same requests are answered without any disk: what the processors can do.".into(),
    });
    Ok(())
}

async fn run(publishers: usize) -> Result<Row> {
    let served = Served::start().await?;
    let before = disk::syncs_per_second(served.folder())?;
    let load = Load::make(&served, publishers).await?;
    let syncs = f64::midpoint(before, disk::syncs_per_second(served.folder())?);
    served.stop().await;
    let served = Served::start_in_memory().await?;
    let in_memory = Load::make(&served, publishers).await?;
    served.stop().await;
    let a_commit = load.waits.len() as f64 / load.commits as f64;
    let share = load.rate() / (syncs * a_commit);
    let cells: [Cell; 11] = [
        load.rate().into(),
        quantile(&load.waits, 0.5).into(),
        quantile(&load.waits, 0.99).into(),
        a_commit.into(),
        (load.commits as f64 / load.seconds).into(),
        syncs.into(),
        (share * 100.0).into(),
        (load.busy * 100.0).into(),
        bound(share, load.busy).to_owned().into(),
        in_memory.rate().into(),
        (in_memory.busy * 100.0).into(),
    ];
    let name =
        if publishers == 1 { "1 publisher".into() } else { format!("{publishers} publishers") };
    Ok(Row { name, cells: cells.into() })
}

/// What keeps the speed from being higher, by the share of what the disk's syncs allow and by that of the
/// processors' time.
fn bound(share: f64, busy: f64) -> &'static str {
    if share >= ENOUGH {
        "the disk's syncs"
    } else if busy >= SATURATED {
        "the processors"
    } else {
        "the commit and the round trip in turn"
    }
}

/// What a load of publishers came to.
struct Load {
    /// How long each publish waited for its answer, in milliseconds, the shortest first.
    waits: Vec<f64>,
    seconds: f64,
    commits: u64,
    /// The processors' share, from 0 to 1.
    busy: f64,
}

impl Load {
    async fn make(served: &Served, publishers: usize) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut publishing = Vec::new();
        for number in 0..publishers {
            let (mut connection, stop) = (Connection::open(served).await?, stop.clone());
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
        let (begun, commits, idle) = (Instant::now(), served.commits(), idle_seconds());
        tokio::time::sleep(FOR).await;
        let (seconds, commits) = (begun.elapsed().as_secs_f64(), served.commits() - commits);
        let busy = 1.0 - (idle_seconds() - idle) / seconds / processors();
        stop.store(true, Ordering::Relaxed);
        let mut waits = Vec::new();
        for one in publishing {
            waits.extend(one.await??);
        }
        waits.sort_by(f64::total_cmp);
        Ok(Self { waits, seconds, commits, busy })
    }

    /// Events a second.
    fn rate(&self) -> f64 {
        self.waits.len() as f64 / self.seconds
    }
}
