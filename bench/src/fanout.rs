//! Measures what delivering an event costs, beside a raw broadcaster in the same round.

mod round;
mod table;

use std::time::Duration;

use self::round::Round;
use crate::{Result, cli::Fanout, contender::Contender, load::Audience};

/// How events are published.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many a second.
    Paced(f64),
    /// As many as are delivered, with so many under way.
    Saturated(u64),
}

/// From this many readers on, events come slower.
const MANY_READERS: usize = 5_000;
const OFTEN: f64 = 20.0;
const SELDOM: f64 = 2.0;
/// Events under way where as many are published as are delivered.
const WINDOW: u64 = 16;

/// Measures and prints a table for each number of readers.
pub(crate) fn measure(asked: &Fanout, most: usize) -> Result<()> {
    let contenders = contenders(asked);
    for &readers in &asked.readers {
        if readers > most {
            println!("{readers} readers are more than the limit on descriptors allows: {most}\n");
            continue;
        }
        let pace = if asked.saturated {
            Pace::Saturated(WINDOW)
        } else if readers < MANY_READERS {
            Pace::Paced(OFTEN)
        } else {
            Pace::Paced(SELDOM)
        };
        let pace = asked.rate.filter(|_| !asked.saturated).map_or(pace, Pace::Paced);
        compare(asked, &contenders, Audience::of_one_topic(readers), pace)?;
    }
    Ok(())
}

fn contenders(asked: &Fanout) -> Vec<Contender> {
    let belfry = |name: &str, program: &std::path::Path| Contender::Belfry {
        name: name.into(),
        program: program.into(),
        ephemeral: asked.ephemeral,
    };
    let mut contenders = vec![Contender::Raw, belfry("Belfry", &asked.belfry)];
    let against = asked.against.iter();
    contenders.extend(against.map(|program| belfry(&program.display().to_string(), program)));
    contenders
}

/// Runs all of them in turn, again and again.
fn compare(asked: &Fanout, all: &[Contender], audience: Audience, pace: Pace) -> Result<()> {
    let length = Duration::from_secs_f64(asked.seconds);
    let mut rounds: Vec<Vec<Round>> = all.iter().map(|_| vec![]).collect();
    for _ in 0..asked.rounds {
        for (contender, rounds) in all.iter().zip(&mut rounds) {
            let round = Round::run(contender, audience, pace, length);
            rounds.push(round.map_err(|error| format!("{}: {error}", contender.name()))?);
        }
    }
    table::print(all, &rounds, audience, pace);
    Ok(())
}
