//! `belfry purge`: removes a topic's events, and prints how many there were.

use std::io::Write;

use clap::Args;
use serde::Deserialize;

use super::{Server, ServerFlags, timeout, topic_as_said};
use crate::{config::Setting, failure::Failure, stdout::print_line};

pub(crate) const AFTER_HELP: &str = "\
Events that were also published to other topics are removed from those too. An event of type purged
takes their place, so that open pages and returning readers drop what they show.

Environment:
  SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY  as in other programs

Exit codes:
  0 removed    1 refused, or server not reached in time    2 invalid arguments";

/// What to remove.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    pub(super) server: ServerFlags,
    /// Topic to empty
    topic: Setting,
    /// Time limit for all attempts together
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    timeout: Setting,
}

/// Removes every event of a topic, and prints how many there were.
///
/// # Errors
/// If an argument is invalid, the server refuses, or it is not reached in time.
pub fn purge(flags: Flags, out: impl Write) -> Result<(), Failure> {
    let server = Server::from_flags(flags.server)?;
    let place = server.topic(&topic_as_said(&flags.topic)?);
    let timeout = timeout(&flags.timeout)?;
    let answer = server.ask(timeout, |agent| server.as_whom(agent.delete(&place)).call())?;
    let removed =
        serde_json::from_slice::<Removed>(&answer.body).map_err(|_| server.not_belfry())?;
    print_line(out, &removed.removed.to_string())
}

/// What the server answers.
#[derive(Deserialize)]
struct Removed {
    removed: u64,
}
