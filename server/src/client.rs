//! The commands that speak to a server: arguments go in, requests go out, answers come back.

mod attempts;
mod back_off;
pub mod follow;
pub mod publish;
pub mod purge;
pub mod stream;
pub mod unread;

use std::{
    io::{self, Write},
    ops::RangeInclusive,
    time::Duration,
};

use app::event::{ProblemDocument, TOPICS_PATH};
use axum::http::{
    HeaderValue, Uri,
    header::{AUTHORIZATION, LOCATION},
};
use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::{
    Agent, Body, RequestBuilder,
    config::ConfigBuilder,
    http::Response,
    tls::{RootCerts, TlsConfig},
    typestate::AgentScope,
};

use attempts::Answer;

use crate::{
    command::Failure,
    config::{BadSetting, Found, Settings, duration},
    event::Topic,
};

/// What stands in a path as it is ([RFC 3986, section
/// 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)).
const NOT_IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How long finding and reaching the server may each take.
const REACHED_WITHIN: Duration = Duration::from_secs(10);

/// How short and how long a command may be allowed to take.
const TIMEOUTS: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(24 * 3600);

/// As many bytes of an answer are read as receipts and problems may have.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Which server to speak to, and as whom.
#[derive(Clone, Debug, Args)]
pub struct ServerFlags {
    /// The server's address; a path before its own is kept [default: http://127.0.0.1:3000]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The token that gives the right, made by `belfry token`. Others on this machine see what
    /// stands on a command line: better, set BELFRY_TOKEN
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
}

/// A server to speak to.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its address, without a slash at the end.
    base: String,
    /// What is sent as `Authorization`.
    authorization: Option<HeaderValue>,
    /// The token was not said for this command: it was there already, in the environment.
    token_was_there: bool,
}

