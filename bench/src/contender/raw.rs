//! Starts this program once more, as the raw broadcaster.

use std::{env, process::Command};

use super::Serving;
use crate::{Result, process::Process};

pub(super) fn start() -> Result<Serving> {
    let mut process = Process::start(Command::new(env::current_exe()?).arg("raw-broadcaster"))?;
    let address = process.address()?;
    Ok(Serving { process, address, token: None, _folder: None })
}
