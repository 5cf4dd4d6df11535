//! cargo-leptos, as its own `main` runs it.

use std::env;

use cargo_leptos::{config::Cli, logger, run};
use clap::Parser;

#[tokio::main]
async fn main() -> color_eyre::Result<()> {
    color_eyre::install()?;
    // As `cargo leptos`, the first argument is "leptos".
    let called_by_cargo = env::args().nth(1).is_some_and(|word| word == "leptos");
    let words = env::args().enumerate().filter(|(place, _)| !(called_by_cargo && *place == 1));
    let line = Cli::parse_from(words.map(|(_, word)| word));
    logger::setup(line.opts().map_or(0, |options| options.verbose), &line.log);
    run(line).await
}
