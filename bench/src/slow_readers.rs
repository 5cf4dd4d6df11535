//! Measures what a slow reader that is far behind costs in memory, and whether it gets everything.

use std::time::Duration;

use tokio::{
    sync::Barrier,
    time::{Instant, sleep_until},
};

use crate::{
    Result,
    machine::resident_kib,
    resume::fill,
    served::{Connection, Served},
};

const READERS: usize = 20;
const EVENTS: u64 = 100_000;
/// 64 kbit/s.
const BYTES_A_SECOND: usize = 8_000;
const SLOW_FOR: Duration = Duration::from_secs(30);

/// Measures and prints a table.
pub(crate) fn measure() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let served = Served::start().await?;
        fill(&served, EVENTS).await?;
        let served = served.restart().await?;
        let before = resident_kib();
        let slow = std::sync::Arc::new(Barrier::new(READERS + 1));
        let mut reading = Vec::new();
        for _ in 0..READERS {
            let mut connection = Connection::open_with_small_buffer(&served).await?;
            let (begin, slow) = (served.log.cursor(0), slow.clone());
            reading.push(tokio::spawn(async move {
                let topics: String =
                    (0..16).map(|number| format!("topic=bench/{number}&")).collect();
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
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(events)
            }));
        }
        slow.wait().await;
        let each = (resident_kib() - before) / READERS as f64;
        slow.wait().await;
        let mut all = 0;
        for one in reading {
            all += usize::from(one.await?? == EVENTS);
        }
        println!("## Slow readers: 64 kbit/s for 30 s, {EVENTS} events behind, then released\n");
        println!("| readers | memory each, KiB | got all {EVENTS} events once |");
        println!("|---:|---:|---:|");
        println!("| {READERS} | {each:.0} | {all} |\n");
        served.stop().await;
        Ok(())
    })
}
