//! The programs that people would otherwise choose, each with a configuration for many readers.

mod durable_streams;
mod nchan;
mod node;
mod pushpin;

use std::{env, path::Path, process::Command};

use clap::ValueEnum;

use super::Serving;
use crate::{Result, process::Process};

/// Another program that pushes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// The module of nginx.
    Nchan,
    /// Its Rust server from crates.io, with its write-ahead log.
    DurableStreams,
    /// axum's own `Sse` over a broadcast channel.
    Axum,
    /// The tutorial's server.
    Express,
    BetterSse,
    /// In front of nginx, which holds the streams for it.
    Pushpin,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nchan => "nchan",
            Self::DurableStreams => "durable-streams",
            Self::Axum => "axum Sse",
            Self::Express => "Express",
            Self::BetterSse => "better-sse",
            Self::Pushpin => "Pushpin",
        }
    }

    /// What it needs and this machine lacks.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let (needed, there) = match self {
            Self::Nchan => ("nginx with nchan", Path::new(nchan::MODULE).exists()),
            Self::DurableStreams => ("durable-streams-server", in_path("durable-streams-server")),
            Self::Axum => return None,
            Self::Express | Self::BetterSse => ("its npm package", node::installed()),
            Self::Pushpin => ("pushpin and nginx", in_path("pushpin") && in_path("nginx")),
        };
        (!there).then_some(needed)
    }

    pub(super) fn start(self, connections: usize) -> Result<Serving> {
        match self {
            Self::Nchan => nchan::start(connections),
            Self::DurableStreams => durable_streams::start(),
            Self::Axum => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("axum-broadcaster");
                Serving::like_belfry(Process::start(command)?)
            }
            Self::Express => node::start("express.js"),
            Self::BetterSse => node::start("better-sse.js"),
            Self::Pushpin => pushpin::start(connections),
        }
    }
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
