//! Runs several cases in turn, again and again: what disturbs the machine disturbs all of them.

use std::time::Duration;

use super::{Pace, Round};
use crate::{
    Result,
    cli::Rounds,
    contender::{Contender, Security},
    load::Audience,
};

/// A program with its readers.
pub(crate) struct Case<'a> {
    pub(crate) name: String,
    pub(crate) contender: &'a Contender,
    pub(crate) security: Security,
    pub(crate) audience: Audience,
    pub(crate) pace: Pace,
}

/// The rounds of each case, in the order of the cases; none of a peer that fails.
pub(crate) fn alternate(cases: &[Case<'_>], asked: &Rounds) -> Result<Vec<Vec<Round>>> {
    let length = Duration::from_secs_f64(asked.seconds);
    let mut rounds: Vec<Option<Vec<Round>>> = cases.iter().map(|_| Some(vec![])).collect();
    for _ in 0..asked.rounds {
        for (case, all) in cases.iter().zip(&mut rounds) {
            let Some(rounds) = all else { continue };
            match Round::run(case, length) {
                Ok(round) => rounds.push(round),
                Err(error) if matches!(case.contender, Contender::Peer(_)) => {
                    println!("Not measured: {}, which fails: {error}\n", case.name);
                    *all = None;
                }
                Err(error) => return Err(format!("{}: {error}", case.name).into()),
            }
        }
    }
    Ok(rounds.into_iter().map(Option::unwrap_or_default).collect())
}
