//! The commands that talk to a server: what they share of flags, requests and output.

mod answer;
mod attempts;
mod back_off;
pub mod broken_pipe;
pub mod follow;
pub mod publish;
pub mod purge;
pub mod stream;

use std::{io, ops::RangeInclusive, time::Duration};

use axum::http::{
    HeaderValue, Uri,
    header::{AUTHORIZATION, LOCATION},
};
use belfry_hub::event::Topic;
use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::{
    Agent, RequestBuilder,
    config::ConfigBuilder,
    tls::{RootCerts, TlsConfig},
    typestate::AgentScope,
};
use wire::{paths::TOPICS_PATH, problem::ProblemDocument};

use answer::Answer;

use crate::{
    config::{BadSetting, Setting, duration, given},
    failure::Failure,
};

/// The characters that need no encoding in a path ([RFC 3986, section
/// 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)).
const NOT_IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The timeouts for resolving the server's name and for connecting.
const REACHED_WITHIN: Duration = Duration::from_secs(10);

/// The limits of `--timeout`.
const TIMEOUTS: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(24 * 3600);

/// Which server to speak to, and as whom.
#[derive(Clone, Debug, Args)]
pub struct ServerFlags {
    /// URL of the server, with its path prefix if it has one [default: http://127.0.0.1:3000]
    #[arg(long, env = "BELFRY_URL", hide_env_values = true, value_name = "URL")]
    url: Option<Setting>,
    /// Token made by `belfry token`. Set BELFRY_TOKEN instead if you can: other users of this machine can
    /// see command lines
    #[arg(long, env = "BELFRY_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<Setting>,
}

/// A server to speak to.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its address, without a slash at the end.
    base: String,
    /// What is sent as `Authorization`.
    authorization: Option<HeaderValue>,
    /// The token comes from the environment, not from this command's flags.
    token_was_there: bool,
}

impl Server {
    /// Finds the server.
    ///
    /// # Errors
    /// If the URL is invalid, or the token cannot be sent.
    pub fn from_flags(flags: ServerFlags) -> Result<Self, BadSetting> {
        let base = match given(flags.url) {
            Some(url) => url.read(base)?,
            None => "http://127.0.0.1:3000".into(),
        };
        let token_was_there = flags.token.as_ref().is_none_or(Setting::is_variable);
        let token = flags.token.filter(|token| !token.value().is_empty());
        let authorization = token.as_ref().map(authorization).transpose()?;
        Ok(Self { base, authorization, token_was_there })
    }

    /// Drops a token that came from the environment, for requests that work without one. Returns whether
    /// there was one.
    fn forget_token(&mut self) -> bool {
        self.token_was_there && self.authorization.take().is_some()
    }

    /// The URL of a topic.
    fn topic(&self, topic: &Topic) -> String {
        let segments = topic.as_str().split('/');
        let encoded: Vec<_> = segments
            .map(|segment| utf8_percent_encode(segment, NOT_IN_PATHS).to_string())
            .collect();
        format!("{}{TOPICS_PATH}/{}", self.base, encoded.join("/"))
    }

    /// The settings of every request: no status is an error in itself, redirects are not followed, so that
    /// the token is not sent elsewhere, and the machine's certificate store is trusted.
    fn agent() -> ConfigBuilder<AgentScope> {
        let roots = RootCerts::PlatformVerifier;
        Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("belfry/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(REACHED_WITHIN))
            .timeout_connect(Some(REACHED_WITHIN))
    }

    /// Adds the token to a request.
    fn as_whom<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// Why a request was refused, in the server's words if it gave any.
    fn refusal(&self, answer: &Answer) -> Failure {
        let status = answer.status;
        if let Ok(problem) = serde_json::from_slice::<ProblemDocument>(&answer.body) {
            return Failure::new(format_args!("{} ({status})", problem.detail));
        }
        match answer.headers.get(LOCATION) {
            Some(place) => {
                let place = String::from_utf8_lossy(place.as_bytes());
                Failure::new(format_args!(
                    "{} redirects to {place} ({status}); redirects are not followed",
                    self.base
                ))
            }
            None => Failure::new(format_args!("{} answered {status}", self.base)),
        }
    }

    /// The error for a 200 that is not an answer of Belfry's.
    fn not_belfry(&self) -> Failure {
        Failure::new(format_args!("{} is not a Belfry server", self.base))
    }

    /// Why there is no answer.
    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let said = match error {
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        Failure::new(format_args!("cannot reach {}: {said}", self.base))
    }
}

/// Whether the same request would fail again: the request itself is wrong, or something other than the
/// server answered.
fn is_hopeless(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => error.kind() == io::ErrorKind::InvalidData,
        ureq::Error::Timeout(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            false
        }
        // Half an answer was cut off.
        ureq::Error::Protocol(_) => false,
        _ => true,
    }
}

