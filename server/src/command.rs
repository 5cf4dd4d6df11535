//! The command line: arguments go in, what to do comes out.

pub mod serve;
pub mod signals;
pub mod storage;
pub mod token;

use std::fmt;

use clap::{Parser, Subcommand};

use crate::{
    client::{follow, publish, purge},
    config::{self, BadSetting},
};

/// Pushes events, and the server's time, to every browser over Server-Sent Events.
///
/// Open the address in a browser to see the time tick, or read the stream with
/// `curl -N http://127.0.0.1:3000/sse`. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "belfry", version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: config::Flags,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve; the same as no command
    #[command(after_help = AFTER_HELP)]
    Serve(config::Flags),
    /// Print a token that gives the right to publish, to read what is private, or to remove events
    #[command(after_help = token::AFTER_HELP)]
    Token(token::Flags),
    /// Publish an event and print its id
    #[command(after_help = publish::AFTER_HELP)]
    Publish(publish::Flags),
    /// Print what is published to some topics, as it comes
    #[command(after_help = follow::AFTER_HELP)]
    Follow(follow::Flags),
    /// Remove every event of a topic and print how many there were
    #[command(after_help = purge::AFTER_HELP)]
    Purge(purge::Flags),
    /// Write a backup of the log, also while it is served
    #[command(after_help = storage::AFTER_HELP)]
    Backup(storage::BackupFlags),
    /// Make a log from a backup
    #[command(after_help = storage::AFTER_HELP)]
    Restore(storage::RestoreFlags),
    /// Say whether a log is damaged that nobody has open
    #[command(after_help = storage::AFTER_HELP)]
    Check(storage::CheckFlags),
}

const AFTER_HELP: &str = "\
Environment (a flag goes before its variable):
  BELFRY_LISTEN            --listen     (then LEPTOS_SITE_ADDR)
  BELFRY_DATA_DIR          --data-dir
  BELFRY_EPHEMERAL=1       --ephemeral
  BELFRY_RETAIN            --retain
  BELFRY_RETAIN_TOPIC      --retain-topic, with ; between several
  BELFRY_SEND_BUDGET       --send-budget
  BELFRY_RECEIVE_BUDGET    --receive-budget
  BELFRY_JWT_SECRET_FILE   --jwt-secret-file
  BELFRY_JWT_PUBLIC_KEY    --jwt-public-key, with : between several
  BELFRY_INTERVAL          --interval
  BELFRY_PUBLISH_DEADLINE  --publish-deadline
  BELFRY_STATUS            --status
  BELFRY_ROOMS             --rooms
  BELFRY_SITE              --site       (then LEPTOS_SITE_ROOT)
  BELFRY_LOG               --log
  LEPTOS_HASH_FILES=false  the names of the site's files carry no hash

Signals:
  SIGTERM                  ends the streams, and exits within 10 s, when what is under way is done
  SIGINT                   exits within 2 s, when the log is closed
  either of them again     exits at once, whatever hangs

Exit codes:
  0 ended as asked    1 cannot serve (port in use, no site)    2 bad configuration";

impl CommandLine {
    /// What to do: to serve, where nothing else was said.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// Why a command did not end as asked. Printed in one line.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    why: String,
}

impl Failure {
    /// It was asked well, and could not be done.
    pub fn new(why: impl fmt::Display) -> Self {
        Self { code: 1, why: one_line(&why.to_string()) }
    }

    /// It was asked for something that nobody could do.
    pub fn of_use(why: impl fmt::Display) -> Self {
        Self { code: 2, ..Self::new(why) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<BadSetting> for Failure {
    fn from(bad: BadSetting) -> Self {
        Self::of_use(bad)
    }
}

impl From<clap::Error> for Failure {
    /// What clap says in several lines, in one: what stands before the first blank line.
    fn from(error: clap::Error) -> Self {
        let said = error.to_string();
        let lines: Vec<&str> =
            said.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let said = lines.join(" ");
        Self::of_use(format!("{}; see belfry --help", said.trim_start_matches("error: ")))
    }
}

/// What comes from elsewhere neither breaks the line nor speaks to the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(arguments: &[&str]) -> String {
        let line = CommandLine::try_parse_from([&["belfry"], arguments].concat());
        let failure = Failure::from(line.unwrap_err());
        assert_eq!(failure.code, 2);
        failure.to_string()
    }

    #[test]
    fn to_serve_needs_no_word() {
        for arguments in [&["belfry", "--listen", "x"][..], &["belfry", "serve", "--listen", "x"]] {
            let Command::Serve(flags) = CommandLine::parse_from(arguments).command() else {
                panic!("{arguments:?}");
            };
            assert_eq!(flags.listen.as_deref(), Some("x"));
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        assert_eq!(failure(&["serv"]), "unrecognized subcommand 'serv'; see belfry --help");
        assert_eq!(
            failure(&["purge"]),
            "the following required arguments were not provided: <TOPIC>; see belfry --help"
        );
        assert_eq!(Failure::new("a\r\n\u{1b}[31mb").to_string(), "a   [31mb");
    }
}
