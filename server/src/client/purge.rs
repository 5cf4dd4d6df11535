//! `belfry purge`: a topic goes in, how many events it had comes out.

use std::io::Write;

use clap::Args;
use serde::Deserialize;

use super::{Server, ServerFlags, print_line, timeout, topic_as_said};
use crate::command::Failure;

pub(crate) const AFTER_HELP: &str = "\
Events that were published to other topics too are removed from those as well. In their place stands
an event of the type purged, so that open pages drop what they show, and who comes back later too.

Environment (a flag goes before its variable):
  BELFRY_URL    --url
  BELFRY_TOKEN  --token
  SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY  as for other programs

Exit codes:
  0 removed    1 refused, or not reached in time    2 bad arguments";

/// What to remove.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    server: ServerFlags,
    /// The topic
    topic: String,
    /// How long all attempts together may take
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    timeout: String,
}

/// Removes every event of a topic, and prints how many there were.
///
/// # Errors
/// Where an argument cannot be used, the server refuses, or it is not reached in time.
pub fn purge(
    flags: Flags,
    look_up: impl Fn(&str) -> Option<String>,
    out: impl Write,
) -> Result<(), Failure> {
    let server = Server::from_flags(flags.server, look_up)?;
    let place = server.topic(&topic_as_said(flags.topic)?);
    let timeout = timeout(flags.timeout)?;
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
