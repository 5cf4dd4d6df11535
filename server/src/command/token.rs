//! `belfry token`: rights go in, a token that gives them comes out.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::Failure;
use crate::{
    Clock,
    config::{BadSetting, DataDir, Found, Settings},
    event::{Pattern, check_name},
    token::{Claims, mint, read_secret},
};

/// The longest that a token may last: ten years, as humantime counts them.
const TEN_YEARS: Duration = Duration::from_secs(315_576_000);

pub(super) const AFTER_HELP: &str = "\
A PATTERN is a topic, or the beginning of topics and a *, which a shell wants quoted: 'chat/*'.

The key is read from the data directory; the server need not run, and makes the key at its first
start. Nothing but the token is printed, so that it can stand in another command:
  BELFRY_TOKEN=$(belfry token --publish news) belfry publish news Hello

Environment (a flag goes before its variable):
  BELFRY_DATA_DIR  --data-dir

Exit codes:
  0 printed    1 no key that can be read    2 bad arguments";

/// What a token is to say.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    /// Where the server keeps its key [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// The topics that it may publish to
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    publish: Vec<String>,
    /// The topics whose private events it may read
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    read: Vec<String>,
    /// The topics that it may remove events from
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    purge: Vec<String>,
    /// Whom it is for: a name that the server logs and tells
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// How long it counts, as 30s, 12h or 7d, at most 10y
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    expires: String,
}

/// A token to be.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Where the key is.
    pub data_dir: PathBuf,
    /// The topics that it may publish to.
    pub publish: Vec<Pattern>,
    /// The topics whose private events it may read.
    pub read: Vec<Pattern>,
    /// The topics that it may remove events from.
    pub purge: Vec<Pattern>,
    /// Whom it is for.
    pub subject: Option<String>,
    /// How long it counts from now. Default an hour, at most ten years.
    pub expires: Duration,
}

impl Request {
    /// Reads what the token is to say. The data directory may also come from a variable.
    ///
    /// # Errors
    /// The first argument that cannot be used.
    pub fn from_flags(
        flags: Flags,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        let publish = patterns("--publish", flags.publish)?;
        let read = patterns("--read", flags.read)?;
        let purge = patterns("--purge", flags.purge)?;
        if publish.is_empty() && read.is_empty() && purge.is_empty() {
            let reason = "a token gives at least one right, and --read and --purge are missing too";
            return Err(BadSetting::missing("--publish", reason));
        }
        if let Some(name) = &flags.subject {
            Found::on_the_line("--subject", name.clone())
                .read(|name| check_name("subject", name))?;
        }
        Ok(Self {
            data_dir: DataDir::find(flags.data_dir, &Settings(look_up))?.folder()?,
            publish,
            read,
            purge,
            subject: flags.subject,
            expires: Found::on_the_line("--expires", flags.expires).read(expires)?,
        })
    }

    /// The token.
    ///
    /// # Errors
    /// Where there is no key that can be read.
    pub fn mint(self) -> Result<String, Failure> {
        let secret = read_secret(&self.data_dir).map_err(Failure::new)?;
        let words = |patterns: &[Pattern]| {
            patterns.iter().map(|pattern| pattern.as_str().to_owned()).collect()
        };
        let now = Clock::system().now() / 1_000_000;
        let claims = Claims {
            publish: words(&self.publish),
            read: words(&self.read),
            purge: words(&self.purge),
            exp: now.saturating_add_unsigned(self.expires.as_secs()),
            nbf: None,
            sub: self.subject,
        };
        Ok(mint(&secret, &claims))
    }
}

fn patterns(flag: &'static str, said: Vec<String>) -> Result<Vec<Pattern>, BadSetting> {
    said.into_iter().map(|text| Found::on_the_line(flag, text).read(Pattern::new)).collect()
}

fn expires(value: &str) -> Result<Duration, &'static str> {
    let expires = humantime::parse_duration(value)
        .map_err(|_| "not a number with a unit, as 30s, 12h or 7d")?;
    if (Duration::from_secs(1)..=TEN_YEARS).contains(&expires) {
        Ok(expires)
    } else {
        Err("not from 1s to 10y")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::{Command, CommandLine};

    fn request(arguments: &[&str]) -> Result<Request, String> {
        let line = [&["belfry", "token"], arguments].concat();
        let line = CommandLine::try_parse_from(line).map_err(|error| error.to_string())?;
        let Command::Token(flags) = line.command() else { panic!("{arguments:?}") };
        let home = |name: &str| (name == "HOME").then(|| "/ada".to_owned());
        Request::from_flags(flags, home).map_err(|bad| bad.to_string())
    }

    fn patterns(said: &[&str]) -> Vec<Pattern> {
        said.iter().map(|text| Pattern::new(text).unwrap()).collect()
    }

    #[test]
    fn several_patterns_follow_one_flag_or_several() {
        let line =
            "--publish news chat/* --read * --publish b --subject ada --expires 7d --data-dir d";
        let said: Vec<_> = line.split(' ').collect();
        assert_eq!(
            request(&said),
            Ok(Request {
                data_dir: "d".into(),
                publish: patterns(&["news", "chat/*", "b"]),
                read: patterns(&["*"]),
                purge: Vec::new(),
                subject: Some("ada".into()),
                expires: Duration::from_secs(7 * 24 * 3600),
            })
        );
    }

    #[test]
    fn a_token_counts_for_an_hour_unless_told_otherwise() {
        let request = request(&["--purge", "a"]).unwrap();
        assert_eq!(request.expires, Duration::from_secs(3600));
        assert_eq!(request.data_dir, PathBuf::from("/ada/.local/share/belfry"));
        assert_eq!(expires("10y"), Ok(TEN_YEARS));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let said = |arguments: &[&str]| request(arguments).unwrap_err();
        assert!(said(&[]).starts_with("--publish is needed: a token gives at least one right"));
        assert_eq!(
            said(&["--read", "a**"]),
            r#"--read is "a**": the pattern has a * before its end"#
        );
        let with = |flag: &'static str, value: &'static str| said(&["--read", "a", flag, value]);
        assert_eq!(with("--subject", ""), r#"--subject is "": the subject is empty"#);
        assert_eq!(with("--expires", "0s"), r#"--expires is "0s": not from 1s to 10y"#);
        assert_eq!(with("--expires", "11y"), r#"--expires is "11y": not from 1s to 10y"#);
        assert!(with("--expires", "soon").ends_with("not a number with a unit, as 30s, 12h or 7d"));
    }
}
