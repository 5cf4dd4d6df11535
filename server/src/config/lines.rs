//! What is logged on stderr, and how, from flags and variables.

use clap::Args;
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::setting::{Reason, Setting};

/// The flags of the log on stderr.
#[derive(Clone, Debug, Args)]
pub struct LineFlags {
    /// Log level: error, warn, info, debug, trace or off; also by module, as in info,server::edge=debug
    /// [default: info]
    #[arg(long, env = "BELFRY_LOG", hide_env_values = true, value_name = "FILTER")]
    pub log: Option<Setting>,
    /// How lines are logged: text, or json for one JSON object each [default: text]
    #[arg(long, env = "BELFRY_LOG_FORMAT", hide_env_values = true, value_name = "text|json")]
    pub log_format: Option<Setting>,
    /// Whether to log a line for each request when it is done: on or off. A stream is done when it ends
    /// [default: off]
    #[arg(long, env = "BELFRY_ACCESS_LOG", hide_env_values = true, value_name = "on|off")]
    pub access_log: Option<Setting>,
}

/// A lone word must be a level: `tracing` would take any other for the name of a module and log nothing.
pub(super) fn filter(value: &str) -> Result<Targets, Reason> {
    for word in value.split(',').filter(|part| !part.contains('=')) {
        if word.parse::<LevelFilter>().is_err() {
            let must = format!("\"{word}\" must be error, warn, info, debug, trace or off");
            return Err(must.into());
        }
    }
    Ok(value.parse()?)
}

pub(super) fn on_or_off(value: &str) -> Result<bool, &'static str> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off"),
    }
}
