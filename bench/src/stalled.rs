//! Measures what readers cost that never read, once their sockets are full: memory of the server's process,
//! and memory of the kernel.

use std::{thread, time::Duration};

use crate::{
    Result,
    cli::Stalled,
    contender::Contender,
    load::{Stalled as Readers, publish_more_than_fits},
    machine::Spread,
    memory::{Grown, Memory, send_queues},
    results::{Cell, Results, Row, Table, column},
};

const ROUNDS: usize = 3;
/// Until a server has put away what a start, a connect or a publish has used.
const SETTLES: Duration = Duration::from_secs(2);
const KIB: f64 = 1024.0;

/// What was measured in a round.
struct Round {
    /// While nothing was published.
    idle: Grown,
    /// Once their sockets were full.
    full: Grown,
    /// Bytes that then waited at the server's end, for each reader.
    waiting: f64,
    /// What they took there, for each reader; not a number where that is not known.
    queue: f64,
}

/// Measures each build.
pub(crate) fn measure(asked: &Stalled, results: &mut Results) -> Result<()> {
    let mut rows = Vec::new();
    for build in asked.builds.contenders().iter().skip(1) {
        let rounds: Vec<_> =
            (0..ROUNDS).map(|_| round(build, asked.readers)).collect::<Result<_>>()?;
        rows.extend(both(build.name(), &rounds));
    }
    results.add(Table {
        name: format!("stalled-memory-{}", asked.readers),
        title: format!("Stalled: {} readers that never read, plain HTTP/1.1", asked.readers),
        columns: vec![
            column("process, KiB per reader", 1),
            column("socket buffers, both ends, KiB per reader", 1),
            column("slabs, both ends, KiB per reader", 1),
            column("waiting at the server's end, KiB per reader", 1),
            column("memory of what waits there, KiB per reader", 1),
        ],
        rows,
        note: format!(
            "Growth since before they connected. Process memory is what smaps_rollup calls private. It includes a few MiB that are shared by all readers: what the tail holds of what was published to fill their sockets. Socket buffers are the pages that /proc/net/sockstat counts, whole pages with all overhead; the readers' own ends hold 8 KiB of them. What waits is that of /proc/net/tcp, its memory what ss says of the same connections, including what the kernel keeps ready for more. Slabs are those of the whole machine. Medians of {ROUNDS} rounds, with the least and the most."
        ),
    });
    Ok(())
}

fn round(build: &Contender, readers: usize) -> Result<Round> {
    let serving = build.start(readers)?;
    // What the log and the tail take is there before.
    publish_more_than_fits(&serving)?;
    thread::sleep(SETTLES);
    let before = Memory::now(&serving.process)?;
    let stalled = Readers::connect(&serving, readers, None)?;
    thread::sleep(SETTLES);
    let idle = Memory::now(&serving.process)?.since(&before, readers);
    stalled.fill(&serving)?;
    thread::sleep(SETTLES);
    let full = Memory::now(&serving.process)?.since(&before, readers);
    let waiting = stalled.waiting()?.iter().sum::<u64>() as f64 / readers as f64;
    let queue = send_queues(serving.address).map_or(f64::NAN, |all| all as f64 / readers as f64);
    Ok(Round { idle, full, waiting, queue })
}

/// The rows of a build: while its readers were idle, and once their sockets were full.
fn both(name: &str, rounds: &[Round]) -> [Row; 2] {
    let over = |of: &dyn Fn(&Round) -> f64| -> Cell {
        Spread::of(rounds.iter().map(|round| of(round) / KIB)).into()
    };
    let grown = |of: fn(&Round) -> &Grown| {
        vec![
            over(&|round| of(round).process),
            over(&|round| of(round).buffers),
            over(&|round| of(round).slabs),
        ]
    };
    let (mut idle, mut full) = (grown(|round| &round.idle), grown(|round| &round.full));
    idle.extend([0.0.into(), 0.0.into()]);
    full.extend([over(&|round| round.waiting), over(&|round| round.queue)]);
    [
        Row { name: format!("{name}, idle"), cells: idle },
        Row { name: format!("{name}, their sockets full"), cells: full },
    ]
}
