//! Stands in for cargo-generate, which makes new projects: only what cargo-leptos uses of it.

use std::path::PathBuf;

use anyhow::{Result, bail};

#[derive(Default)]
pub struct GenerateArgs {
    pub template_path: TemplatePath,
    pub name: Option<String>,
    pub force: bool,
    pub verbose: bool,
    pub init: bool,
}

#[derive(Default)]
pub struct TemplatePath {
    pub git: Option<String>,
    pub branch: Option<String>,
    pub tag: Option<String>,
    pub path: Option<String>,
    pub subfolder: Option<String>,
}

pub fn generate(_: GenerateArgs) -> Result<PathBuf> {
    bail!("this cargo-leptos was built by Belfry's scripts/setup, without `cargo leptos new`")
}
