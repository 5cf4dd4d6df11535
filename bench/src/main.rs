//! Measures Belfry on this machine, and prints tables: `bench --help` says what there is.
//!
//! `fanout` runs a release as a child process, beside a raw broadcaster. For the others the server runs
//! in this process, on threads of its own, and is spoken to over the loopback address. Ratios within
//! one run mean more than the figures: machines are noisy.

mod axum_broadcaster;
mod broadcaster;
mod cli;
mod connect;
mod contender;
mod descriptors;
mod disk;
mod fanout;
mod folder;
mod http;
mod idle;
mod load;
mod machine;
mod memory;
mod peers;
mod plots;
mod process;
mod publish;
mod results;
mod resume;
mod served;
mod slow_readers;
mod stalled;
mod tls;

use std::{error::Error, process::ExitCode};

use clap::Parser;

use self::{
    cli::{ALL, Asked, Cli},
    contender::Security,
    results::Results,
};

/// What a measurement can fail with.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    run(&Cli::parse()).map_or_else(|error| fail(&*error), |()| ExitCode::SUCCESS)
}

fn run(cli: &Cli) -> Result<()> {
    let connections = descriptors::raise()?;
    let mut results = Results::new();
    measure(&cli.asked, connections, &mut results)?;
    let Some(folder) = &cli.results else { return Ok(()) };
    results.write(folder)?;
    plots::draw(&results, folder)
}

/// Measures one thing, or all, with at most so many connections.
fn measure(asked: &Asked, connections: usize, results: &mut Results) -> Result<()> {
    match asked {
        Asked::Fanout { deliveries, tls } => {
            let security = if *tls { Security::Tls } else { Security::Plain };
            fanout::measure(deliveries, security, connections, results)
        }
        Asked::Topics(asked) => fanout::measure_topics(asked, results),
        Asked::Idle(asked) => idle::measure(asked, connections, results),
        Asked::Connect(asked) => connect::measure(asked, connections, results),
        Asked::Peers(asked) => peers::measure(asked, connections, results),
        Asked::Publish { publishers } => publish::measure(*publishers, results),
        Asked::Resume => resume::measure(results),
        Asked::SlowReaders => slow_readers::measure(results),
        Asked::Stalled(asked) => {
            stalled::measure(asked, results)?;
            fanout::measure_beside_stalled(asked, results)
        }
        Asked::All => ALL
            .iter()
            .try_for_each(|line| measure(&Cli::default_of(line)?.asked, connections, results)),
        Asked::RawBroadcaster { tls } => broadcaster::run(*tls),
        Asked::AxumBroadcaster => axum_broadcaster::run(),
    }
}

#[expect(clippy::print_stderr, reason = "said instead of a table")]
fn fail(why: &dyn Error) -> ExitCode {
    eprintln!("bench: {why}");
    ExitCode::FAILURE
}
