//! What can be measured, as the command line knows it.

use std::{
    iter,
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand};

use crate::{
    Result,
    contender::{Contender, Peer},
};

/// Measures Belfry on this machine, and prints tables.
#[derive(Debug, Parser)]
#[command(name = "bench")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) asked: Asked,
    /// Directory for the results as JSON and the plots [default: print only]
    #[arg(long, global = true, value_name = "DIRECTORY")]
    pub(crate) results: Option<PathBuf>,
}

/// One measurement, or all.
#[derive(Debug, Subcommand)]
pub(crate) enum Asked {
    /// What delivering an event costs, beside a raw broadcaster
    Fanout {
        #[command(flatten)]
        deliveries: Deliveries,
        /// Over TLS, beside a raw broadcaster that encrypts with rustls
        #[arg(long)]
        tls: bool,
    },
    /// What an event costs among ten thousand topics
    Topics(Topics),
    /// What a stream costs on which nothing happens
    Idle(Idle),
    /// How fast many clients at once are greeted and resumed, beside nginx
    Connect(Connect),
    /// Fan-out on the programs that people would otherwise choose
    Peers(Peers),
    /// How many events a second can be published
    Publish {
        /// How many publish at once [default: 1, 8, 64 and 256 in turn]
        publishers: Option<usize>,
    },
    /// How long a returning reader waits for what it missed
    Resume,
    /// What readers cost that are slow and far behind
    SlowReaders,
    /// What readers cost that never read, and what the others notice of them
    Stalled(Stalled),
    /// All of these, in an hour
    All,
    /// Serves as the raw broadcaster
    #[command(hide = true)]
    RawBroadcaster {
        /// Over TLS
        #[arg(long)]
        tls: bool,
    },
    /// Serves with axum's own Sse
    #[command(hide = true)]
    AxumBroadcaster,
}

/// What `all` stands for.
pub(crate) const ALL: [&str; 12] = [
    "publish",
    "resume",
    "slow-readers",
    "stalled",
    "fanout",
    "fanout --saturated --readers 10,1000,10000",
    "fanout --tls --readers 10,1000,10000",
    "topics",
    "idle",
    "connect",
    "peers --readers 1000,10000",
    "peers --saturated --readers 1000,10000",
];

impl Cli {
    /// A line of [`ALL`], with its defaults.
    pub(crate) fn default_of(line: &str) -> Result<Self> {
        Ok(Self::try_parse_from(iter::once("bench").chain(line.split(' ')))?)
    }
}

/// What is delivered, to how many.
#[derive(Debug, Args)]
pub(crate) struct Deliveries {
    #[command(flatten)]
    pub(crate) builds: Builds,
    #[command(flatten)]
    pub(crate) rounds: Rounds,
    /// Numbers of readers, separated by commas
    #[arg(long, default_values_t = [1, 10, 100, 1_000, 10_000], value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) readers: Vec<usize>,
    /// Events per second [default: 20, and 2 from 5,000 readers on]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate: Option<f64>,
    /// Publish as many events as are delivered
    #[arg(long)]
    pub(crate) saturated: bool,
    /// Events that are under way to their readers where as many are published as are delivered
    #[arg(long, default_value_t = 16, value_name = "NUMBER")]
    pub(crate) window: u64,
}

/// How to measure peers.
#[derive(Debug, Args)]
pub(crate) struct Peers {
    #[command(flatten)]
    pub(crate) deliveries: Deliveries,
    /// Only these, such as nchan,express
    #[arg(long, value_delimiter = ',', value_name = "NAMES", value_enum)]
    pub(crate) only: Vec<Peer>,
}

/// How to measure readers that never read.
#[derive(Debug, Args)]
pub(crate) struct Stalled {
    #[command(flatten)]
    pub(crate) builds: Builds,
    /// How many never read where their memory is measured, and how many do where their delays are
    #[arg(long, default_value_t = 1_000, value_name = "NUMBER")]
    pub(crate) readers: usize,
    /// How many never read beside those whose delays are measured
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub(crate) stalled: usize,
    /// Alternating rounds in which delays are measured
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    pub(crate) rounds: usize,
    /// Seconds of each of them; the server cuts off who has read nothing for 30
    #[arg(long, default_value_t = 5.0, value_name = "NUMBER")]
    pub(crate) seconds: f64,
}

/// How to measure many topics.
#[derive(Debug, Args)]
pub(crate) struct Topics {
    #[command(flatten)]
    pub(crate) builds: Builds,
    #[command(flatten)]
    pub(crate) rounds: Rounds,
}

/// How to measure idle streams.
#[derive(Debug, Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    pub(crate) builds: Builds,
    /// Numbers of streams, separated by commas [default: 10000, and as many as there are descriptors for]
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) streams: Option<Vec<usize>>,
    /// Seconds over which heartbeats are measured
    #[arg(long, default_value_t = 60, value_name = "NUMBER")]
    pub(crate) seconds: u64,
}

/// How to measure storms of connections.
#[derive(Debug, Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    pub(crate) builds: Builds,
    /// Numbers of clients, separated by commas
    #[arg(long, default_values_t = [1_000, 5_000, 10_000], value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) clients: Vec<usize>,
    /// Alternating rounds
    #[arg(long, default_value_t = 5, value_name = "NUMBER")]
    pub(crate) rounds: usize,
}

/// What is measured.
#[derive(Clone, Debug, Args)]
pub(crate) struct Builds {
    /// The release that is measured
    #[arg(long, default_value = "target/release/belfry", value_name = "PROGRAM")]
    pub(crate) belfry: PathBuf,
    /// Another build of Belfry, measured in the same rounds; may be repeated
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) against: Vec<PathBuf>,
    /// Keep the log in memory
    #[arg(long)]
    pub(crate) ephemeral: bool,
}

/// How often and how long to measure.
#[derive(Clone, Debug, Args)]
pub(crate) struct Rounds {
    /// Alternating rounds
    #[arg(long, default_value_t = 5, value_name = "NUMBER")]
    pub(crate) rounds: usize,
    /// Seconds that each server is measured for in a round
    #[arg(long, default_value_t = 5.0, value_name = "NUMBER")]
    pub(crate) seconds: f64,
}

impl Builds {
    /// The raw broadcaster first, then each build.
    pub(crate) fn contenders(&self) -> Vec<Contender> {
        let belfry = |name: String, program: &Path| Contender::Belfry {
            name,
            program: program.into(),
            ephemeral: self.ephemeral,
        };
        let mut contenders = vec![Contender::Raw, belfry("Belfry".into(), &self.belfry)];
        let against = self.against.iter();
        contenders.extend(against.map(|program| belfry(program.display().to_string(), program)));
        contenders
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Cli};

    #[test]
    fn every_line_of_all_is_understood() {
        for line in ALL {
            Cli::default_of(line).unwrap();
        }
    }
}
