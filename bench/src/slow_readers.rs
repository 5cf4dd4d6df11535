//! Measures what a slow reader that is far behind costs in memory, and whether it gets everything.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Barrier,
    time::{Instant, sleep_until},
};

use crate::{
    Result,
    machine::resident_kib,
    results::{Cell, Results, Row, Table, column},
    resume::fill,
    served::{Connection, Served},
};

const READERS: usize = 20;
const EVENTS: u64 = 100_000;
/// 64 kbit/s.
const BYTES_A_SECOND: usize = 8_000;
const SLOW_FOR: Duration = Duration::from_secs(30);

/// Measures them.
pub(crate) fn measure(results: &mut Results) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let [each, whole] = runtime.block_on(run())?;
    results.add(Table {
        name: "slow-readers".into(),
        title: format!(
            "Slow readers: 64 kbit/s for {} s, {EVENTS} events behind, then released",
            SLOW_FOR.as_secs()
        ),
        columns: vec![column("memory each, KiB", 0), column("got all events once", 0)],
        rows: vec![Row {
            name: format!("{READERS} readers"),
            cells: [each, whole].map(Cell::from).into(),
        }],
        note: "Memory is that of a process that holds the server and the readers.".into(),
    });
    Ok(())
}

/// The KiB that each takes while it is slow, and how many got everything.
async fn run() -> Result<[f64; 2]> {
    let served = Served::start().await?;
    fill(&served, EVENTS).await?;
    let served = served.restart().await?;
    let before = resident_kib();
    let slow = Arc::new(Barrier::new(READERS + 1));
    let mut reading = Vec::new();
    for _ in 0..READERS {
        let connection = Connection::open_with_small_buffer(&served).await?;
        let begin = served.log.cursor(0).to_string();
        reading.push(tokio::spawn(read(connection, begin, slow.clone())));
    }
    slow.wait().await;
    let each = (resident_kib() - before) / READERS as f64;
    slow.wait().await;
    let mut whole = 0.0;
    for one in reading {
        whole += f64::from(u8::from(one.await?? == EVENTS));
    }
    served.stop().await;
    Ok([each, whole])
}

/// Reads slowly at first and then, once all have done so and are told to, the rest; returns how many events
/// that were.
async fn read(mut connection: Connection, begin: String, slow: Arc<Barrier>) -> Result<u64> {
    let topics: String = (0..16).map(|number| format!("topic=bench/{number}&")).collect();
    connection.ask(&format!("/sse?{topics}last_event_id={begin}")).await?;
    let until = Instant::now() + SLOW_FOR;
    let mut events = 0;
    while Instant::now() < until {
        let due = Instant::now() + Duration::from_millis(100);
        events += connection.count_events(BYTES_A_SECOND / 10).await?;
        sleep_until(due).await;
    }
    slow.wait().await;
    slow.wait().await;
    while events < EVENTS {
        events += connection.count_events(1 << 20).await?;
    }
    Ok(events)
}
