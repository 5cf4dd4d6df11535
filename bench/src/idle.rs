//! Measures what a stream costs on which nothing happens: memory of the server's process, memory of the
//! kernel, and processor time for heartbeats.

mod held;

use std::{
    thread,
    time::{Duration, Instant},
};

use self::held::Held;
use crate::{
    Result,
    cli::Idle,
    contender::{Contender, Security},
    memory::Memory,
    results::{Cell, Results, Row, Table, column},
};

/// How readers connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
    /// Over TLS, with so many streams on each connection.
    Http2(usize),
}

/// As many as a browser's server lets it have by default.
const STREAMS_A_CONNECTION: usize = 100;
/// Until a server has put away what a start or a connect has used.
const SETTLES: Duration = Duration::from_secs(2);

/// Measures each build over each transport.
pub(crate) fn measure(asked: &Idle, most: usize, results: &mut Results) -> Result<()> {
    for streams in asked.streams.clone().unwrap_or_else(|| vec![10_000.min(most), most]) {
        results.add(table(asked, streams)?);
    }
    Ok(())
}

fn table(asked: &Idle, streams: usize) -> Result<Table> {
    let transports = [Transport::Plain, Transport::Tls, Transport::Http2(STREAMS_A_CONNECTION)];
    let mut rows = Vec::new();
    for contender in asked.builds.contenders() {
        let knows = if matches!(contender, Contender::Raw) { 1 } else { transports.len() };
        for transport in &transports[..knows] {
            rows.push(row(&contender, *transport, streams, asked.seconds)?);
        }
    }
    Ok(Table {
        name: format!("idle-{streams}"),
        title: format!("Idle: {streams} streams on which nothing happens"),
        columns: vec![
            column("process, bytes per stream", 0),
            column("kernel, both ends, bytes per stream", 0),
            column("heartbeats' CPU, % of one core", 2),
            column("heartbeats per stream", 1),
        ],
        rows,
        note: format!(
            "Process memory is what smaps_rollup calls private. Kernel memory is the growth of all slabs and socket buffers, so the client's ends count too. CPU over {} s.",
            asked.seconds
        ),
    })
}

fn row(contender: &Contender, transport: Transport, streams: usize, seconds: u64) -> Result<Row> {
    let security = if transport == Transport::Plain { Security::Plain } else { Security::Tls };
    let serving = contender.start_with(streams, security)?;
    thread::sleep(SETTLES);
    let before = Memory::now(&serving.process)?;
    let held = Held::connect(&serving, transport, streams)?;
    thread::sleep(SETTLES);
    let grown = Memory::now(&serving.process)?.since(&before, streams);
    let (begun, worked, beats) = (Instant::now(), serving.process.processor_time()?, held.bytes());
    thread::sleep(Duration::from_secs(seconds));
    let worked = serving.process.processor_time()? - worked;
    let share = worked.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    let beats = held.bytes().saturating_sub(beats);
    let what = match transport {
        Transport::Plain => "plain HTTP/1.1",
        Transport::Tls => "HTTP/1.1 over TLS",
        Transport::Http2(_) => "HTTP/2 over TLS",
    };
    let cells: [Cell; 4] = [
        grown.process.into(),
        (grown.slabs + grown.buffers).into(),
        share.into(),
        (beats as f64 / transport.heartbeat() / streams as f64).into(),
    ];
    Ok(Row { name: format!("{}, {what}", contender.name()), cells: cells.into() })
}

impl Transport {
    /// Bytes of a heartbeat, `:\n\n`, as it is read.
    fn heartbeat(self) -> f64 {
        match self {
            Self::Plain | Self::Tls => "3\r\n:\n\n\r\n".len() as f64,
            Self::Http2(_) => ":\n\n".len() as f64,
        }
    }
}
