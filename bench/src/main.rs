//! Measures Belfry on this machine, and prints tables: `bench --help` says what there is.
//!
//! `fanout` runs a release as a child process, beside a raw broadcaster. For the others the server runs
//! in this process, on threads of its own, and is spoken to over the loopback address. Ratios within
//! one run mean more than the figures: machines are noisy.

mod broadcaster;
mod cli;
mod contender;
mod descriptors;
mod disk;
mod fanout;
mod folder;
mod http;
mod load;
mod machine;
mod process;
mod publish;
mod resume;
mod served;
mod slow_readers;

use std::{error::Error, process::ExitCode};

use clap::Parser;

use self::cli::{Asked, Cli};

/// What a measurement can fail with.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    measure(Cli::parse().asked).map_or_else(|error| fail(&*error), |()| ExitCode::SUCCESS)
}

fn measure(asked: Asked) -> Result<()> {
    let connections = descriptors::raise()?;
    match asked {
        Asked::Fanout(asked) => fanout::measure(&asked, connections),
        Asked::Publish { publishers } => publish::measure(publishers),
        Asked::Resume => resume::measure(),
        Asked::SlowReaders => slow_readers::measure(),
        Asked::All => {
            publish::measure(None)?;
            resume::measure()?;
            slow_readers::measure()
        }
        Asked::RawBroadcaster => broadcaster::run(),
    }
}

#[expect(clippy::print_stderr, reason = "said instead of a table")]
fn fail(why: &dyn Error) -> ExitCode {
    eprintln!("bench: {why}");
    ExitCode::FAILURE
}
