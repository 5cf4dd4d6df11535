//! Measures how long a returning reader waits for the first event that it missed, by the size of the log.

use std::time::Instant;

use belfry_hub::event::{Draft, Topic};

use crate::{
    Result,
    machine::quantile,
    results::{Cell, Results, Row, Table, column},
    served::{Connection, Served},
};

const SIZES: [u64; 2] = [1_000, 1_000_000];
const TOPICS: u64 = 16;
const ROUNDS: usize = 300;
/// How far behind the last event the reader stopped.
const BACK: u64 = 500;
/// How many events are handed in at once while a log is filled.
const AT_ONCE: u64 = 1024;

/// Measures each size.
pub(crate) fn measure(results: &mut Results) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let rows = runtime.block_on(rows())?;
    results.add(Table {
        name: "resume".into(),
        title: format!(
            "Resume: from the request to the first event that was missed, {BACK} events behind"
        ),
        columns: vec![
            column("p50 ms", 3),
            column("p99 ms", 3),
            column("p50 against the smallest log", 2),
        ],
        rows,
        note: format!(
            "{ROUNDS} alternating rounds, after a restart: what was missed comes from disk."
        ),
    });
    Ok(())
}

async fn rows() -> Result<Vec<Row>> {
    let mut logs = Vec::new();
    for size in SIZES {
        let served = Served::start().await?;
        fill(&served, size).await?;
        // After a restart the tail is empty: what was missed comes from the log.
        logs.push((size, served.restart().await?, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (size, served, waits) in &mut logs {
            waits.push(resume(served, *size).await?);
        }
    }
    let (mut rows, mut smallest) = (Vec::new(), None);
    for (size, served, mut waits) in logs {
        served.stop().await;
        waits.sort_by(f64::total_cmp);
        let [median, p99] = [0.5, 0.99].map(|part| quantile(&waits, part));
        let ratio = median / *smallest.get_or_insert(median);
        let cells = [median, p99, ratio].map(Cell::from).into();
        rows.push(Row { name: format!("{size} events in the log"), cells });
    }
    Ok(rows)
}

/// Puts this many events of 200 bytes into a log.
pub(crate) async fn fill(served: &Served, events: u64) -> Result<()> {
    for begin in (0..events).step_by(AT_ONCE as usize) {
        let mut waiting = Vec::new();
        for number in begin..(begin + AT_ONCE).min(events) {
            let topic = Topic::new(&format!("bench/{}", number % TOPICS))?;
            let data = format!("{number:0200}");
            let draft = Draft { topics: vec![topic], event_type: None, data, private: false };
            let log = served.log.clone();
            waiting.push(tokio::spawn(
                async move { belfry_hub::Log::append(&*log, draft, None).await },
            ));
        }
        for one in waiting {
            one.await??;
        }
    }
    Ok(())
}

/// Comes back once, and returns the milliseconds until the first event.
async fn resume(served: &Served, size: u64) -> Result<f64> {
    let mut connection = Connection::open(served).await?;
    let cursor = served.log.cursor(size - BACK);
    let topic = fastrand::u64(..TOPICS);
    let begun = Instant::now();
    connection.ask(&format!("/sse?topic=bench/{topic}&last_event_id={cursor}")).await?;
    connection.until("data: ").await?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}
