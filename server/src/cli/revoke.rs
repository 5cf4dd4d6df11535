//! `belfry revoke`: takes back a token, a session, or whatever was issued to a subject, before it expires.

use std::io::{Read, Write};

use belfry_hub::{Clock, event::check_name};
use clap::{ArgGroup, Args};

use crate::{
    config::{DataDir, Setting},
    failure::Failure,
    stdout::print_line,
    token::{
        LARGEST_TOKEN, LAST_SECOND, Revocations, credential, read_secret, revocations::Entry,
        unverified_end,
    },
};

pub(super) const AFTER_HELP: &str = "\
Revoking a token also ends the sessions that began with it. Give - as TOKEN to read it from standard input:
on the command line, other users of the machine can see it.

The list of revocations is in the data directory. The server need not be running; if it is, it notices
within a second and ends the streams. What was revoked stays revoked until it would have expired.

Exit codes:
  0 revoked    1 no readable key, or revocation not stored    2 invalid arguments";

/// What to revoke.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct Flags {
    /// Directory in which the server keeps its key [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, env = "BELFRY_DATA_DIR", hide_env_values = true, value_name = "DIRECTORY")]
    data_dir: Option<Setting>,
    /// Token to revoke, or - to read it from standard input
    #[arg(group = "what")]
    token: Option<Setting>,
    /// Revoke every token and session issued to NAME until now; tokens issued later are valid
    #[arg(long, group = "what", value_name = "NAME")]
    subject: Option<Setting>,
    /// Revoke a session by its id, which the server logs at sign-in
    #[arg(long, group = "what", value_name = "ID")]
    session: Option<Setting>,
}

/// Revokes. It is on disk when this returns.
///
/// # Errors
/// If an argument is invalid, or it cannot be written.
pub fn revoke(
    flags: Flags,
    look_up: impl Fn(&str) -> Option<String>,
    input: impl Read,
    out: impl Write,
) -> Result<(), Failure> {
    let folder = DataDir::find(flags.data_dir, look_up)?.folder()?;
    let (entry, what) = if let Some(name) = &flags.subject {
        subject(name)?
    } else if let Some(id) = &flags.session {
        session(id)?
    } else {
        token(flags.token.map(Setting::into_value).unwrap_or_default(), input)?
    };
    // In another folder it would be written and never read.
    read_secret(&folder).map_err(Failure::new)?;
    Revocations::append(&folder, entry).map_err(Failure::new)?;
    print_line(out, &format!("revoked {what}"))
}

fn subject(name: &Setting) -> Result<(Entry, String), Failure> {
    name.read(|name| check_name("subject", name))?;
    let name = name.value().to_owned();
    let what = format!("every token and session issued to {name} until now");
    let through = Clock::system().now() / 1_000_000;
    Ok((Entry::Subject { name, through }, what))
}

fn session(id: &Setting) -> Result<(Entry, String), Failure> {
    let number = id.read(|id| {
        credential::read(id).ok_or("must be the 32 hexadecimal digits that the server logs")
    })?;
    Ok((Entry::Credential { number, until: LAST_SECOND }, "the session".to_owned()))
}

