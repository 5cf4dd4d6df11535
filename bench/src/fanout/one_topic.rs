//! Readers of one topic: from one to as many as there are descriptors for.

use super::{Case, Pace, Round, alternate};
use crate::{
    Result,
    cli::Deliveries,
    contender::{Contender, Security},
    load::{Audience, DATA_LENGTH},
    machine::Spread,
    results::{Cell, Column, Results, Row, Table, column},
};

/// Measures Belfry beside the raw broadcaster, with each number of readers.
pub(crate) fn measure(
    asked: &Deliveries,
    security: Security,
    most: usize,
    results: &mut Results,
) -> Result<()> {
    let name = if security == Security::Tls { "fanout-tls" } else { "fanout" };
    measure_each(name, &asked.builds.contenders(), security, asked, most, results)
}

/// Measures some contenders, of which the first is the raw broadcaster.
pub(crate) fn measure_each(
    name: &str,
    contenders: &[Contender],
    security: Security,
    asked: &Deliveries,
    most: usize,
    results: &mut Results,
) -> Result<()> {
    for &readers in &asked.readers {
        if readers > most {
            println!("Skipped: {readers} readers, where the limit on descriptors allows {most}.\n");
            continue;
        }
        let pace = match asked.rate {
            _ if asked.saturated => Pace::Saturated(asked.window),
            Some(rate) => Pace::Paced(rate),
            None => Pace::for_readers(readers),
        };
        let kind = if asked.saturated { "saturated" } else { "paced" };
        let table = compare(contenders, security, asked, readers, pace)?;
        results.add(Table { name: format!("{name}-{kind}-{readers}"), ..table });
    }
    Ok(())
}

fn compare(
    all: &[Contender],
    security: Security,
    asked: &Deliveries,
    readers: usize,
    pace: Pace,
) -> Result<Table> {
    let audience = Audience::of_one_topic(readers);
    let cases: Vec<_> = all
        .iter()
        .map(|contender| {
            let name = contender.name_over(security).into();
            Case { name, contender, security, audience, pace }
        })
        .collect();
    let rounds = alternate(&cases, &asked.rounds)?;
    let measured = cases.iter().zip(&rounds).filter(|(_, own)| !own.is_empty());
    let rows = measured.map(|(case, own)| row(&case.name, own, &rounds[0]));
    Ok(Table {
        name: String::new(),
        title: format!(
            "Fan-out{}: {readers} readers of one topic, {}, {DATA_LENGTH} bytes",
            if security == Security::Tls { " over TLS" } else { "" },
            pace.describe()
        ),
        columns: columns(security),
        rows: rows.collect(),
        note: format!(
            "Medians of {} alternating rounds of {} s, with the least and the most.",
            asked.rounds.rounds, asked.rounds.seconds
        ),
    })
}

fn columns(security: Security) -> Vec<Column> {
    let ratio = match security {
        Security::Plain => "ratio to raw epoll in the same round",
        Security::Tls => "ratio to raw rustls in the same round",
    };
    vec![
        column("CPU µs per delivery", 2),
        column(ratio, 2),
        column("p50 ms", 2),
        column("p99 ms", 2),
        column("deliveries/s", 0),
        column("load client's CPU share, %", 0),
    ]
}

/// A contender's figures; `raw` are the raw broadcaster's rounds.
fn row(name: &str, own: &[Round], raw: &[Round]) -> Row {
    let over = |of: fn(&Round) -> f64| Spread::of(own.iter().map(of));
    let ratios = own.iter().zip(raw).map(|(own, raw)| own.per_delivery() / raw.per_delivery());
    let cells: [Cell; 6] = [
        over(Round::per_delivery).into(),
        Spread::of(ratios).into(),
        over(|round| round.delivered.p50).into(),
        over(|round| round.delivered.p99).into(),
        over(Round::rate).into(),
        over(|round| round.client * 100.0).median.into(),
    ];
    Row { name: name.into(), cells: cells.into() }
}
