//! Starts this program once more, as the raw broadcaster.

use std::{env, process::Command};

use super::Serving;
use crate::{Result, process::Process};

pub(super) fn start() -> Result<Serving> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("raw-broadcaster");
    Serving::like_belfry(Process::start(command)?)
}
