//! Ten thousand topics with ten readers each, beside one topic with ten readers alone.

use super::{Case, Pace, Round, alternate};
use crate::{
    Result,
    cli::Topics,
    contender::Security,
    load::Audience,
    machine::Spread,
    results::{Cell, Results, Row, Table, column},
};

const TOPICS: usize = 10_000;
const READERS_EACH: usize = 10;
/// As many as one stream can follow.
const TOPICS_EACH: usize = 100;
const RATE: f64 = 200.0;

/// Measures an event's cost on each server, with one topic and with all.
pub(crate) fn measure(asked: &Topics, results: &mut Results) -> Result<()> {
    let contenders = asked.builds.contenders();
    let readers = TOPICS * READERS_EACH / TOPICS_EACH;
    let all =
        Audience { readers, topics: TOPICS, topics_each: TOPICS_EACH, published: 1, stalled: 0 };
    let audiences = [
        ("that topic alone", Audience::of_one_topic(READERS_EACH)),
        ("one of 10,000 topics", all),
        ("10,000 topics in turn", Audience { published: TOPICS, ..all }),
    ];
    let mut cases = Vec::new();
    for contender in &contenders {
        cases.extend(audiences.map(|(what, audience)| Case {
            name: format!("{}: {what}", contender.name()),
            contender,
            security: Security::Plain,
            audience,
            pace: Pace::Paced(RATE),
        }));
    }
    let rounds = alternate(&cases, &asked.rounds)?;
    let rows = cases.iter().zip(&rounds).enumerate().map(|(number, (case, own))| {
        let alone = &rounds[number - number % audiences.len()];
        row(&case.name, own, alone)
    });
    results.add(Table {
        name: "topics".into(),
        title: format!("Many topics: {READERS_EACH} readers each, {RATE} events/s"),
        columns: vec![
            column("CPU µs per event", 1),
            column("ratio to that topic alone in the same round", 2),
            column("p50 ms", 2),
            column("p99 ms", 2),
        ],
        rows: rows.collect(),
        note: format!(
            "{readers} readers follow {TOPICS_EACH} topics each. Medians of {} alternating rounds of {} s, with the least and the most.",
            asked.rounds.rounds, asked.rounds.seconds
        ),
    });
    Ok(())
}

fn row(name: &str, own: &[Round], alone: &[Round]) -> Row {
    let over = |of: fn(&Round) -> f64| Spread::of(own.iter().map(of));
    let ratios = own.iter().zip(alone).map(|(own, alone)| own.per_event() / alone.per_event());
    let cells: [Cell; 4] = [
        over(Round::per_event).into(),
        Spread::of(ratios).into(),
        over(|round| round.delivered.p50).into(),
        over(|round| round.delivered.p99).into(),
    ];
    Row { name: name.into(), cells: cells.into() }
}
