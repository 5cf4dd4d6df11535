//! Starts this program once more, as the raw broadcaster.

use std::{env, process::Command};

use super::{Security, Serving};
use crate::{Result, process::Process};

pub(super) fn start(security: Security) -> Result<Serving> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("raw-broadcaster");
    if security == Security::Tls {
        command.arg("--tls");
    }
    Serving::like_belfry(Process::start(command)?)
}
