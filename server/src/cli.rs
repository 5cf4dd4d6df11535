//! The command line: parses the arguments into the command to run.
//!
//! - [`serve`], [`takeover`], [`signals`], [`systemd`]: the server; [`token`], [`revoke`], [`storage`]: what works beside it; [`remote`]:
//!   what talks to one

pub mod remote;
pub mod revoke;
pub mod serve;
pub mod signals;
pub mod storage;
pub mod systemd;
pub mod takeover;
pub mod token;

use clap::{Parser, Subcommand};

use crate::config;
use remote::{follow, publish, purge};

/// Push events, and the server's time, to every browser over Server-Sent Events.
///
/// Without a command, belfry runs the server. Open its address in a browser to see the time tick, or read
/// the stream with `curl -N http://127.0.0.1:3000/sse`.
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
#[expect(clippy::large_enum_variant, reason = "there is one, for as long as it is read")]
pub enum Command {
    /// Run the server; the default without a command
    #[command(after_help = AFTER_HELP)]
    Serve(config::Flags),
    /// Print a token that grants the right to publish, to read private events or to remove events
    #[command(after_help = token::AFTER_HELP)]
    Token(token::Flags),
    /// Revoke a token, a session or everything issued to a subject, before it expires
    #[command(after_help = revoke::AFTER_HELP)]
    Revoke(revoke::Flags),
    /// Publish an event and print its id
    #[command(after_help = publish::AFTER_HELP)]
    Publish(publish::Flags),
    /// Print the events of topics as they are published
    #[command(after_help = follow::AFTER_HELP)]
    Follow(follow::Flags),
    /// Remove all events of a topic and print how many there were
    #[command(after_help = purge::AFTER_HELP)]
    Purge(purge::Flags),
    /// Back up the log, even while the server is running
    #[command(after_help = storage::AFTER_HELP)]
    Backup(storage::BackupFlags),
    /// Create a log from a backup
    #[command(after_help = storage::AFTER_HELP)]
    Restore(storage::RestoreFlags),
    /// Check for damage in a log that no server is using, and repair it if asked to
    #[command(after_help = storage::AFTER_HELP)]
    Check(storage::CheckFlags),
}

const AFTER_HELP: &str = "\
Environment (a flag takes precedence over its variable; an empty variable is ignored):
  BELFRY_LISTEN              separated by ,
  BELFRY_REDIRECT_HTTP       separated by ,
  BELFRY_TRUSTED_PROXY       separated by ,
  BELFRY_PROXY_PROTOCOL      separated by ,
  BELFRY_TLS_CERT            separated by :
  BELFRY_TLS_KEY             separated by :
  BELFRY_JWT_PUBLIC_KEY      separated by :
  BELFRY_ACME_DOMAIN         separated by spaces
  BELFRY_ACME_CONTACT        separated by spaces
  BELFRY_HOST                separated by spaces
  BELFRY_ALLOW_ORIGIN        separated by spaces
  BELFRY_RETAIN_TOPIC        separated by ;
  BELFRY_EPHEMERAL           1 or true, 0 or false
  BELFRY_TAKEOVER            1 or true, 0 or false
  BELFRY_TLS_SELF_SIGNED     1 or true, 0 or false
  BELFRY_CROSS_SITE_COOKIES  1 or true, 0 or false
  LEPTOS_SITE_ADDR           --listen, if BELFRY_LISTEN is not set
  LEPTOS_SITE_ROOT           --site, if BELFRY_SITE is not set
  LEPTOS_HASH_FILES=false    use site files without a hash in their names

Signals:
  SIGTERM                    end the streams, finish pending requests and exit, within --drain
  SIGINT                     close the log and exit, within 2 s
  SIGHUP                     reload the TLS certificates
  a second signal            exit at once, even if something hangs

Exit codes:
  0 stopped on request    1 cannot serve (port in use, no site)    2 invalid configuration";

impl CommandLine {
    /// The command; `serve` if none was given.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// Parses a command line with variables that are as they are here, whatever the environment holds.
#[cfg(test)]
pub(crate) fn parsed<'a>(
    line: impl IntoIterator<Item = &'a str>,
    variables: &[(&str, &str)],
) -> Result<Command, clap::Error> {
    use clap::{Arg, CommandFactory, FromArgMatches};

    let variable = |argument: Arg| {
        let name = argument.get_env().and_then(|name| name.to_str());
        let value = variables.iter().find(|(variable, _)| Some(*variable) == name);
        match value {
            // One that stands for it: the environment is not to be written to.
            Some((_, value)) => argument.default_value((*value).to_owned().leak() as &str),
            None => argument.env(None::<&str>),
        }
    };
    let commands = |command: clap::Command| command.mut_args(variable);
    let mut command =
        <CommandLine as CommandFactory>::command().mut_args(variable).mut_subcommands(commands);
    let matches = command.try_get_matches_from_mut(line)?;
    CommandLine::from_arg_matches(&matches).map(CommandLine::command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

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
            assert_eq!(flags.listen[0].value(), "x");
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
