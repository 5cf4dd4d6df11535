//! Starts a build of Belfry with an empty log, without limits on a single client.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Serving;
use crate::{Result, folder, process::Process};

/// Connections besides those of the readers: the publishers'.
const OTHERS: usize = 200;

pub(super) fn start(program: &Path, ephemeral: bool, connections: usize) -> Result<Serving> {
    let folder = folder::temporary()?;
    // All by variables: a build that does not know one of them starts nevertheless.
    let mut command = Command::new(program);
    command
        .env("BELFRY_LISTEN", "127.0.0.1:0")
        .env("BELFRY_DATA_DIR", folder.path().join("data"))
        .env("BELFRY_SITE", site(program, folder.path())?)
        .env("BELFRY_LOG", "warn")
        .env("BELFRY_MAX_CONNECTIONS", (connections + OTHERS).to_string());
    for limit in [
        "MAX_STREAMS_PER_CLIENT",
        "MAX_STREAMS_PER_TOKEN",
        "MAX_PUBLISH_RATE",
        "MAX_CONNECTION_RATE",
    ] {
        command.env(format!("BELFRY_{limit}"), "off");
    }
    if ephemeral {
        command.env("BELFRY_EPHEMERAL", "true");
    }
    let mut process = Process::start(&mut command)?;
    let address = process.address()?;
    let token = Some(token(program, folder.path())?);
    Ok(Serving { process, address, token, _folder: Some(folder) })
}

/// Its pages: those built with it, or empty ones.
fn site(program: &Path, folder: &Path) -> Result<PathBuf> {
    let program = program.canonicalize()?;
    let built = program.ancestors().nth(2).map(|target| target.join("site"));
    if let Some(built) = built.filter(|site| site.join("pkg").is_dir()) {
        return Ok(built);
    }
    let site = folder.join("site");
    fs::create_dir_all(site.join("pkg"))?;
    for kind in ["js", "wasm", "css"] {
        fs::write(site.join(format!("pkg/belfry.{kind}")), "")?;
    }
    Ok(site)
}

fn token(program: &Path, folder: &Path) -> Result<String> {
    let printed = Command::new(program)
        .args(["token", "--publish", "*", "--expires", "12h", "--data-dir"])
        .arg(folder.join("data"))
        .stderr(Stdio::inherit())
        .output()?;
    let token = String::from_utf8(printed.stdout)?.trim().to_owned();
    if token.is_empty() { Err("belfry token printed no token".into()) } else { Ok(token) }
}
