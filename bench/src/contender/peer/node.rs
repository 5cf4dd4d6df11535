//! Servers in JavaScript, from `bench/peers`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, contender::Serving, process::Process};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

pub(super) fn installed() -> bool {
    folder().join("node_modules").is_dir()
}

pub(super) fn start(script: &str) -> Result<Serving> {
    let mut command = Command::new("node");
    command.arg(folder().join(script)).env("NODE_ENV", "production");
    Serving::like_belfry(Process::start(command)?)
}
