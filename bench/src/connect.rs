//! Measures how fast many clients at once are greeted, and how fast all are resumed after a kill, beside
//! nginx in the same rounds.

mod overflows;
mod storm;

use std::{slice, thread, time::Duration};

use self::{overflows::dropped, storm::Storm};
use crate::{
    Result,
    cli::Connect,
    contender::{Contender, Serving, nginx},
    load::topic,
    machine::Spread,
    results::{Cell, Column, Results, Row, Table, column},
};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n";
const MISSED: &str = "~this was missed";
/// Until what a storm leaves behind is put away.
const SETTLES: Duration = Duration::from_millis(500);

const COLUMNS: [Column; 6] = [
    column("last served, ms", 0),
    column("ratio to nginx in the same round", 2),
    column("p50 ms", 0),
    column("p99 ms", 0),
    column("served per second", 0),
    column("connections dropped by the kernel", 0),
];

/// Measures each number of clients.
pub(crate) fn measure(asked: &Connect, most: usize, results: &mut Results) -> Result<()> {
    for &clients in &asked.clients {
        if clients > most {
            println!("Skipped: {clients} clients, where the limit on descriptors allows {most}.\n");
            continue;
        }
        results.add(compare(asked, clients)?);
    }
    Ok(())
}

/// A storm, and how many connections the kernel has dropped meanwhile.
struct Measured {
    storm: Storm,
    dropped: u64,
}

/// One server's turn: all connect at once; then it is killed, starts again, and all come back at once.
struct Turn {
    greeted: Measured,
    resumed: Measured,
}

type Part = fn(&Turn) -> &Measured;

fn compare(asked: &Connect, clients: usize) -> Result<Table> {
    let builds: Vec<_> = asked.builds.contenders().into_iter().skip(1).collect();
    let mut rounds: Vec<Vec<Turn>> = builds.iter().map(|_| vec![]).collect();
    let mut beside = Vec::new();
    for _ in 0..asked.rounds {
        beside.push(nginx_turn(clients)?);
        for (build, rounds) in builds.iter().zip(&mut rounds) {
            rounds.push(turn(build, clients)?);
        }
    }
    let mut rows = vec![];
    let storms: [(&str, Part); 2] =
        [("connect", |turn| &turn.greeted), ("resume after kill -9", |turn| &turn.resumed)];
    for (what, of) in storms {
        let nginx: Vec<_> = beside.iter().map(of).collect();
        rows.push(row(&format!("nginx: {what}"), &nginx, &nginx));
        for (build, turns) in builds.iter().zip(&rounds) {
            let own: Vec<_> = turns.iter().map(of).collect();
            rows.push(row(&format!("{}: {what}", build.name()), &own, &nginx));
        }
    }
    Ok(Table {
        name: format!("connect-{clients}"),
        title: format!("Connect: {clients} clients at once"),
        columns: COLUMNS.into(),
        rows,
        note: format!(
            "Served: nginx has answered with a short text, Belfry has begun a stream; or, resuming, has sent what was missed. Medians of {} alternating rounds, with the least and the most.",
            asked.rounds
        ),
    })
}

fn turn(build: &Contender, clients: usize) -> Result<Turn> {
    let mut serving = build.start(clients)?;
    let topic = topic(0);
    let id = serving.publish(&topic, "~this was read")?;
    let greeted = storm(&serving, clients, &serving.stream_request(slice::from_ref(&topic)), HEAD)?;
    serving.process.restart()?;
    serving.process.address()?;
    serving.publish(&topic, MISSED)?;
    let request = serving.resume_request(&topic, &id);
    let resumed = storm(&serving, clients, &request, MISSED.as_bytes())?;
    Ok(Turn { greeted, resumed })
}

fn nginx_turn(clients: usize) -> Result<Turn> {
    let mut serving = nginx::start(clients)?;
    let request = serving.stream_request(&[topic(0)]);
    let greeted = storm(&serving, clients, &request, HEAD)?;
    serving.process.restart()?;
    nginx::wait(serving.address)?;
    let resumed = storm(&serving, clients, &request, HEAD)?;
    Ok(Turn { greeted, resumed })
}

fn storm(serving: &Serving, clients: usize, request: &[u8], awaited: &[u8]) -> Result<Measured> {
    thread::sleep(SETTLES);
    let before = dropped();
    let storm = Storm::run(serving.address, clients, request, awaited)?;
    Ok(Measured { storm, dropped: dropped() - before })
}

fn row(name: &str, own: &[&Measured], nginx: &[&Measured]) -> Row {
    let over = |of: fn(&Storm) -> f64| Spread::of(own.iter().map(|one| of(&one.storm)));
    let ratios = own.iter().zip(nginx).map(|(own, nginx)| own.storm.last() / nginx.storm.last());
    let cells: [Cell; 6] = [
        over(Storm::last).into(),
        Spread::of(ratios).into(),
        over(|storm| storm.quantile(0.5)).into(),
        over(|storm| storm.quantile(0.99)).into(),
        over(Storm::rate).into(),
        (own.iter().map(|one| one.dropped).sum::<u64>() as f64).into(),
    ];
    Row { name: name.into(), cells: cells.into() }
}
