//! Starts a build of Belfry with an empty log, without limits on a single client.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Security, Serving};
use crate::{Result, folder, process::Process};

/// Connections besides those of the readers: the publishers'.
const OTHERS: usize = 200;

/// On a single client: here, one has everything.
const LIMITS: [&str; 4] = [
    "BELFRY_MAX_STREAMS_PER_CLIENT",
    "BELFRY_MAX_STREAMS_PER_TOKEN",
    "BELFRY_MAX_PUBLISH_RATE",
    "BELFRY_MAX_CONNECTION_RATE",
];

/// How to start it.
pub(super) struct Launch<'a> {
    pub(super) program: &'a Path,
    pub(super) ephemeral: bool,
    pub(super) connections: usize,
    pub(super) security: Security,
}

impl Launch<'_> {
    pub(super) fn start(&self) -> Result<Serving> {
        let folder = folder::temporary()?;
        let mut process = Process::start(self.command(folder.path())?)?;
        let address = process.address()?;
        // Where it listens again if it is started again.
        process.set("BELFRY_LISTEN", &address.to_string());
        let token = Some(token(self.program, folder.path())?);
        Ok(Serving { token, ..Serving::at(address, process, Some(folder)) })
    }

    /// All by variables: a build that does not know one of them starts nevertheless.
    fn command(&self, folder: &Path) -> Result<Command> {
        let mut command = Command::new(self.program);
        command
            .env("BELFRY_LISTEN", "127.0.0.1:0")
            .env("BELFRY_DATA_DIR", folder.join("data"))
            .env("BELFRY_SITE", site(self.program, folder)?)
            .env("BELFRY_LOG", "warn")
            .env("BELFRY_MAX_CONNECTIONS", (self.connections + OTHERS).to_string());
        for limit in LIMITS {
            command.env(limit, "off");
        }
        if self.ephemeral {
            command.env("BELFRY_EPHEMERAL", "true");
        }
        if self.security == Security::Tls {
            command.env("BELFRY_TLS_SELF_SIGNED", "true");
        }
        Ok(command)
    }
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
