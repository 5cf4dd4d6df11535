//! Readers of one topic beside some that have stopped reading it: what the others notice.

use super::{Case, Pace, Round, alternate};
use crate::{
    Result,
    cli::{Rounds, Stalled},
    contender::Security,
    load::{Audience, DATA_LENGTH},
    machine::Spread,
    results::{Cell, Results, Row, Table, column},
};

/// Measures each build in rounds with and without, in turn.
pub(crate) fn measure(asked: &Stalled, results: &mut Results) -> Result<()> {
    let contenders: Vec<_> = asked.builds.contenders().into_iter().skip(1).collect();
    let pace = Pace::for_readers(asked.readers);
    let audience = Audience::of_one_topic(asked.readers);
    let mut cases = Vec::new();
    for contender in &contenders {
        for stalled in [0, asked.stalled] {
            let name = format!("{}, {stalled} stalled", contender.name());
            let (security, audience) = (Security::Plain, Audience { stalled, ..audience });
            cases.push(Case { name, contender, security, audience, pace });
        }
    }
    let length = Rounds { rounds: asked.rounds, seconds: asked.seconds };
    let rounds = alternate(&cases, &length)?;
    let rows = cases.iter().zip(&rounds).enumerate().map(|(number, (case, own))| {
        let without = &rounds[number - number % 2];
        row(&case.name, own, without)
    });
    results.add(Table {
        name: format!("stalled-others-{}", asked.readers),
        title: format!(
            "Beside stalled readers: {} readers of one topic, {}, {DATA_LENGTH} bytes",
            asked.readers,
            pace.describe()
        ),
        columns: vec![
            column("p50 ms", 2),
            column("p99 ms", 2),
            column("p99 within the spread without", 0),
            column("CPU µs per delivery", 2),
        ],
        rows: rows.collect(),
        note: format!(
            "The sockets of those that have stalled are full before a round begins; delays are those of the others. Within the spread: the median lies between the least and the most of the rounds without. Medians of {} alternating rounds of {} s, with the least and the most.",
            asked.rounds, asked.seconds
        ),
    });
    Ok(())
}

fn row(name: &str, own: &[Round], without: &[Round]) -> Row {
    let over = |of: fn(&Round) -> f64| Spread::of(own.iter().map(of));
    let p99 = |round: &Round| round.delivered.p99;
    let spread = Spread::of(without.iter().map(p99));
    let median = over(p99).median;
    let is_within = (spread.least..=spread.most).contains(&median);
    let cells: [Cell; 4] = [
        over(|round| round.delivered.p50).into(),
        over(p99).into(),
        if is_within { "yes".to_owned() } else { "no".to_owned() }.into(),
        over(Round::per_delivery).into(),
    ];
    Row { name: name.into(), cells: cells.into() }
}
