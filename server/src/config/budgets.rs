//! How much memory is for what waits to be sent, and for what comes in, from flags and variables.

use clap::Args;

use super::{
    retention,
    setting::{Reason, Setting},
};

/// The least that a budget may have, in bytes: a client gets a sixteenth.
const LEAST_BUDGET: usize = 1 << 20;

/// The flags of memory.
#[derive(Clone, Debug, Args)]
pub struct BudgetFlags {
    /// Memory for data waiting to be sent, across all connections; an event that many readers are waiting
    /// for counts once. Each client gets at most a sixteenth [default: 256MiB]
    #[arg(long, env = "BELFRY_SEND_BUDGET", hide_env_values = true, value_name = "SIZE")]
    pub send_budget: Option<Setting>,
    /// Memory for the request bodies being received. Each client gets at most a sixteenth
    /// [default: 64MiB]
    #[arg(long, env = "BELFRY_RECEIVE_BUDGET", hide_env_values = true, value_name = "SIZE")]
    pub receive_budget: Option<Setting>,
}

pub(super) fn budget(value: &str) -> Result<usize, Reason> {
    let bytes = retention::size(value)?.try_into().unwrap_or(usize::MAX);
    if bytes < LEAST_BUDGET { Err("must be at least 1MiB".into()) } else { Ok(bytes) }
}
