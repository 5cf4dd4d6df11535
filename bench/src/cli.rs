//! What can be measured, as the command line knows it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measures Belfry on this machine, and prints tables.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) asked: Asked,
}

/// One measurement, or all.
#[derive(Debug, Subcommand)]
pub(crate) enum Asked {
    /// What delivering an event costs, beside a raw broadcaster
    Fanout(Fanout),
    /// How many events a second can be published
    Publish {
        /// How many publish at once [default: 1, 8, 64 and 256 in turn]
        publishers: Option<usize>,
    },
    /// How long a returning reader waits for what it missed
    Resume,
    /// What readers cost that are slow and far behind
    SlowReaders,
    /// All of these
    All,
    /// Serves as the raw broadcaster
    #[command(hide = true)]
    RawBroadcaster,
}

/// How to measure fan-out.
#[derive(Debug, Args)]
pub(crate) struct Fanout {
    /// The release that is measured
    #[arg(long, default_value = "target/release/belfry", value_name = "PROGRAM")]
    pub(crate) belfry: PathBuf,
    /// Another build of Belfry, measured in the same rounds; may be repeated
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) against: Vec<PathBuf>,
    /// Numbers of readers, separated by commas
    #[arg(long, default_values_t = [1, 10, 100, 1_000, 10_000], value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) readers: Vec<usize>,
    /// Events per second [default: 20, and 2 from 5,000 readers on]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate: Option<f64>,
    /// Publish as many events as are delivered
    #[arg(long)]
    pub(crate) saturated: bool,
    /// Keep the log in memory
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Alternating rounds
    #[arg(long, default_value_t = 5, value_name = "NUMBER")]
    pub(crate) rounds: usize,
    /// Seconds that each server is measured for in a round
    #[arg(long, default_value_t = 5.0, value_name = "NUMBER")]
    pub(crate) seconds: f64,
}