/// Reads the address of a server.
fn base(url: &str) -> Result<String, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "must be a URL, such as https://example.org")?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    if !web || uri.host().is_none_or(str::is_empty) {
        return Err("must have the form http://HOST:PORT or https://HOST");
    }
    if uri.query().is_some() || url.contains('#') {
        return Err("must not have a query (?) or a fragment (#)");
    }
    Ok(url.trim_end_matches('/').into())
}

fn authorization(token: &Setting) -> Result<HeaderValue, BadSetting> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.value().trim()));
    let mut value = value.map_err(|_| token.hidden("must be one line of printable characters"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads how long a command may take.
fn timeout(timeout: &Setting) -> Result<Duration, BadSetting> {
    timeout.read(|value| {
        let timeout = duration(value)?;
        if TIMEOUTS.contains(&timeout) { Ok(timeout) } else { Err("must be from 100ms to 1d") }
    })
}

/// Reads a topic of the command line, to publish to.
fn topic(name: &Setting) -> Result<Topic, BadSetting> {
    name.read(Topic::new)
}

/// Reads a topic from the command line exactly as given: the server knows what it may mean.
fn topic_as_said(name: &Setting) -> Result<Topic, BadSetting> {
    name.read(Topic::exactly)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;
    use crate::cli::{Command, parsed};

    fn server(url: Option<&str>, token: Option<&str>) -> Result<Server, String> {
        let said = [("--url", url), ("--token", token)];
        let said = said.into_iter().filter_map(|(flag, value)| Some([flag, value?])).flatten();
        let line = ["belfry", "purge", "a"].into_iter().chain(said);
        let Command::Purge(flags) = parsed(line, &[]).unwrap() else { panic!() };
        Server::from_flags(flags.server).map_err(|bad| bad.to_string())
    }

    #[test]
    fn the_address_may_have_a_path_and_nothing_after_it() {
        let base = |url| server(Some(url), None).map(|server| server.base);
        assert_eq!(server(None, None).unwrap().base, "http://127.0.0.1:3000");
        assert_eq!(base("https://example.org/hub/"), Ok("https://example.org/hub".into()));
        for bad in ["example.org", "localhost:3000", "ftp://a", "http://", "", "http://a b", "/a"] {
            assert!(
                base(bad).unwrap_err().starts_with(&format!("invalid value {bad:?} for --url: "))
            );
        }
        assert!(base("http://a?b").unwrap_err().contains("must not have a query (?)"));
        assert!(base("http://a#b").unwrap_err().contains("must not have a query (?)"));
    }

    #[test]
    fn a_token_is_sent_as_it_is_and_never_said() {
        let sent = |token| server(None, Some(token)).map(|server| server.authorization);
        let header = sent("abc.d-e_f\n").unwrap().unwrap();
        assert_eq!(header, "Bearer abc.d-e_f");
        assert_eq!(format!("{header:?}"), "Sensitive");
        assert_eq!(sent(""), Ok(None));
        let said = sent("a\nsecret").unwrap_err();
        assert_eq!(
            said,
            r#"invalid value "…" for --token: must be one line of printable characters"#
        );
    }

    #[test]
    fn a_topic_is_encoded_segment_by_segment() {
        let server = server(None, None).unwrap();
        let place = |name| server.topic(&Topic::new(name).unwrap());
        assert_eq!(place("chat/lobby"), "http://127.0.0.1:3000/topics/chat/lobby");
        assert!(place("a b?#%/天.-_~").ends_with("/topics/a%20b%3F%23%25/%E5%A4%A9.-_~"));
    }

    #[test]
    fn a_refusal_is_in_the_servers_words_where_it_has_some() {
        let refusal = |status, body: &str, location: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(location.map(|place| (LOCATION, HeaderValue::from_static(place))));
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers, body: body.into() };
            server(None, None).unwrap().refusal(&answer).to_string()
        };
        let problem = r#"{"title":"t","status":403,"detail":"the token gives no right"}"#;
        assert_eq!(refusal(403, problem, None), "the token gives no right (403 Forbidden)");
        assert_eq!(refusal(502, "<html>", None), "http://127.0.0.1:3000 answered 502 Bad Gateway");
        assert_eq!(
            refusal(301, "", Some("https://b/")),
            "http://127.0.0.1:3000 redirects to https://b/ (301 Moved Permanently); redirects are not \
             followed"
        );
    }
}