/// Nobody verifies the token: the key may be somebody else's. It is not repeated in errors.
fn token(said: String, input: impl Read) -> Result<(Entry, String), Failure> {
    let mut token = said;
    if token == "-" {
        token.clear();
        input.take(LARGEST_TOKEN as u64 + 2).read_to_string(&mut token).map_err(Failure::new)?;
    }
    let token = token.trim();
    let until = unverified_end(token).filter(|_| token.len() <= LARGEST_TOKEN);
    let until = until.ok_or_else(|| {
        Failure::of_use("TOKEN must be a whole token, with three parts and an exp; see --subject")
    })?;
    let number = credential::of_token(token);
    let what = "the token, and the sessions that began with it".to_owned();
    Ok((Entry::Credential { number, until }, what))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        cli::{Command, parsed},
        token::{Authority, Claims, Keys, TokenError, mint},
    };

    /// Revokes in a folder, and returns what is printed.
    fn run(folder: &TempDir, arguments: &[&str], input: &str) -> Result<String, (u8, String)> {
        let of_clap = |error: clap::Error| Failure::from(error);
        let line = [&["belfry", "revoke"], arguments].concat();
        let folder = folder.path().display().to_string();
        let mut out = Vec::new();
        let done = parsed(line, &[("BELFRY_DATA_DIR", &folder)]).map_err(of_clap).and_then(|it| {
            let Command::Revoke(flags) = it else { panic!("{it:?}") };
            revoke(flags, |_| None, input.as_bytes(), &mut out)
        });
        done.map_err(|failure| (failure.code, failure.to_string()))?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// A folder with a key, and a token of Ada's.
    fn served() -> (TempDir, String) {
        let folder = TempDir::new().unwrap();
        Keys::generated(folder.path()).unwrap();
        let now = Clock::system().now() / 1_000_000;
        let claims = Claims {
            sub: Some("Ada".into()),
            exp: now + 1000,
            iat: Some(now - 9),
            ..Claims::default()
        };
        let token = mint(&read_secret(folder.path()).unwrap(), &claims);
        (folder, token)
    }

    fn authority(folder: &TempDir) -> Authority {
        let keys = Keys::generated(folder.path()).unwrap();
        Authority::new(keys, Revocations::open(folder.path()).unwrap()).unwrap()
    }

    #[test]
    fn what_is_revoked_is_not_valid_from_the_next_start_on() {
        for way in ["token", "input", "subject", "session", "session's cookie"] {
            let (folder, token) = served();
            let now = Clock::system().now();
            let session = authority(&folder).begin_session(&token, now).unwrap();
            assert!(authority(&folder).verify_cookie(&session.cookie, now).is_ok());
            let arguments = match way {
                "token" => vec![&*token],
                "input" => vec!["-"],
                "subject" => vec!["--subject", "Ada"],
                "session" => vec!["--session", &*session.id],
                _ => vec![&*session.cookie],
            };
            let said = run(&folder, &arguments, &format!("{token}\n")).unwrap();
            assert!(said.starts_with("revoked ") && !said.contains(&token), "{said}");
            let authority = authority(&folder);
            let ended = authority.verify_cookie(&session.cookie, now);
            assert_eq!(ended, Err(TokenError::Ended), "{way}");
            let revoked = authority.verify(&token, now).err();
            let expected = (!way.starts_with("session")).then_some(TokenError::Revoked);
            assert_eq!(revoked, expected, "{way}");
        }
    }

    #[test]
    fn what_cannot_be_revoked_is_said_in_one_line_without_the_token() {
        let (folder, token) = served();
        let half = &token[..token.len() / 2];
        let whole = "TOKEN must be a whole token, with three parts and an exp; see --subject";
        for wrong in [half, "", "x", "--", "a.b.c"] {
            assert_eq!(run(&folder, &["-"], wrong), Err((2, whole.to_owned())), "{wrong}");
        }
        for (arguments, why) in [
            (&[][..], "the following required arguments were not provided"),
            (&["--subject", "Ada", "--session", "x"], "the argument '--subject <NAME>' cannot be"),
            (&["--subject", "a\u{202e}b"], "subject must not contain U+202E"),
            (&["--session", "x"], "must be the 32 hexadecimal digits that the server logs"),
        ] {
            let (code, said) = run(&folder, arguments, "").unwrap_err();
            assert!(code == 2 && said.contains(why), "{said}");
        }
        let nowhere = TempDir::new().unwrap();
        let (code, said) = run(&nowhere, &["--subject", "Ada"], "").unwrap_err();
        assert!(code == 1 && said.starts_with("cannot use the key file "), "{said}");
        assert_eq!(fs::read_dir(nowhere.path()).unwrap().count(), 0);
    }
}