impl Server {
    /// Finds the server by flags, then by variables.
    ///
    /// # Errors
    /// Where the address is none, or the token cannot be sent.
    pub fn from_flags(
        flags: ServerFlags,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BadSetting> {
        let settings = Settings(look_up);
        let base = match settings.find(flags.url, &["--url", "BELFRY_URL"]) {
            Some(found) => found.read(base)?,
            None => "http://127.0.0.1:3000".into(),
        };
        let token_was_there = flags.token.is_none();
        let token = settings.find(flags.token, &["--token", "BELFRY_TOKEN"]);
        let token = token.filter(|token| !token.value().is_empty());
        let authorization = token.as_ref().map(authorization).transpose()?;
        Ok(Self { base, authorization, token_was_there })
    }

    /// Forgets a token of the environment, for what can be asked without one; says whether there was
    /// one to forget.
    fn forget_token(&mut self) -> bool {
        self.token_was_there && self.authorization.take().is_some()
    }

    /// Where a topic is.
    fn topic(&self, topic: &Topic) -> String {
        let segments = topic.as_str().split('/');
        let encoded: Vec<_> = segments
            .map(|segment| utf8_percent_encode(segment, NOT_IN_PATHS).to_string())
            .collect();
        format!("{}{TOPICS_PATH}/{}", self.base, encoded.join("/"))
    }

    /// What every request has in common: an answer is looked at whatever its status, a token
    /// follows nobody to another place, and this machine says whose certificates count.
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

    /// Adds to a request who it is from.
    fn as_whom<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// What every answer is read from: its status, its headers, and a body of bounded length.
    fn read(answer: Response<Body>) -> Result<Answer, ureq::Error> {
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(LONGEST_ANSWER).read_to_vec()?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Why an answer is not the one that was asked for: in the server's words, where it has some.
    fn refusal(&self, answer: &Answer) -> Failure {
        let status = answer.status;
        if let Ok(problem) = serde_json::from_slice::<ProblemDocument>(&answer.body) {
            return Failure::new(format_args!("{} ({status})", problem.detail));
        }
        match answer.headers.get(LOCATION) {
            Some(place) => {
                let place = String::from_utf8_lossy(place.as_bytes());
                Failure::new(format_args!("{} sends on to {place} ({status})", self.base))
            }
            None => Failure::new(format_args!("{} answers {status}", self.base)),
        }
    }

    /// Why an answer of 200 is not to be understood.
    fn not_belfry(&self) -> Failure {
        Failure::new(format_args!("what answers at {} is not Belfry", self.base))
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

/// Whether the same request would fail in the same way again: what is wrong is the request, or who
/// answers is not the server.
fn is_hopeless(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => error.kind() == io::ErrorKind::InvalidData,
        ureq::Error::Timeout(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            false
        }
        // Half an answer is one that was cut off.
        ureq::Error::Protocol(_) => false,
        _ => true,
    }
}

/// Reads the address of a server.
fn base(url: &str) -> Result<String, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "no address, as https://example.org")?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    if !web || uri.host().is_none_or(str::is_empty) {
        return Err("not of the form http://HOST:PORT or https://HOST");
    }
    if uri.query().is_some() || url.contains('#') {
        return Err("more than an address: it ends before a ? or #");
    }
    Ok(url.trim_end_matches('/').into())
}

fn authorization(token: &Found) -> Result<HeaderValue, BadSetting> {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.value().trim()));
    let mut value = value.map_err(|_| token.hidden("not a line of printable characters"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads how long a command may take.
fn timeout(value: String) -> Result<Duration, BadSetting> {
    Found::on_the_line("--timeout", value).read(|value| {
        let timeout = duration(value)?;
        if TIMEOUTS.contains(&timeout) { Ok(timeout) } else { Err("not from 100ms to 1day") }
    })
}

/// Prints a line. Whoever has stopped reading does not want it.
///
/// # Errors
/// Where it cannot be written.
pub fn print_line(mut out: impl Write, line: &str) -> Result<(), Failure> {
    match out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format_args!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Reads a topic of the command line, to publish to.
fn topic(name: String) -> Result<Topic, BadSetting> {
    Found::on_the_line("TOPIC", name).read(Topic::new)
}

/// Reads a topic of the command line as it was said: the server knows what may be meant.
fn topic_as_said(name: String) -> Result<Topic, BadSetting> {
    Found::on_the_line("TOPIC", name).read(Topic::exactly)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    fn server(url: Option<&str>, token: Option<&str>) -> Result<Server, String> {
        let flags = ServerFlags { url: url.map(Into::into), token: token.map(Into::into) };
        Server::from_flags(flags, |_| None).map_err(|bad| bad.to_string())
    }

    #[test]
    fn the_address_may_have_a_path_and_nothing_after_it() {
        let base = |url| server(Some(url), None).map(|server| server.base);
        assert_eq!(server(None, None).unwrap().base, "http://127.0.0.1:3000");
        assert_eq!(base("https://example.org/hub/"), Ok("https://example.org/hub".into()));
        for bad in ["example.org", "localhost:3000", "ftp://a", "http://", "", "http://a b", "/a"] {
            assert!(base(bad).unwrap_err().starts_with("--url is "), "{bad}");
        }
        assert!(base("http://a?b").unwrap_err().contains("ends before a ?"));
        assert!(base("http://a#b").unwrap_err().contains("ends before a ?"));
    }

    #[test]
    fn a_token_is_sent_as_it_is_and_never_said() {
        let sent = |token| server(None, Some(token)).map(|server| server.authorization);
        let header = sent("abc.d-e_f\n").unwrap().unwrap();
        assert_eq!(header, "Bearer abc.d-e_f");
        assert_eq!(format!("{header:?}"), "Sensitive");
        assert_eq!(sent(""), Ok(None));
        let said = sent("a\nsecret").unwrap_err();
        assert_eq!(said, r#"--token is "…": not a line of printable characters"#);
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
        assert_eq!(refusal(502, "<html>", None), "http://127.0.0.1:3000 answers 502 Bad Gateway");
        assert_eq!(
            refusal(301, "", Some("https://b/")),
            "http://127.0.0.1:3000 sends on to https://b/ (301 Moved Permanently)"
        );
    }
}
