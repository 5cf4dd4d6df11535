//! `belfry token`: makes a token that gives the rights asked for.

use std::{path::PathBuf, time::Duration};

use belfry_hub::{
    Clock,
    event::{Pattern, check_name},
};
use clap::Args;

use crate::{
    config::{BadSetting, DataDir, Setting},
    failure::Failure,
    token::{Claims, mint, read_secret},
};

/// The longest that a token may last: ten years, as humantime counts them.
const TEN_YEARS: Duration = Duration::from_secs(315_576_000);

pub(super) const AFTER_HELP: &str = "\
A PATTERN is a topic, or a prefix followed by *. Quote the * in a shell: 'chat/*'.

The key is read from the data directory, where the server creates it on its first start. The server need
not be running. Only the token is printed, so you can use this command inside another one:
  BELFRY_TOKEN=$(belfry token --publish news) belfry publish news Hello

Exit codes:
  0 printed    1 no readable key    2 invalid arguments";

/// What a token should contain.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    /// Directory in which the server keeps its key [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, env = "BELFRY_DATA_DIR", hide_env_values = true, value_name = "DIRECTORY")]
    data_dir: Option<Setting>,
    /// Topics the token may publish to
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    publish: Vec<Setting>,
    /// Topics whose private events the token may read
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    read: Vec<Setting>,
    /// Topics the token may remove events from
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    purge: Vec<Setting>,
    /// Name of the holder, shown on their pages and in their streams
    #[arg(long, value_name = "NAME")]
    subject: Option<Setting>,
    /// Lifetime of the token, such as 30s, 12h or 7d; at most 10y
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    expires: Setting,
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
    /// The token's holder.
    pub subject: Option<String>,
    /// Its lifetime from now on. Default an hour, at most ten years.
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
        let publish = patterns(&flags.publish)?;
        let read = patterns(&flags.read)?;
        let purge = patterns(&flags.purge)?;
        if publish.is_empty() && read.is_empty() && purge.is_empty() {
            let reason = "a token needs at least one of --publish, --read and --purge";
            return Err(BadSetting::missing("--publish", reason));
        }
        if let Some(name) = &flags.subject {
            name.read(|name| check_name("subject", name))?;
        }
        Ok(Self {
            data_dir: DataDir::find(flags.data_dir, look_up)?.folder()?,
            publish,
            read,
            purge,
            subject: flags.subject.map(Setting::into_value),
            expires: flags.expires.read(expires)?,
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
            iat: Some(now),
            sub: self.subject,
        };
        Ok(mint(&secret, &claims))
    }
}

fn patterns(said: &[Setting]) -> Result<Vec<Pattern>, BadSetting> {
    said.iter().map(|pattern| pattern.read(Pattern::new)).collect()
}

fn expires(value: &str) -> Result<Duration, &'static str> {
    let expires = humantime::parse_duration(value)
        .map_err(|_| "must be a number with a unit, such as 30s, 12h or 7d")?;
    if (Duration::from_secs(1)..=TEN_YEARS).contains(&expires) {
        Ok(expires)
    } else {
        Err("must be from 1s to 10y")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parsed};

    fn request(arguments: &[&str]) -> Result<Request, String> {
        let line = [&["belfry", "token"], arguments].concat();
        let command = parsed(line, &[]).map_err(|error| error.to_string())?;
        let Command::Token(flags) = command else { panic!("{arguments:?}") };
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
        assert!(said(&[]).starts_with("--publish is missing: a token needs at least one of"));
        assert_eq!(
            said(&["--read", "a**"]),
            r#"invalid value "a**" for --read: pattern must not contain * except at its end"#
        );
        let with = |flag: &'static str, value: &'static str| said(&["--read", "a", flag, value]);
        assert_eq!(
            with("--subject", ""),
            r#"invalid value "" for --subject: subject must not be empty"#
        );
        assert_eq!(
            with("--expires", "0s"),
            r#"invalid value "0s" for --expires: must be from 1s to 10y"#
        );
        assert_eq!(
            with("--expires", "11y"),
            r#"invalid value "11y" for --expires: must be from 1s to 10y"#
        );
        assert!(
            with("--expires", "soon")
                .ends_with("must be a number with a unit, such as 30s, 12h or 7d")
        );
    }
}
