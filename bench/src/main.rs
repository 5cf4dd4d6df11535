//! Measures Belfry on this machine, and prints tables: `bench publish [PUBLISHERS] | resume | slow-readers | all`.
//!
//! The server runs in this process, on threads of its own, and is spoken to over the loopback
//! address. Ratios within one run mean more than the figures: machines are noisy.

mod disk;
mod machine;
mod publish;
mod resume;
mod served;
mod slow_readers;

use std::{env, error::Error, process::ExitCode};

/// What a measurement can fail with.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let asked = env::args().nth(1).unwrap_or_else(|| "all".into());
    let measured = match &*asked {
        "publish" => publish::measure(env::args().nth(2).and_then(|count| count.parse().ok())),
        "resume" => resume::measure(),
        "slow-readers" => slow_readers::measure(),
        "all" => publish::measure(None)
            .and_then(|()| resume::measure())
            .and_then(|()| slow_readers::measure()),
        _ => Err("bench publish | resume | slow-readers | all".into()),
    };
    measured.map_or_else(|error| fail(&*error), |()| ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "said instead of a table")]
fn fail(why: &dyn Error) -> ExitCode {
    eprintln!("bench: {why}");
    ExitCode::FAILURE
}
